// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Filters, and a command with its descendants. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "events.h"
#include "parts.h"
#include "scope.h"

static int set_up(void **state)
{
	*state = scope_new();
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	scope_free(*state);
	return 0;
}

static void add(struct scope *scope, const char *name, const char *value)
{
	const char *problem;

	assert_int_equal(scope_add(scope, name, value, &problem), 0);
}

static struct flow flow_of(const char *local, __u16 lport, const char *remote,
			   __u16 rport, __u32 pid, const char *comm)
{
	struct flow flow = { FLOW_BLANK,
			     .conn = conn_of(local, lport, remote, rport) };
	struct party owner = { .basis = PARTY_PROVEN,
			       .pid = pid,
			       .start_time = 1000ULL * pid };

	strncpy(owner.comm, comm, sizeof(owner.comm) - 1);
	flow.owner = kept_party(owner);
	return flow;
}

/* Is an event of @a kept, and its connection's closing line with it? */
static bool keeps(const struct scope *scope, struct flow *a, struct flow *b)
{
	struct moment m = { .conn = &a->conn, .flow = a, .peer = b };
	bool kept = scope_keeps(scope, &m, NULL);

	assert_int_equal(scope_keeps_flow(scope, a, b), kept);
	return kept;
}

static void everything_is_kept(void **state)
{
	struct flow flow = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 0, "");

	assert_true(keeps(*state, &flow, NULL));
	assert_string_equal(scope_text(*state), "");
	scope_free(NULL);
}

static void by_pid(void **state)
{
	struct flow mine = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 7, "a");
	struct flow other = flow_of("10.0.0.2", 80, "10.0.0.1", 5, 8, "b");
	struct flow nobody = flow_of("10.0.0.2", 80, "10.0.0.1", 5, 0, "");

	add(*state, "pid", "7");
	assert_true(keeps(*state, &mine, NULL));
	assert_false(keeps(*state, &other, NULL));
	assert_false(keeps(*state, &nobody, NULL));
	/* The other end of a connection of ours is kept too. */
	assert_true(keeps(*state, &other, &mine));
	assert_true(keeps(*state, &mine, &other));
	add(*state, "pid", "8");
	assert_true(keeps(*state, &other, NULL));
}

static void by_any_part_in_it(void **state)
{
	struct flow flow = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 7, "a");
	struct flow blank = { FLOW_BLANK, .conn = flow.conn };
	struct holders *holders =
		calloc(1, sizeof(*holders) + 2 * sizeof(void *));
	struct finding finding = { .actor = *flow.owner };
	struct moment m = { .conn = &blank.conn };

	add(*state, "pid", "7");
	holders->count = 2;
	holders->who[0] = &party_nobody;
	holders->who[1] = flow.owner;
	blank.past = kept_past((struct flow_past){ .act.who = flow.owner });
	assert_true(keeps(*state, &blank, NULL));
	blank.past = &flow_no_past;
	assert_false(keeps(*state, &blank, NULL));
	blank.past = kept_past((struct flow_past){ .let_go_by = flow.owner });
	assert_true(keeps(*state, &blank, NULL));
	blank.past = &flow_no_past;
	blank.holders = holders;
	assert_true(keeps(*state, &blank, NULL));
	/* A RST without a socket, but with somebody who did it. */
	assert_false(scope_keeps(*state, &m, NULL));
	assert_true(scope_keeps(*state, &m, &finding));
	free(holders);
}

static void by_comm(void **state)
{
	struct flow flow = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 7, "nginx");

	add(*state, "comm", "ngin");
	assert_false(keeps(*state, &flow, NULL));
	add(*state, "comm", "nginx");
	assert_true(keeps(*state, &flow, NULL));
	/* Of different kinds both must match. */
	add(*state, "pid", "8");
	assert_false(keeps(*state, &flow, NULL));
	add(*state, "pid", "7");
	assert_true(keeps(*state, &flow, NULL));
}

static void by_port(void **state)
{
	struct flow client = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 0, "");
	struct flow server = flow_of("10.0.0.2", 80, "10.0.0.1", 5, 0, "");
	struct flow other = flow_of("10.0.0.2", 81, "10.0.0.1", 6, 0, "");

	add(*state, "port", "80");
	assert_true(keeps(*state, &client, NULL));
	assert_true(keeps(*state, &server, NULL));
	assert_false(keeps(*state, &other, NULL));
	add(*state, "port", "6");
	assert_true(keeps(*state, &other, NULL));
}

static void by_local_and_remote_port(void **state)
{
	struct flow client = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 0, "");
	struct flow server = flow_of("10.0.0.2", 80, "10.0.0.1", 5, 0, "");

	add(*state, "local-port", "80");
	assert_true(keeps(*state, &server, NULL));
	assert_false(keeps(*state, &client, NULL));
	assert_true(keeps(*state, &client, &server));
	add(*state, "remote-port", "5");
	assert_true(keeps(*state, &server, NULL));
	add(*state, "local-port", "5");
	add(*state, "remote-port", "80");
	assert_true(keeps(*state, &client, NULL));
}

static void by_host(void **state)
{
	static const struct {
		const char *filter;
		bool a, b, c;
	} cases[] = {
		{ "10.0.0.1", true, true, false },
		{ "10.0.0.2", true, false, false },
		{ "10.0.0.0/31", true, true, false },
		{ "10.0.0.2/31", true, true, false },
		{ "10.0.0.4/30", false, false, false },
		{ "10.0.0.4/29", true, true, false },
		{ "0.0.0.0/0", true, true, false },
		{ "::ffff:10.0.0.2", true, false, false },
		{ "2001:db8::5", false, false, true },
		{ "2001:db8::/32", false, false, true },
		{ "2001:db9::/31", false, false, true },
		{ "2001:dba::/31", false, false, false },
	};
	struct flow a = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 0, "");
	struct flow b = flow_of("10.0.0.3", 5, "10.0.0.1", 80, 0, "");
	struct flow c = flow_of("2001:db8::1", 5, "2001:db8::5", 80, 0, "");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tear_down(state);
		set_up(state);
		add(*state, "host", cases[i].filter);
		assert_int_equal(keeps(*state, &a, NULL), cases[i].a);
		assert_int_equal(keeps(*state, &b, NULL), cases[i].b);
		assert_int_equal(keeps(*state, &c, NULL), cases[i].c);
	}
}

/* What is on the wire counts, not the kind of the socket. */
static void by_family(void **state)
{
	struct flow v4 = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 0, "");
	struct flow v6 = flow_of("2001:db8::1", 5, "2001:db8::5", 80, 0, "");
	struct flow mapped = v4;

	mapped.conn.family = AF_INET6;
	add(*state, "family", "4");
	assert_true(keeps(*state, &v4, NULL));
	assert_true(keeps(*state, &mapped, NULL));
	assert_false(keeps(*state, &v6, NULL));
	add(*state, "family", "6");
	assert_true(keeps(*state, &v4, NULL));
	assert_true(keeps(*state, &v6, NULL));
}

static void bad_values(void **state)
{
	static const char *const bad[][2] = {
		{ "pid", "" },
		{ "pid", "0" },
		{ "pid", "-1" },
		{ "pid", "+1" },
		{ "pid", " 1" },
		{ "pid", "1x" },
		{ "pid", "4194305" },
		{ "pid", "99999999999999999999999" },
		{ "comm", "" },
		{ "comm", "sixteen-bytes-xx" },
		{ "port", "0" },
		{ "port", "65536" },
		{ "port", "abc" },
		{ "port", "80,81" },
		{ "local-port", "" },
		{ "remote-port", "0x50" },
		{ "host", "" },
		{ "host", "10.0.0" },
		{ "host", "10.0.0.1/" },
		{ "host", "10.0.0.1/33" },
		{ "host", "10.0.0.1/x" },
		{ "host", "::1/129" },
		{ "host", "example.org" },
		{ "host", "/8" },
		{ "host", "1111:2222:3333:4444:5555:6666:7777:8888:9999:0000" },
		{ "family", "5" },
		{ "family", "" },
		{ "colour", "red" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *problem = NULL;

		assert_int_equal(scope_add(*state, bad[i][0], bad[i][1],
					   &problem),
				 -EINVAL);
		assert_non_null(problem);
		assert_true(strlen(problem) > 5);
	}
	assert_string_equal(scope_text(*state), "");
}

static void too_many_values(void **state)
{
	static const char *const names[] = { "pid",	    "comm",
					     "port",	    "local-port",
					     "remote-port", "host" };

	for (int i = 0; i < 6; i++) {
		const char *value = i == 5 ? "10.0.0.1" : "1";
		const char *problem = NULL;
		int added = 0;

		while (added < 1000 &&
		       !scope_add(*state, names[i], value, &problem))
			added++;
		assert_in_range(added, 8, 999);
		assert_non_null(strstr(problem, "too many"));
	}
}

static void text_round_trip(void **state)
{
	struct scope *copy = scope_new();
	struct flow flow = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 7, "a=b\nc");
	struct flow other = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 7, "a");

	add(*state, "pid", "7");
	add(*state, "comm", "a=b\nc");
	add(*state, "comm", "%s\\n\x1b\x80");
	add(*state, "port", "80");
	add(*state, "local-port", "5");
	add(*state, "remote-port", "80");
	add(*state, "host", "10.0.0.0/8");
	add(*state, "host", "1111:2222:3333:4444:5555:6666:7777:8888/128");
	add(*state, "family", "4");
	assert_int_equal(scope_parse(copy, scope_text(*state)), 0);
	assert_string_equal(scope_text(copy), scope_text(*state));
	assert_true(keeps(copy, &flow, NULL));
	assert_false(keeps(copy, &other, NULL));
	scope_free(copy);
}

/* A recording is bytes from a stranger. */
static void broken_text(void **state)
{
	char text[4096];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(scope_parse(*state, text), -EINVAL);
	assert_int_equal(scope_parse(*state, "pid"), -EINVAL);
	assert_int_equal(scope_parse(*state, "pid=7\nnonsense"), -EINVAL);
	assert_int_equal(scope_parse(*state, ""), 0);
}

/* --- a command and its descendants -------------------------------------------
 */

static void fork_of(struct scope *scope, __u32 parent, __u64 parent_start,
		    __u32 child, __u64 child_start)
{
	struct fork_event e = {
		.h = { .kind = EVENT_FORK,
		       .size = sizeof(e),
		       .pid = parent,
		       .start_time = parent_start },
		.child_pid = child,
		.child_start_time = child_start,
	};

	assert_int_equal(scope_fork(scope, &e), 0);
}

static bool keeps_process(struct scope *scope, __u32 pid, __u64 start)
{
	struct flow flow = flow_of("10.0.0.1", 5, "10.0.0.2", 80, pid, "a");
	struct party owner = *flow.owner;

	owner.start_time = start;
	flow.owner = &owner;
	return keeps(scope, &flow, NULL);
}

static void root_and_descendants(void **state)
{
	scope_set_root(*state, 100);
	assert_false(keeps_process(*state, 100, 5)); /* not born yet */
	fork_of(*state, 1, 1, 99, 4);
	fork_of(*state, 1, 1, 100, 5);
	fork_of(*state, 100, 5, 101, 6);
	fork_of(*state, 101, 6, 102, 7);
	fork_of(*state, 99, 4, 103, 8);
	assert_true(keeps_process(*state, 100, 5));
	assert_true(keeps_process(*state, 101, 6));
	assert_true(keeps_process(*state, 102, 7));
	assert_false(keeps_process(*state, 103, 8));
	assert_false(keeps_process(*state, 99, 4));
	assert_false(keeps_process(*state, 1, 1));
}

static void pids_are_used_again(void **state)
{
	scope_set_root(*state, 100);
	fork_of(*state, 1, 1, 100, 5);
	fork_of(*state, 100, 5, 101, 6);
	/* Others, later, with the same numbers; and one's child. */
	fork_of(*state, 1, 1, 101, 50);
	fork_of(*state, 1, 1, 100, 51);
	fork_of(*state, 101, 50, 102, 52);
	assert_false(keeps_process(*state, 101, 50));
	assert_false(keeps_process(*state, 100, 51));
	assert_false(keeps_process(*state, 102, 52));
	assert_true(keeps_process(*state, 101, 6));
}

static void root_with_filters(void **state)
{
	scope_set_root(*state, 100);
	fork_of(*state, 1, 1, 100, 5);
	add(*state, "comm", "b");
	assert_false(keeps_process(*state, 100, 5));
	add(*state, "comm", "a");
	assert_true(keeps_process(*state, 100, 5));
}

#define scope_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* The other end may be in another one. */
static void by_netns(void **state)
{
	struct flow mine = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 7, "a");
	struct flow other = flow_of("10.0.0.2", 80, "10.0.0.1", 5, 8, "b");

	mine.conn.netns = 4026531840;
	other.conn.netns = 4026531841;
	add(*state, "netns", "4026531840");
	assert_true(keeps(*state, &mine, NULL));
	assert_false(keeps(*state, &other, NULL));
	assert_true(keeps(*state, &other, &mine));
	add(*state, "netns", "4026531841");
	assert_true(keeps(*state, &other, NULL));
}

static void learn(struct host *host, __u32 pid, const char *cgroup)
{
	struct fact fact = { .kind = FACT_PROCESS };

	fact.process.pid = pid;
	fact.process.start_time = 1000ULL * pid;
	fact.process.comm = "a";
	fact.process.cgroup = cgroup;
	assert_int_equal(host_learn(host, &fact), 0);
}

static void by_cgroup(void **state)
{
	struct flow in = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 1, "a");
	struct flow below = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 2, "a");
	struct flow beside = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 3, "a");
	struct flow unknown = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 4, "a");
	struct host *host = host_new();

	learn(host, 1, "/system.slice");
	learn(host, 2, "/system.slice/nginx.service");
	learn(host, 3, "/system.slices");
	scope_set_host(*state, host);
	add(*state, "cgroup", "/sys/fs/cgroup/system.slice/");
	assert_true(keeps(*state, &in, NULL));
	assert_true(keeps(*state, &below, NULL));
	assert_false(keeps(*state, &beside, NULL));
	assert_false(keeps(*state, &unknown, NULL));
	assert_true(keeps(*state, &unknown, &in));
	scope_set_host(*state, NULL);
	assert_false(keeps(*state, &in, NULL));
	host_free(host);
}

/* All that is known is in it. */
static void by_the_root_cgroup(void **state)
{
	struct flow flow = flow_of("10.0.0.1", 5, "10.0.0.2", 80, 1, "a");
	struct host *host = host_new();

	learn(host, 1, "/system.slice");
	scope_set_host(*state, host);
	add(*state, "cgroup", "/");
	assert_true(keeps(*state, &flow, NULL));
	scope_set_host(*state, NULL);
	host_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scope_test(everything_is_kept),
		scope_test(by_pid),
		scope_test(by_netns),
		scope_test(by_cgroup),
		scope_test(by_the_root_cgroup),
		scope_test(by_any_part_in_it),
		scope_test(by_comm),
		scope_test(by_port),
		scope_test(by_local_and_remote_port),
		scope_test(by_host),
		scope_test(by_family),
		scope_test(bad_values),
		scope_test(too_many_values),
		scope_test(text_round_trip),
		scope_test(broken_text),
		scope_test(root_and_descendants),
		scope_test(pids_are_used_again),
		scope_test(root_with_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
