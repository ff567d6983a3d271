// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The JSON of what ends: connections, and the watch itself. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "shown_json.h"

static void endings(void **state)
{
	struct event_conn conn = conn_of("127.0.0.1", 5, "127.0.0.1", 80);
	struct flow a = some_flow(20, "client", conn, STATE_SYN_SENT);
	struct flow b = some_flow(10, "server", turned(conn), STATE_SYN_RECV);
	struct ending e = { .time = 5 * SEC,
			    .ends = { &a, &b },
			    .first = &b,
			    .how = "fin",
			    .duration = 1100000,
			    .let_go = { 3 * SEC, 0 } };
	struct sink_options options = { 0 };
	struct shown s;
	yajl_val tree, ends;

	(void)state;
	show_with(&s, json_sink_new, options);
	s.sink->ops->ending(s.sink, &e);
	tree = parse(&s);
	assert_string(tree, "type", "connection");
	assert_string(tree, "how", "fin");
	assert_number(tree, "closed_by.pid", 10);
	assert_string(tree, "trigger", "close");
	assert_number(tree, "duration_us", 1100);
	ends = at(tree, "ends");
	assert_int_equal(ends->u.array.len, 2);
	assert_number(ends->u.array.values[0], "owner.pid", 20);
	assert_number(ends->u.array.values[0], "bytes_out", 4);
	assert_number(ends->u.array.values[0], "bytes_in", 10);
	assert_number(ends->u.array.values[0], "let_go_us", 3000000);
	assert_null_at(ends->u.array.values[0], "let_go_by");
	assert_int_equal(at(ends->u.array.values[1], "states")->u.array.len, 3);
	yajl_tree_free(tree);

	e.ends[1] = NULL;
	e.first = NULL;
	e.duration = 0;
	s.sink->ops->ending(s.sink, &e);
	tree = parse(&s);
	assert_null_at(tree, "closed_by");
	assert_null_at(tree, "trigger");
	assert_null_at(tree, "duration_us");
	assert_int_equal(at(tree, "ends")->u.array.len, 1);
	yajl_tree_free(tree);
	shown_free(&s);
}

static void summaries(void **state)
{
	struct summary sum = {
		.connections = 1,
		.findings = 2,
		.causes = { { "rst.linger-zero", 2 } },
		.cause_count = 1,
		.events = 20,
		.counted = true,
		.produced = 20,
		.received = 15,
		.lost = 5,
		.truncated = true,
	};
	struct sink_options options = { 0 };
	struct shown s;
	yajl_val tree;

	(void)state;
	show_with(&s, json_sink_new, options);
	sum.kinds[EVENT_STATE].produced = 20;
	sum.kinds[EVENT_STATE].lost = 5;
	sum.kinds[EVENT_STATE].received = 15;
	s.sink->ops->end(s.sink, &sum);
	tree = parse(&s);
	assert_string(tree, "type", "end");
	assert_number(tree, "connections", 1);
	assert_number(tree, "findings", 2);
	assert_int_equal(YAJL_GET_INTEGER(yajl_tree_get(
				 at(tree, "causes"),
				 (const char *[]){ "rst.linger-zero", NULL },
				 yajl_t_number)),
			 2);
	assert_number(tree, "events.produced", 20);
	assert_number(tree, "events.lost", 5);
	assert_number(tree, "events.kinds.state.lost", 5);
	assert_number(tree, "events.kinds.state.received", 15);
	assert_true(YAJL_IS_TRUE(at(tree, "truncated")));
	yajl_tree_free(tree);

	sum.counted = false;
	s.sink->ops->end(s.sink, &sum);
	tree = parse(&s);
	assert_null_at(tree, "events.received");
	assert_null_at(tree, "events.produced");
	assert_null_at(tree, "events.lost");
	yajl_tree_free(tree);

	s.sink->ops->lost(s.sink,
			  &(struct loss){ 5, 12, { 2 * SEC - 1, 2 * SEC } });
	tree = parse(&s);
	assert_string(tree, "type", "lost");
	assert_number(tree, "lost", 5);
	assert_number(tree, "total", 12);
	assert_string(tree, "from", "2023-11-14T22:13:21.999999999Z");
	assert_string(tree, "time", "2023-11-14T22:13:22.000000000Z");
	yajl_tree_free(tree);
	shown_free(&s);
}

/* By process and by remote address; null is nobody. */
static void rankings(void **state)
{
	const struct ranked processes[] = {
		{ .count = 11, .process = some_party(4120, HOSTILE) },
		{ .count = 1 },
	};
	struct ranked remotes[] = { { .count = 7 }, { .count = 2 } };
	struct summary sum = {
		.findings = 12,
		.by_process = processes,
		.process_count = 2,
		.by_remote = remotes,
		.remote_count = 2,
		.remote_others = 3,
	};
	struct event_conn conn = conn_of("127.0.0.1", 1, "10.0.0.7", 1);
	struct sink_options options = { 0 };
	struct shown s;
	yajl_val tree, list;

	(void)state;
	memcpy(remotes[0].addr, conn.raddr, sizeof(remotes[0].addr));
	show_with(&s, json_sink_new, options);
	s.sink->ops->end(s.sink, &sum);
	tree = parse(&s);
	list = at(tree, "by_process");
	assert_int_equal(list->u.array.len, 2);
	assert_number(list->u.array.values[0], "pid", 4120);
	assert_string(list->u.array.values[0], "comm",
		      "\\x1b[2J\\x0a\\x0d\\x09\"\\\\xff\\xc2\\x9b\\x07");
	assert_number(list->u.array.values[0], "count", 11);
	assert_null_at(list->u.array.values[1], "pid");
	assert_null_at(list->u.array.values[1], "comm");
	assert_number(list->u.array.values[1], "count", 1);
	assert_number(tree, "by_process_others", 0);
	list = at(tree, "by_remote");
	assert_int_equal(list->u.array.len, 2);
	assert_string(list->u.array.values[0], "addr", "10.0.0.7");
	assert_number(list->u.array.values[0], "count", 7);
	assert_number(tree, "by_remote_others", 3);
	yajl_tree_free(tree);
	shown_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endings),
		cmocka_unit_test(summaries),
		cmocka_unit_test(rankings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
