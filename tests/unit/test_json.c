// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The JSON output: valid whatever happens, complete, null where not known. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "shown_json.h"

static void start(void **state)
{
	struct sink_options options = { 0 };
	struct shown s;
	yajl_val tree;

	(void)state;
	show_with(&s, json_sink_new, options);
	s.sink->ops->start(s.sink);
	tree = parse(&s);
	assert_string(tree, "type", "start");
	assert_string(tree, "kernel", "6.1.0-test");
	assert_string(tree, "host", "here");
	assert_string(tree, "time", "2023-11-14T22:13:21.000000000Z");
	yajl_tree_free(tree);
	shown_free(&s);
}

static void show_event(struct shown *s, const void *event, struct flow *flow,
		       bool timed)
{
	const struct sock_event *sock = event;
	struct moment m = {
		.seq = 42,
		.event = event,
		.conn = &sock->conn, /* in both structs at the same place */
		.flow = flow,
		.owner = flow ? *flow->owner : (struct party){ 0 },
		.duration = timed ? 60000 : 0,
		.duration_known = timed,
	};

	s->sink->ops->event(s->sink, &m);
}

static void state_events(void **state)
{
	struct event_conn conn = conn_of("127.0.0.1", 56978, "::1", 8082);
	struct sock_event e = state_event(2 * SEC, 1, conn, STATE_SYN_SENT,
					  STATE_ESTABLISHED);
	struct flow flow = { FLOW_BLANK, .conn = conn };
	struct sink_options options = { 0 };
	struct shown s;
	yajl_val tree;

	(void)state;
	flow.owner = kept_party(some_party(7, "client"));
	show_with(&s, json_sink_new, options);
	show_event(&s, &e, &flow, true);
	tree = parse(&s);
	assert_string(tree, "type", "event");
	assert_string(tree, "kind", "state");
	assert_number(tree, "seq", 42);
	assert_string(tree, "local.addr", "127.0.0.1");
	assert_number(tree, "local.port", 56978);
	assert_string(tree, "remote.addr", "::1");
	assert_number(tree, "netns", NETNS);
	assert_string(tree, "old", "SYN_SENT");
	assert_string(tree, "new", "ESTABLISHED");
	assert_number(tree, "duration_us", 60);
	assert_string(tree, "owner.comm", "client");
	assert_number(tree, "owner.pid", 7);
	/* Of a process that had gone before it could be looked at. */
	assert_null_at(tree, "owner.exe");
	assert_null_at(tree, "owner.uid");
	assert_null_at(tree, "owner.cgroup");
	yajl_tree_free(tree);

	flow.owner = &party_nobody;
	show_event(&s, &e, &flow, false);
	tree = parse(&s);
	assert_null_at(tree, "owner");
	assert_null_at(tree, "duration_us");
	yajl_tree_free(tree);
	shown_free(&s);
}

/* Any kind, with errors and reasons that have no name. */
static void every_kind_is_valid(void **state)
{
	struct event_conn conn = conn_of("127.0.0.1", 1, "127.0.0.1", 2);
	static const __s32 numbers[] = { 0,	    1,	ETIMEDOUT, 524,
					 INT32_MAX, -1, INT32_MIN };

	(void)state;
	for (unsigned int i = 0; i < 7 * EVENT_DROP; i++) {
		unsigned int kind = 1 + i / 7;
		struct sock_event sock =
			state_event(1, 1, conn, STATE_CLOSE, STATE_CLOSE);
		struct segment_event segment = segment_event(kind, 1, 1, conn);
		struct sink_options options = { 0 };
		struct shown s;
		yajl_val tree;

		show_with(&s, json_sink_new, options);
		sock.h.kind = kind;
		sock.err = segment.err = segment.reason = numbers[i % 7];
		with_segment(&segment, 0xff, 7);
		if (kind >= EVENT_RESET_SENT)
			show_event(&s, &segment, NULL, false);
		else
			show_event(&s, &sock, NULL, false);
		tree = parse(&s);
		assert_null_at(tree, "owner");
		assert_non_null(at(tree, "kind"));
		yajl_tree_free(tree);
		shown_free(&s);
	}
}

static void finding(void **state)
{
	struct sink_options options = { 0 };
	struct finding f;
	struct shown s;
	yajl_val tree, events;

	(void)state;
	show_with(&s, json_sink_new, options);
	fill_finding(&f, "rst.linger-zero");
	f.stack.frames[0] = "tcp_disconnect";
	f.stack.count = 1;
	show_finding(&s, &f);
	tree = parse(&s);
	assert_string(tree, "type", "finding");
	assert_string(tree, "what", "rst-sent");
	assert_string(tree, "cause", "rst.linger-zero");
	assert_string(tree, "confidence", "certain");
	assert_string(tree, "trigger", "close");
	assert_string(tree, "state", "CLOSE");
	assert_number(tree, "owner.pid", 4120);
	assert_number(tree, "actor.pid", 4120);
	assert_number(tree, "peer.pid", 4121);
	assert_string(tree, "why", "it did something");
	assert_string(tree, "effect", "nothing good");
	assert_string(tree, "advice", "do not");
	assert_number(tree, "evidence.linger_s", 0);
	assert_number(tree, "evidence.hidden", 1);
	assert_string(tree, "evidence.reason", "TCP_STATE");
	assert_true(YAJL_IS_FALSE(at(tree, "evidence.after_loss")));
	assert_int_equal(at(tree, "evidence.stack")->u.array.len, 1);
	/* Parts of sentences are for the texts. */
	assert_null(yajl_tree_get(at(tree, "evidence"),
				  (const char *[]){ "fragment", NULL },
				  yajl_t_any));
	events = at(tree, "events");
	assert_int_equal(events->u.array.len, 2);
	assert_int_equal(YAJL_GET_INTEGER(events->u.array.values[0]), 3);
	assert_int_equal(YAJL_GET_INTEGER(events->u.array.values[1]), 7);
	yajl_tree_free(tree);
	shown_free(&s);
}

static void bare_finding(void **state)
{
	struct sink_options options = { 0 };
	struct finding f;
	struct shown s;
	yajl_val tree;

	(void)state;
	show_with(&s, json_sink_new, options);
	memset(&f, 0, sizeof(f));
	show_finding(&s, &f);
	tree = parse(&s);
	assert_string(tree, "cause", "unknown");
	assert_string(tree, "confidence", "unknown");
	assert_null_at(tree, "owner");
	assert_null_at(tree, "actor");
	assert_null_at(tree, "peer");
	yajl_tree_free(tree);
	shown_free(&s);
}

static void shared_finding(void **state)
{
	struct holders *holders =
		calloc(1, sizeof(*holders) + 2 * sizeof(void *));
	struct sink_options options = { 0 };
	struct finding f;
	struct shown s;
	yajl_val tree, list;

	(void)state;
	show_with(&s, json_sink_new, options);
	fill_finding(&f, "rst.linger-zero");
	holders->count = 2;
	holders->who[0] = kept_party(some_party(4120, "server"));
	holders->who[1] = kept_party(some_party(4122, "worker"));
	f.holders = holders;
	finding_add_phrase(&f, "held by %s", "both");
	show_finding(&s, &f);
	tree = parse(&s);
	list = at(tree, "holders");
	assert_int_equal(list->u.array.len, 2);
	assert_number(list->u.array.values[0], "pid", 4120);
	assert_number(list->u.array.values[1], "pid", 4122);
	assert_string(list->u.array.values[1], "comm", "worker");
	yajl_tree_free(tree);
	free(holders);
	shown_free(&s);
}

static void learn_process(struct host *host, const struct party *party,
			  const char *name)
{
	struct fact fact = { .kind = FACT_PROCESS };

	fact.process.pid = party->pid;
	fact.process.start_time = party->start_time;
	fact.process.uid = 1000;
	fact.process.comm = fact.process.exe = fact.process.cgroup = name;
	assert_int_equal(host_learn(host, &fact), 0);
}

static void hostile_names(void **state)
{
	char longest[8192];
	struct sink_options options = { 0 };
	struct finding f;
	struct shown s;
	yajl_val tree;

	(void)state;
	memset(longest, '\xff', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	show_with(&s, json_sink_new, options);
	fill_finding(&f, "rst.linger-zero");
	f.owner = some_party(7, HOSTILE);
	f.peer = some_party(8, "\x80");
	learn_process(s.host, &f.owner, HOSTILE);
	learn_process(s.host, &f.peer, longest);
	finding_add_string(&f, "past_listener", HOSTILE, NULL);
	show_finding(&s, &f);
	tree = parse(&s);
	assert_number(tree, "owner.uid", 1000);
	assert_string(tree, "owner.comm",
		      "\\x1b[2J\\x0a\\x0d\\x09\"\\\\xff\\xc2\\x9b\\x07");
	assert_string(tree, "owner.exe",
		      "\\x1b[2J\\x0a\\x0d\\x09\"\\\\xff\\xc2\\x9b\\x07");
	assert_string(tree, "peer.comm", "\\x80");
	assert_non_null(at(tree, "evidence.past_listener"));
	yajl_tree_free(tree);
	shown_free(&s);
}

/* What is said again is not what was said before, once more is known. */
static void said_again(void **state)
{
	struct event_conn conn = conn_of("127.0.0.1", 5, "127.0.0.1", 80);
	struct sock_event e =
		state_event(1, 1, conn, STATE_CLOSE, STATE_SYN_SENT);
	struct flow flow = some_flow(20, "client", conn, STATE_SYN_SENT);
	struct fact named = { .kind = FACT_NETNS,
			      .netns = { conn.netns, "blue" } };
	struct sink_options options = { 0 };
	struct shown s;
	yajl_val tree;

	(void)state;
	show_with(&s, json_sink_new, options);
	for (int i = 0; i < 2; i++) {
		show_event(&s, &e, &flow, false);
		tree = parse(&s);
		assert_null_at(tree, "netns_name");
		assert_null_at(tree, "owner.exe");
		assert_number(tree, "remote.port", 80);
		yajl_tree_free(tree);
	}
	assert_int_equal(host_learn(s.host, &named), 0);
	show_event(&s, &e, &flow, false);
	tree = parse(&s);
	assert_string(tree, "netns_name", "blue");
	yajl_tree_free(tree);
	learn_process(s.host, flow.owner, "/bin/client");
	show_event(&s, &e, &flow, false);
	tree = parse(&s);
	assert_string(tree, "owner.exe", "/bin/client");
	yajl_tree_free(tree);
	/* The ports that share a place in the memory are not mixed up. */
	for (unsigned int port = 1; port <= 200; port++) {
		e.conn.rport = port;
		show_event(&s, &e, &flow, false);
		tree = parse(&s);
		assert_number(tree, "remote.port", port);
		assert_string(tree, "kind", "state");
		yajl_tree_free(tree);
	}
	shown_free(&s);
}

static void why_only(void **state)
{
	struct event_conn conn = conn_of("127.0.0.1", 5, "127.0.0.1", 80);
	struct sock_event e =
		state_event(1, 1, conn, STATE_CLOSE, STATE_LISTEN);
	struct flow flow = some_flow(20, "client", conn, STATE_SYN_SENT);
	struct ending ending = { .ends = { &flow }, .how = "fin" };
	struct sink_options options = { .why_only = true };
	struct shown s;

	(void)state;
	show_with(&s, json_sink_new, options);
	show_event(&s, &e, &flow, false);
	s.sink->ops->ending(s.sink, &ending);
	fflush(s.out);
	assert_int_equal(s.size, 0);
	shown_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start),
		cmocka_unit_test(state_events),
		cmocka_unit_test(every_kind_is_valid),
		cmocka_unit_test(finding),
		cmocka_unit_test(bare_finding),
		cmocka_unit_test(shared_finding),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(said_again),
		cmocka_unit_test(why_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
