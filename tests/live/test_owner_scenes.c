// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Whoever accepts, inherits, is given or takes a socket: each change of state,
 * finding and closing line names a process that has it, and each act the one
 * that did it. What "right" is, bench/owners/README.md says.
 */
#include <string.h>

#include "expect.h"
#include "harness.h"
#include "namespace.h"
#include "owner_scene.h"

/* On IPv4 and on IPv6. */
#define BOTH(function, play, ...)                 \
	static void function(void **state)        \
	{                                         \
		(void)state;                      \
		play(__VA_ARGS__, "127.0.0.1");   \
	}                                         \
	static void function##_ipv6(void **state) \
	{                                         \
		(void)state;                      \
		play(__VA_ARGS__, "::1");         \
	}

#define SCENE(function, scene) BOTH(function, play, scene)

#define LIVE_TESTS(function)   LIVE_TEST(function), LIVE_TEST(function##_ipv6)

static void play(const char *scene, const char *address)
{
	struct owner_counts counts = owner_play_on(scene, address);

	owner_expect_right(&counts);
}

SCENE(one_process, "simple")
SCENE(threads, "threads")
SCENE(a_thread_that_exits_before_the_end, "thread-gone")
SCENE(prefork_children, "prefork")
SCENE(reuseport_group, "reuseport")
SCENE(a_child_for_each_connection, "fork-after-accept")
SCENE(several_holders, "several-holders")
SCENE(passed_by_scm_rights, "scm-rights")
SCENE(fetched_by_pidfd_getfd, "pidfd-getfd")
SCENE(socket_activation, "activation")
SCENE(inetd_style, "inetd")
SCENE(exec_between_connect_and_close, "exec")
SCENE(a_pid_used_again, "pid-reuse")
SCENE(epoll, "epoll")
SCENE(io_uring, "io-uring")
SCENE(io_uring_by_its_workers, "io-uring-workers")
SCENE(io_uring_by_its_polling_thread, "io-uring-polled")
SCENE(sockets_older_than_the_watch, "older")
SCENE(an_older_socket_of_several_holders, "older-shared")

/*
 * What a process closed just before the watch began may still say goodbye in
 * the kernel: nobody has such a socket, and nobody is named. Few can be at
 * that point at once.
 */
static void play_churn(const char *scene, const char *address)
{
	struct owner_counts counts = owner_play_on(scene, address);

	assert_in_range(counts.states.unknown, 0, 8);
	assert_in_range(counts.connections.unknown, 0, 4);
	counts.states.unknown = counts.connections.unknown = 0;
	owner_expect_right(&counts);
}

BOTH(older_sockets_while_others_come_and_go, play_churn, "older-churn")

/*
 * Which port a client has is not known when its connect() begins; when that
 * is shown, the SYN has been sent and waits for an answer, but it is.
 */
static void play_slow_connect(const char *scene, const char *address)
{
	struct owner_counts counts = owner_play_on(scene, address);
	const struct watcher *watcher = counts.watcher;
	unsigned int slow = 0;

	owner_expect_right(&counts);
	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val json = watcher->lines[i].json;
		const char *old = json_string(json, "old");

		if (!old || json_number(json, "netns") != namespace_id() ||
		    json_number(json, "remote/port") != 7001)
			continue;
		EXPECT(watcher, json_number(json, "local/port") > 0,
		       "a client without port: %s", watcher->lines[i].text);
		slow += !strcmp(old, "SYN_SENT") &&
			json_number(json, "duration_us") > 500000;
	}
	assert_int_equal(slow, 4);
}

BOTH(connect_that_takes_long, play_slow_connect, "slow-connect")

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		LIVE_TESTS(one_process),
		LIVE_TESTS(threads),
		LIVE_TESTS(a_thread_that_exits_before_the_end),
		LIVE_TESTS(prefork_children),
		LIVE_TESTS(reuseport_group),
		LIVE_TESTS(a_child_for_each_connection),
		LIVE_TESTS(several_holders),
		LIVE_TESTS(passed_by_scm_rights),
		LIVE_TESTS(fetched_by_pidfd_getfd),
		LIVE_TESTS(socket_activation),
		LIVE_TESTS(inetd_style),
		LIVE_TESTS(exec_between_connect_and_close),
		LIVE_TESTS(a_pid_used_again),
		LIVE_TESTS(epoll),
		LIVE_TESTS(io_uring),
		LIVE_TESTS(io_uring_by_its_workers),
		LIVE_TESTS(io_uring_by_its_polling_thread),
		LIVE_TESTS(sockets_older_than_the_watch),
		LIVE_TESTS(an_older_socket_of_several_holders),
		LIVE_TESTS(older_sockets_while_others_come_and_go),
		LIVE_TESTS(connect_that_takes_long),
	};

	return harness_main("owner_scenes", tests, COUNT(tests), argc, argv);
}
