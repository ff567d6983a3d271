// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Settling: what is said, in which order, how often. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "one_connection.h"

static void receive_reset(struct lab *lab, __u64 time)
{
	struct segment_event e = segment_event(EVENT_RESET_RECEIVED, time,
					       CLIENT_SOCK, loopback());

	e.tcp.rcv_nxt = 4;
	with_stack(&e, lab->host,
		   "tcp_reset tcp_validate_incoming tcp_rcv_established "
		   "process_backlog");
	on_top_of(&e.h, SERVER, "server");
	lab_play(lab, &e);
}

/* --- settling ------------------------------------------------------------- */

static void nothing_is_said_before_it_settles(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	send_reset(lab, 3 * SEC);
	tick(lab, 3 * SEC + PIPELINE_SETTLE_NS - 1);
	assert_string_equal(lab->said, "");
	tick(lab, 3 * SEC + PIPELINE_SETTLE_NS);
	assert_string_equal(lab->said, "reset-sent 6, finding rst.linger-zero");
}

/* Who reads the events may sleep until then. */
static void it_says_what_is_due(void **state)
{
	struct lab *lab = *state;
	struct holder_query query;

	assert_int_equal(lab->in.due(lab->in.arg), UINT64_MAX);
	open_connection(lab);
	assert_int_equal(lab->in.due(lab->in.arg), UINT64_MAX);
	send_reset(lab, 3 * SEC);
	/* The kernel is asked who holds the socket, then all is told. */
	assert_int_equal(lab->in.due(lab->in.arg), 3 * SEC + 20 * MS);
	lab->in.wants(lab->in.arg, 3 * SEC + 20 * MS, &query);
	assert_int_equal(lab->in.due(lab->in.arg),
			 3 * SEC + PIPELINE_SETTLE_NS);
	tick(lab, 4 * SEC);
	assert_int_equal(lab->in.due(lab->in.arg), UINT64_MAX);
}

/* Without a tick the time of events is what counts: a recording has no other.
 */
static void events_are_the_clock(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	send_reset(lab, 3 * SEC);
	lab_state(lab, 3 * SEC + PIPELINE_SETTLE_NS, CLIENT_SOCK, loopback(),
		  STATE_ESTABLISHED, STATE_CLOSE_WAIT, 0);
	assert_string_equal(lab->said, "reset-sent 6, finding rst.linger-zero");
	lab_end(lab);
	assert_string_equal(lab->said, "reset-sent 6, finding rst.linger-zero, "
				       "state 7, end");
}

static void time_going_back_is_no_time(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	send_reset(lab, 3 * SEC);
	tick(lab, 1);
	assert_string_equal(lab->said, "");
	/* Another CPU's event, a little late: in order of arrival. */
	receive_reset(lab, 3 * SEC - 1);
	lab_end(lab);
	assert_string_equal(lab->said, "reset-sent 6, finding rst.linger-zero, "
				       "reset-received 7, end");
}

static void evidence_that_comes_after(void **state)
{
	struct lab *lab = *state;
	const struct finding *f;

	open_connection(lab);
	send_reset(lab, 3 * SEC);
	receive_reset(lab, 3 * SEC + 49 * MS);
	f = lab_only_finding(lab);
	assert_int_equal(lab_evidence(f, "peer_unread_bytes")->number, 4);
	assert_int_equal(f->event_count, 2);
}

/* On loopback it is usually received before the event of its sending. */
static void one_story_in_either_order(void **state)
{
	struct lab *lab = *state;
	char effect[sizeof(lab->findings[0].effect)];

	open_connection(lab);
	send_reset(lab, 3 * SEC);
	receive_reset(lab, 3 * SEC + 1);
	strcpy(effect, lab_only_finding(lab)->effect);
	lab_renew(state);

	lab = *state;
	open_connection(lab);
	receive_reset(lab, 3 * SEC);
	send_reset(lab, 3 * SEC + 1);
	assert_string_equal(lab_only_finding(lab)->effect, effect);
	assert_cause(&lab->findings[0], "rst.linger-zero");
	assert_string_equal(lab->said, "reset-received 6, reset-sent 7, "
				       "finding rst.linger-zero, end");
}

static void forks_are_not_shown(void **state)
{
	struct lab *lab = *state;
	struct fork_event e = {
		.h = { .time = 1, .kind = EVENT_FORK, .size = sizeof(e) },
	};
	struct sock_event there =
		existing_event(7, loopback(), STATE_ESTABLISHED);

	lab_play(lab, &e);
	lab_play(lab, &there);
	lab_end(lab);
	assert_string_equal(lab->said, "end");
	assert_int_equal(lab->summary.events, 2);
}

static void causes_most_frequent_first(void **state)
{
	struct lab *lab = *state;
	struct segment_event other = segment_event(
		EVENT_RESET_SENT, 3 * SEC, CHILD_SOCK, turned(loopback()));

	open_connection(lab);
	lab_play(lab, &other);
	send_reset(lab, 3 * SEC);
	send_reset(lab, 3 * SEC);
	lab_end(lab);
	assert_int_equal(lab->summary.findings, 3);
	assert_int_equal(lab->summary.cause_count, 2);
	assert_string_equal(lab->summary.causes[0].cause, "rst.linger-zero");
	assert_int_equal(lab->summary.causes[0].count, 2);
	assert_string_equal(lab->summary.causes[1].cause, "unknown");
	assert_int_equal(lab->summary.causes[1].count, 1);
}

/* The owner, else the peer; by the address at the other end. */
static void counted_by_process_and_remote(void **state)
{
	struct lab *lab = *state;
	struct event_conn refused = conn_of("127.0.0.1", 50001, "127.0.0.1", 9);
	struct segment_event refusal = segment_event(
		EVENT_RESET_SENT, 3 * SEC + 1, 0, turned(refused));
	const struct summary *s = &lab->summary;

	open_connection(lab);
	send_reset(lab, 3 * SEC);
	send_reset(lab, 3 * SEC);
	lab_state(lab, 3 * SEC, 0x900, refused, STATE_CLOSE, STATE_SYN_SENT,
		  CLIENT);
	lab_play(lab, &refusal);
	lab_end(lab);
	assert_int_equal(s->findings, 3);
	assert_int_equal(s->process_count, 2);
	assert_int_equal(s->by_process[0].process.pid, SERVER);
	assert_int_equal(s->by_process[0].count, 2);
	assert_int_equal(s->by_process[1].process.pid, CLIENT);
	assert_int_equal(s->by_process[1].count, 1);
	assert_int_equal(s->process_others, 0);
	assert_int_equal(s->remote_count, 1);
	assert_memory_equal(s->by_remote[0].addr, loopback().laddr, 16);
	assert_int_equal(s->by_remote[0].count, 3);
}

/* What a sink keeps back it may tell once all that is older was said. */
static void sinks_learn_the_time(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	assert_int_equal(lab->in.tick(lab->in.arg, 9 * SEC), 0);
	assert_int_equal(lab->advanced, 9 * SEC - PIPELINE_SETTLE_NS);
	send_reset(lab, 10 * SEC);
	assert_int_equal(lab->advanced, 10 * SEC - PIPELINE_SETTLE_NS);
	lab_end(lab);
	assert_int_equal(lab->advanced, 10 * SEC);
}

/* --- filters
 * -------------------------------------------------------------------- */

static void filters_apply(void **state)
{
	struct lab *lab = *state;
	struct fact fact = { .kind = FACT_SCOPE };

	fact.scope.filters = "port=9999\n";
	assert_int_equal(lab->in.fact(lab->in.arg, &fact), 0);
	open_connection(lab);
	send_reset(lab, 3 * SEC);
	end_side(lab, 3 * SEC, true);
	lab_end(lab);
	assert_string_equal(lab->said, "end");
	assert_int_equal(lab->summary.findings, 0);
	assert_int_equal(lab->summary.connections, 0);
	/* Counted all the same: nothing was lost. */
	assert_int_equal(lab->summary.events, 8);
}

static void filter_on_one_end_keeps_both(void **state)
{
	struct lab *lab = *state;
	const char *problem;

	assert_int_equal(scope_add(lab->scope, "comm", "client", &problem), 0);
	open_connection(lab);
	send_reset(lab, 3 * SEC);
	assert_cause(lab_only_finding(lab), "rst.linger-zero");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(nothing_is_said_before_it_settles),
		lab_test(it_says_what_is_due),
		lab_test(events_are_the_clock),
		lab_test(time_going_back_is_no_time),
		lab_test(evidence_that_comes_after),
		lab_test(one_story_in_either_order),
		lab_test(forks_are_not_shown),
		lab_test(causes_most_frequent_first),
		lab_test(counted_by_process_and_remote),
		lab_test(sinks_learn_the_time),
		lab_test(filters_apply),
		lab_test(filter_on_one_end_keeps_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
