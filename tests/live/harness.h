/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What all test programs here share: cmocka, and how a test is set up and
 * cleared away. A test may fail() at any place: what it started is ended by
 * its teardown.
 */
#ifndef TESTS_LIVE_HARNESS_H
#define TESTS_LIVE_HARNESS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

/* Everything a test waits for must come within this time. */
#define PATIENCE_MS  30000

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* For cmocka_unit_test_setup_teardown(): a namespace of its own, a deadline. */
int test_setup(void **state);
int test_teardown(void **state);

#define LIVE_TEST(function)                                          \
	{                                                            \
#function, function, test_setup, test_teardown, NULL \
	}

/*
 * What main() returns. An argument on the command line is a pattern (with *
 * and ?): only the tests of such names are run.
 */
int harness_main(const char *group, const struct CMUnitTest *tests,
		 size_t count, int argc, char **argv);

/* The tool under test, and a sample program: $TCPWHY, $SAMPLES/@name. */
const char *tcpwhy_path(void);
void sample_path(const char *name, char *path, size_t size);

/* A file that the teardown removes. */
const char *temporary_file(void);

/* CLOCK_MONOTONIC, in milliseconds. */
int64_t now_ms(void);

#endif
