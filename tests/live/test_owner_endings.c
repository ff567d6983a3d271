// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How a process ends its connection is told rightly, also when it is gone
 * before the event is read: each scene has four connections, by server and
 * client, with and without unread data.
 */
#include "harness.h"
#include "owner_scene.h"

static void play(const char *scene, unsigned int findings)
{
	struct owner_counts counts = owner_play(scene);

	assert_int_equal(counts.connections.right, 4);
	assert_int_equal(counts.findings.right, findings);
}

#define ENDING(function, scene, findings)  \
	static void function(void **state) \
	{                                  \
		(void)state;               \
		play(scene, findings);     \
	}

/* With unread data it is a reset: twice. */
ENDING(by_close, "end-close", 2)
ENDING(by_exit, "end-exit", 2)
ENDING(by_exit_group_of_a_thread, "end-exit-group", 2)
ENDING(by_sigkill, "end-sigkill", 2)
ENDING(by_sigsegv, "end-sigsegv", 2)
ENDING(by_abort, "end-abort", 2)
/* Data that comes in spite of SHUT_RD is unread as well. */
ENDING(by_close_after_shut_rd, "end-shutdown-read", 2)
/* Always a reset. */
ENDING(by_linger_zero, "end-linger-zero", 4)
ENDING(by_connect_to_nowhere, "end-connect-unspec", 4)

/* All data is read before the close, or the FIN was sent before. */
static void by_shutdown_of_one_way(void **state)
{
	(void)state;
	play("end-shutdown-write", 0);
}

/*
 * The close after it may find unread data, or the connection over: how many
 * resets there are is up to the other end.
 */
static void by_shutdown_of_both_ways(void **state)
{
	struct owner_counts counts = owner_play("end-shutdown-both");

	(void)state;
	assert_int_equal(counts.connections.right, 4);
}

/* Fails where no memory cgroup can be made: that is not "passed". */
ENDING(by_lack_of_memory, "end-oom", 2)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(by_close),
		LIVE_TEST(by_shutdown_of_one_way),
		LIVE_TEST(by_shutdown_of_both_ways),
		LIVE_TEST(by_close_after_shut_rd),
		LIVE_TEST(by_exit),
		LIVE_TEST(by_exit_group_of_a_thread),
		LIVE_TEST(by_sigkill),
		LIVE_TEST(by_sigsegv),
		LIVE_TEST(by_abort),
		LIVE_TEST(by_lack_of_memory),
		LIVE_TEST(by_linger_zero),
		LIVE_TEST(by_connect_to_nowhere),
	};

	return harness_main("owner_endings", tests, COUNT(tests), argc, argv);
}
