// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Programs that are in use everywhere, and whose own logs, or /proc, say who
 * had which connection: the scripts of bench/owners/programs, in a network
 * namespace of the test's own. They are part of what "make deps" installs: a
 * program that is not there fails its test.
 */
#include "expect.h"
#include "harness.h"
#include "owner_scene.h"

/*
 * @states, @findings and @connections are what the script is at least good
 * for: a server that did nothing would be right, too.
 */
static void play(const char *program, const char *address, unsigned int states,
		 unsigned int findings, unsigned int connections)
{
	struct owner_counts counts = owner_play_program(program, address);

	print_message("%s: %u states, %u findings, %u connections\n", program,
		      counts.states.right, counts.findings.right,
		      counts.connections.right);
	owner_expect_right(&counts);
	assert_in_range(counts.states.right, states, UINT32_MAX);
	assert_in_range(counts.findings.right, findings, UINT32_MAX);
	assert_in_range(counts.connections.right, connections, UINT32_MAX);
}

#define PROGRAM(function, program, states, findings, connections)          \
	static void function(void **state)                                 \
	{                                                                  \
		(void)state;                                               \
		play(program, "127.0.0.1", states, findings, connections); \
	}                                                                  \
	static void function##_ipv6(void **state)                          \
	{                                                                  \
		(void)state;                                               \
		play(program, "::1", states, findings, connections);       \
	}

PROGRAM(nginx_with_four_workers, "real-nginx", 200, 20, 30)
PROGRAM(haproxy_in_front_of_nginx, "real-haproxy", 290, 10, 40)
PROGRAM(redis_and_the_child_that_saves, "real-redis", 115, 0, 12)
PROGRAM(python_http_server, "real-python", 200, 20, 30)
PROGRAM(sshd_and_its_children, "real-ssh", 50, 0, 5)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(nginx_with_four_workers),
		LIVE_TEST(nginx_with_four_workers_ipv6),
		LIVE_TEST(haproxy_in_front_of_nginx),
		LIVE_TEST(haproxy_in_front_of_nginx_ipv6),
		LIVE_TEST(redis_and_the_child_that_saves),
		LIVE_TEST(redis_and_the_child_that_saves_ipv6),
		LIVE_TEST(python_http_server),
		LIVE_TEST(python_http_server_ipv6),
		LIVE_TEST(sshd_and_its_children),
		LIVE_TEST(sshd_and_its_children_ipv6),
	};

	return harness_main("owner_programs", tests, COUNT(tests), argc, argv);
}
