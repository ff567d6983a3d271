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

#define SCENE(function, scene)             \
	static void function(void **state) \
	{                                  \
		(void)state;               \
		owner_play(scene);         \
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
static void older_sockets_while_others_come_and_go(void **state)
{
	struct owner_counts counts = owner_play_on("older-churn", "127.0.0.1");

	(void)state;
	assert_in_range(counts.states.unknown, 0, 8);
	counts.states.unknown = 0;
	owner_expect_right(&counts);
}

/*
 * Which port a client has is not known when its connect() begins; when that
 * is shown, the SYN has been sent and waits for an answer, but it is.
 */
static void connect_that_takes_long(const char *address)
{
	struct owner_counts counts = owner_play_on("slow-connect", address);
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

static void slow_connect(void **state)
{
	(void)state;
	connect_that_takes_long("127.0.0.1");
}

static void slow_connect_ipv6(void **state)
{
	(void)state;
	connect_that_takes_long("::1");
}

#define SCENE_IPV6(function, scene)                                       \
	static void function(void **state)                                \
	{                                                                 \
		struct owner_counts counts = owner_play_on(scene, "::1"); \
		(void)state;                                              \
		owner_expect_right(&counts);                              \
	}

SCENE_IPV6(prefork_children_ipv6, "prefork")
SCENE_IPV6(reuseport_group_ipv6, "reuseport")
SCENE_IPV6(passed_by_scm_rights_ipv6, "scm-rights")
SCENE_IPV6(sockets_older_than_the_watch_ipv6, "older")

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(one_process),
		LIVE_TEST(threads),
		LIVE_TEST(a_thread_that_exits_before_the_end),
		LIVE_TEST(prefork_children),
		LIVE_TEST(reuseport_group),
		LIVE_TEST(a_child_for_each_connection),
		LIVE_TEST(several_holders),
		LIVE_TEST(passed_by_scm_rights),
		LIVE_TEST(fetched_by_pidfd_getfd),
		LIVE_TEST(socket_activation),
		LIVE_TEST(inetd_style),
		LIVE_TEST(exec_between_connect_and_close),
		LIVE_TEST(a_pid_used_again),
		LIVE_TEST(epoll),
		LIVE_TEST(io_uring),
		LIVE_TEST(io_uring_by_its_workers),
		LIVE_TEST(io_uring_by_its_polling_thread),
		LIVE_TEST(sockets_older_than_the_watch),
		LIVE_TEST(older_sockets_while_others_come_and_go),
		LIVE_TEST(an_older_socket_of_several_holders),
		LIVE_TEST(slow_connect),
		LIVE_TEST(slow_connect_ipv6),
		LIVE_TEST(prefork_children_ipv6),
		LIVE_TEST(reuseport_group_ipv6),
		LIVE_TEST(passed_by_scm_rights_ipv6),
		LIVE_TEST(sockets_older_than_the_watch_ipv6),
	};

	return harness_main("owner_scenes", tests, COUNT(tests), argc, argv);
}
