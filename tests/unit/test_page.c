// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Text that has to fit the width of a terminal. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "page.h"

static void beside(unsigned int width, const char *text, const char *expected)
{
	struct sink_options page = { .width = width };
	char *written = NULL;
	size_t size;

	page.out = open_memstream(&written, &size);
	assert_non_null(page.out);
	page_beside(&page, "  name", 10, text);
	fclose(page.out);
	assert_string_equal(written, expected);
	free(written);
}

static void broken_at_spaces(void **state)
{
	(void)state;
	beside(40, "one two", "  name    one two\n");
	beside(40, "thirty columns make this line full",
	       "  name    thirty columns make this line\n"
	       "          full\n");
	beside(20, "one two three four",
	       "  name    one two\n          three four\n");
}

static void a_word_wider_than_a_line(void **state)
{
	(void)state;
	beside(20, "a tcp_rcv_state_process b",
	       "  name    a\n          tcp_rcv_state_process\n          b\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_at_spaces),
		cmocka_unit_test(a_word_wider_than_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
