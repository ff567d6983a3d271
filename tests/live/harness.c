// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../../samples/unseen.h"
#include "namespace.h"
#include "process.h"
#include "watcher.h"

#define MAX_FILES 4

static char files[MAX_FILES][32];
static unsigned int file_count;
static uint64_t unseen_before;

static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

const char *tcpwhy_path(void)
{
	return setting("TCPWHY");
}

void sample_path(const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", setting("SAMPLES"), name);
}

const char *temporary_file(void)
{
	char *path = files[file_count];
	int fd;

	assert_in_range(file_count, 0, MAX_FILES - 1);
	strcpy(path, "/tmp/tcpwhy-test-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	file_count++;
	return path;
}

int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int test_setup(void **state)
{
	(void)state;
	/* The waits have deadlines; this is for what was not thought of. */
	alarm(4 * PATIENCE_MS / 1000);
	namespace_enter();
	unseen_before = unseen_count();
	return 0;
}

int test_teardown(void **state)
{
	uint64_t unseen = unseen_count() - unseen_before;

	(void)state;
	/* tests/run reads this: it is why the test may have failed. */
	if (unseen)
		print_message("unseen: %llu\n", (unsigned long long)unseen);
	watcher_free_all();
	process_end_all();
	while (file_count)
		unlink(files[--file_count]);
	alarm(0);
	return 0;
}

int harness_main(const char *group, const struct CMUnitTest *tests,
		 size_t count, int argc, char **argv)
{
	if (!setting("TCPWHY") || !setting("SAMPLES")) {
		fprintf(stderr,
			"%s: TCPWHY must be the path of tcpwhy, and SAMPLES "
			"that of the sample programs\n",
			group);
		return EXIT_FAILURE;
	}
	if (geteuid() != 0) {
		fprintf(stderr, "%s: needs root: it loads BPF programs\n",
			group);
		return EXIT_FAILURE;
	}
	/*
	 * A remote host that a sample plays must answer in milliseconds, or
	 * the kernel really sends again: whatever else this machine does.
	 */
	if (setpriority(PRIO_PROCESS, 0, -20))
		perror("setpriority");
	unseen_watch();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return _cmocka_run_group_tests(group, tests, count, NULL, NULL);
}
