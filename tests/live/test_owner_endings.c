// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How a process ends its connection is told rightly, also when it is gone
 * before the event is read: each scene has four connections, by server and
 * client, with and without unread data.
 */
#include <limits.h>

#include "harness.h"
#include "owner_scene.h"

/* How many resets there are may be up to the other end. */
#define ANY_NUMBER UINT_MAX

static void play(const char *scene, unsigned int findings, const char *address)
{
	struct owner_counts counts = owner_play_on(scene, address);

	owner_expect_right(&counts);
	assert_int_equal(counts.connections.right, 4);
	if (findings != ANY_NUMBER)
		assert_int_equal(counts.findings.right, findings);
}

#define ENDING(function, scene, findings)           \
	static void function(void **state)          \
	{                                           \
		(void)state;                        \
		play(scene, findings, "127.0.0.1"); \
	}                                           \
	static void function##_ipv6(void **state)   \
	{                                           \
		(void)state;                        \
		play(scene, findings, "::1");       \
	}

#define LIVE_TESTS(function) LIVE_TEST(function), LIVE_TEST(function##_ipv6)

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
ENDING(by_shutdown_of_one_way, "end-shutdown-write", 0)
/* The close after it may find unread data, or the connection over. */
ENDING(by_shutdown_of_both_ways, "end-shutdown-both", ANY_NUMBER)

/* Fails where no memory cgroup can be made: that is not "passed". */
ENDING(by_lack_of_memory, "end-oom", 2)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		LIVE_TESTS(by_close),
		LIVE_TESTS(by_shutdown_of_one_way),
		LIVE_TESTS(by_shutdown_of_both_ways),
		LIVE_TESTS(by_close_after_shut_rd),
		LIVE_TESTS(by_exit),
		LIVE_TESTS(by_exit_group_of_a_thread),
		LIVE_TESTS(by_sigkill),
		LIVE_TESTS(by_sigsegv),
		LIVE_TESTS(by_abort),
		LIVE_TESTS(by_lack_of_memory),
		LIVE_TESTS(by_linger_zero),
		LIVE_TESTS(by_connect_to_nowhere),
	};

	return harness_main("owner_endings", tests, COUNT(tests), argc, argv);
}
