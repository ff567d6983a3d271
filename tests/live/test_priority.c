// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What watches is preferred; what it starts is not, nor who wanted less. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "expect.h"
#include "harness.h"

static void watched_at(int before, int expected)
{
	struct watcher *watcher;
	int nice;

	assert_int_equal(setpriority(PRIO_PROCESS, 0, before), 0);
	watcher = watcher_start(ARGS("--json"));
	assert_int_equal(setpriority(PRIO_PROCESS, 0, 0), 0);
	errno = 0;
	nice = getpriority(PRIO_PROCESS, watcher->process->pid);
	assert_int_equal(errno, 0);
	watcher_stop(watcher);
	EXPECT(watcher, nice == expected, "a nice value of %d, not %d",
	       expected, nice);
}

static void preferred(void **state)
{
	(void)state;
	watched_at(0, -4);
}

static void as_it_was_started(void **state)
{
	(void)state;
	watched_at(3, 3);
}

static void not_the_command(void **state)
{
	struct watcher *watcher = watcher_run(ARGS("--json"), "nice");

	(void)state;
	watcher_finish(watcher);
	EXPECT(watcher, !strcmp(watcher->told.at, "0\n"), "0, not %s",
	       watcher->told.at);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(preferred),
		LIVE_TEST(as_it_was_started),
		LIVE_TEST(not_the_command),
	};

	return harness_main("priority", tests, COUNT(tests), argc, argv);
}
