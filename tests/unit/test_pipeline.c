// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Settling, endings and losses: what is said, in which order, how often. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "lab.h"

#define LINGER_STACK "tcp_send_active_reset tcp_disconnect __tcp_close"

static struct event_conn loopback(void)
{
	return conn_of("127.0.0.1", 40000, "127.0.0.1", 8080);
}

static void open_connection(struct lab *lab)
{
	lab_listen(lab, 1 * SEC, loopback());
	lab_connect(lab, 2 * SEC, loopback());
	lab_accept(lab, 2 * SEC, loopback());
	lab->in.tick(lab->in.arg, 2 * SEC + 60 * MS);
	lab->said[0] = '\0';
}

static void tick(struct lab *lab, __u64 now)
{
	assert_int_equal(lab->in.tick(lab->in.arg, now), 0);
}

/* The server's RST, and its arrival at the client. */
static void send_reset(struct lab *lab, __u64 time)
{
	struct segment_event e = segment_event(EVENT_RESET_SENT, time,
					       CHILD_SOCK, turned(loopback()));

	e.tcp.state = STATE_CLOSE;
	e.tcp.flags |= SOCK_F_LINGER;
	e.tcp.shutdown = 3;
	with_stack(&e, lab->host, LINGER_STACK);
	done_by(&e.h, SERVER, "server");
	lab_play(lab, &e);
}

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

/* --- endings ----------------------------------------------------------------
 */

static void end_side(struct lab *lab, __u64 time, bool client)
{
	struct event_conn conn = client ? loopback() : turned(loopback());
	__u64 sock = client ? CLIENT_SOCK : CHILD_SOCK;
	__u32 who = client ? CLIENT : SERVER;

	lab_state(lab, time, sock, conn, STATE_ESTABLISHED, STATE_FIN_WAIT1,
		  who);
	lab_state(lab, time + 1, sock, conn, STATE_FIN_WAIT1, STATE_CLOSE, 0);
}

static void ending_once_for_two_ends(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	end_side(lab, 3 * SEC, true);
	lab_destroy(lab, 3 * SEC + 2, CLIENT_SOCK, loopback(), CLIENT);
	tick(lab, 4 * SEC);
	/* The server still holds its end. */
	assert_int_equal(lab->endings, 0);
	end_side(lab, 5 * SEC, false);
	lab_destroy(lab, 6 * SEC, CHILD_SOCK, turned(loopback()), SERVER);
	lab_end(lab);
	assert_non_null(strstr(lab->said, "ending fin, end"));
	assert_int_equal(lab->endings, 1);
	assert_int_equal(lab->summary.connections, 1);
}

static void ending_in_detail(void **state)
{
	struct lab *lab = *state;
	const struct ending *e = &lab->ending;

	open_connection(lab);
	end_side(lab, 3 * SEC, false);
	lab_destroy(lab, 3 * SEC + 2, CHILD_SOCK, turned(loopback()), SERVER);
	end_side(lab, 4 * SEC, true);
	lab_destroy(lab, 7 * SEC + 1, CLIENT_SOCK, loopback(), CLIENT);
	tick(lab, 8 * SEC);
	/* The client first, though the server closed first. */
	assert_int_equal(e->ends[0]->sock, CLIENT_SOCK);
	assert_int_equal(e->ends[1]->sock, CHILD_SOCK);
	assert_ptr_equal(e->first, e->ends[1]);
	assert_int_equal(e->let_go[0], 3 * SEC);
	assert_int_equal(e->time, 7 * SEC + 1);
	assert_int_equal(e->duration, 2 * SEC + 1);
	assert_string_equal(e->how, "fin");
}

static void both_let_go_at_once(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	end_side(lab, 3 * SEC, true);
	end_side(lab, 3 * SEC, false);
	lab_destroy(lab, 3 * SEC, CHILD_SOCK, turned(loopback()), SERVER);
	lab_destroy(lab, 3 * SEC, CLIENT_SOCK, loopback(), CLIENT);
	lab_end(lab);
	assert_int_equal(lab->endings, 1);
	assert_int_equal(lab->summary.connections, 1);
}

/* The remote end's socket is not here: nobody to wait for. */
static void ending_of_one_end(void **state)
{
	struct lab *lab = *state;
	struct event_conn conn = conn_of("10.0.0.1", 40000, "192.0.2.9", 80);
	struct sock_event e = state_event(3 * SEC, CLIENT_SOCK, conn,
					  STATE_ESTABLISHED, STATE_CLOSE);

	lab_connect(lab, 1 * SEC, conn);
	e.err = ETIMEDOUT;
	lab_play(lab, &e);
	lab_destroy(lab, 3 * SEC, CLIENT_SOCK, conn, CLIENT);
	lab_end(lab);
	assert_non_null(strstr(lab->said, "ending timeout"));
	assert_null(lab->ending.ends[1]);
}

/* The client's socket stays, and may connect again; its end is over. */
static void dissolve(struct lab *lab, __u64 time)
{
	lab_state(lab, time, CLIENT_SOCK, loopback(), STATE_ESTABLISHED,
		  STATE_CLOSE, CLIENT);
}

static void ending_by_disconnect(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	dissolve(lab, 3 * SEC);
	tick(lab, 4 * SEC);
	assert_int_equal(lab->endings, 0);
	lab_state(lab, 5 * SEC, CHILD_SOCK, turned(loopback()),
		  STATE_ESTABLISHED, STATE_CLOSE, 0);
	lab_destroy(lab, 5 * SEC + 1, CHILD_SOCK, turned(loopback()), SERVER);
	tick(lab, 6 * SEC);
	assert_int_equal(lab->endings, 1);
	/* ... and is not told again when it is closed at last. */
	lab_destroy(lab, 9 * SEC, CLIENT_SOCK, loopback(), CLIENT);
	lab_end(lab);
	assert_int_equal(lab->endings, 1);
	assert_int_equal(lab->summary.connections, 1);
}

static void ending_by_disconnect_of_the_later(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	end_side(lab, 3 * SEC, false);
	lab_destroy(lab, 3 * SEC + 2, CHILD_SOCK, turned(loopback()), SERVER);
	tick(lab, 4 * SEC);
	assert_int_equal(lab->endings, 0);
	dissolve(lab, 5 * SEC);
	tick(lab, 6 * SEC);
	assert_int_equal(lab->endings, 1);
	lab_end(lab);
}

static void failed_connects_and_listeners_have_none(void **state)
{
	struct lab *lab = *state;

	lab_listen(lab, 1 * SEC, loopback());
	lab_destroy(lab, 2 * SEC, LISTENER_SOCK, loopback(), SERVER);
	lab_state(lab, 3 * SEC, CLIENT_SOCK, loopback(), STATE_CLOSE,
		  STATE_SYN_SENT, CLIENT);
	lab_destroy(lab, 4 * SEC, CLIENT_SOCK, loopback(), CLIENT);
	lab_end(lab);
	assert_int_equal(lab->endings, 0);
	assert_int_equal(lab->summary.connections, 0);
}

/* An old end is held for long; its ports are in use again meanwhile. */
static void ending_with_reused_ports(void **state)
{
	struct lab *lab = *state;
	struct event_conn there = turned(loopback());

	open_connection(lab);
	end_side(lab, 3 * SEC, false);
	lab_destroy(lab, 3 * SEC + 2, CHILD_SOCK, there, SERVER);
	end_side(lab, 3 * SEC, true);
	lab_state(lab, 4 * SEC, 0x201, loopback(), STATE_CLOSE, STATE_SYN_SENT,
		  CLIENT);
	lab_state(lab, 4 * SEC, 0x201, loopback(), STATE_SYN_SENT,
		  STATE_ESTABLISHED, 0);
	lab_state(lab, 4 * SEC, 0x301, there, STATE_LISTEN, STATE_SYN_RECV, 0);
	lab_state(lab, 4 * SEC, 0x301, there, STATE_SYN_RECV, STATE_ESTABLISHED,
		  0);
	lab_destroy(lab, 5 * SEC, CLIENT_SOCK, loopback(), CLIENT);
	tick(lab, 6 * SEC);
	assert_non_null(strstr(lab->said, "ending fin"));
	assert_int_equal(lab->ending.ends[0]->sock, CLIENT_SOCK);
	assert_int_equal(lab->ending.ends[1]->sock, CHILD_SOCK);
}

/* --- losses
 * ------------------------------------------------------------------- */

static void counts_between(struct lab *lab, __u64 produced, __u64 lost,
			   struct span gap)
{
	struct fact fact = { .kind = FACT_COUNTS };

	fact.counts.decoded = produced - lost;
	fact.counts.kinds[EVENT_STATE].produced = produced - 1;
	fact.counts.kinds[EVENT_STATE].lost = lost;
	fact.counts.kinds[EVENT_DROP].produced = 1;
	fact.counts.gap_from = gap.from;
	fact.counts.gap_to = gap.to;
	assert_int_equal(lab->in.fact(lab->in.arg, &fact), 0);
}

/* As recordings had it that did not say when. */
static void counts(struct lab *lab, __u64 produced, __u64 lost)
{
	counts_between(lab, produced, lost, (struct span){ 0 });
}

static void losses_in_their_place(void **state)
{
	const __u64 then = 3 * SEC;
	struct lab *lab = *state;

	open_connection(lab);
	send_reset(lab, then);
	counts(lab, 10, 0); /* nothing is said of nothing */
	counts_between(lab, 20, 5, (struct span){ then + 1, then + 2 });
	counts(lab, 30, 5);
	lab_state(lab, then + 3, CLIENT_SOCK, loopback(), STATE_ESTABLISHED,
		  STATE_CLOSE_WAIT, 0);
	lab_end(lab);
	assert_string_equal(lab->said, "reset-sent 6, finding rst.linger-zero, "
				       "lost 5/5, state 7, end");
	assert_true(lab->summary.counted);
	assert_int_equal(lab->summary.produced, 30);
	assert_int_equal(lab->summary.lost, 5);
	assert_int_equal(lab->summary.received, 25);
}

/* Not a line for each look, while it goes on. */
static void losses_twice_a_second(void **state)
{
	struct lab *lab = *state;

	for (__u64 i = 1; i <= 100; i++) {
		__u64 time = SEC + i * SEC / 100;

		counts_between(lab, 10 * i, i, (struct span){ time, time });
		tick(lab, time + PIPELINE_SETTLE_NS + 1);
	}
	lab_end(lab);
	assert_string_equal(lab->said,
			    "lost 1/1, lost 50/51, lost 49/100, end");
}

/* The connection lived then, however long ago that was. */
static void a_gap_in_its_life(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	counts_between(lab, 20, 5, (struct span){ 3 * SEC, 4 * SEC });
	send_reset(lab, 50 * SEC);
	assert_true(lab_only_finding(lab)->after_loss);
	assert_int_equal(lab->findings[0].confidence, CONFIDENCE_LIKELY);
	assert_int_equal(lab->findings[0].lost.from, 3 * SEC);
	assert_int_equal(lab->findings[0].lost.to, 4 * SEC);
}

/* What would have explained it may have come after it. */
static void a_gap_right_after(void **state)
{
	struct lab *lab = *state;
	const __u64 later = 3 * SEC + PIPELINE_SETTLE_NS - 1;

	open_connection(lab);
	send_reset(lab, 3 * SEC);
	counts_between(lab, 20, 5, (struct span){ later, later });
	assert_true(lab_only_finding(lab)->after_loss);
	assert_int_equal(lab->findings[0].confidence, CONFIDENCE_LIKELY);
}

static void a_gap_before_it_began(void **state)
{
	struct lab *lab = *state;

	counts_between(lab, 20, 5, (struct span){ 1, SEC - 1 });
	open_connection(lab);
	send_reset(lab, 3 * SEC);
	assert_false(lab_only_finding(lab)->after_loss);
	assert_int_equal(lab->findings[0].confidence, CONFIDENCE_CERTAIN);
}

/* Nobody's connection: what was known of that port, or was not? */
static void a_gap_before_a_stray(void **state)
{
	struct segment_event stray = segment_event(EVENT_RESET_SENT, 30 * SEC,
						   0, turned(loopback()));
	struct lab *lab = *state;

	counts_between(lab, 20, 5, (struct span){ 1, 15 * SEC });
	lab_play(lab, &stray);
	counts_between(lab, 20, 6, (struct span){ 31 * SEC, 32 * SEC });
	stray.h.time = 40 * SEC;
	lab_play(lab, &stray);
	lab_end(lab);
	assert_int_equal(lab->count, 2);
	assert_false(lab->findings[0].after_loss);
	assert_true(lab->findings[1].after_loss);
}

/* A recording that does not say when: at any time since it was counted. */
static void a_gap_of_unknown_time(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	counts(lab, 20, 0);
	tick(lab, 10 * SEC);
	counts(lab, 20, 5);
	send_reset(lab, 10 * SEC);
	assert_true(lab_only_finding(lab)->after_loss);
	assert_int_equal(lab->findings[0].lost.to, 10 * SEC);
}

static void without_counts(void **state)
{
	struct lab *lab = *state;

	lab_end(lab);
	assert_false(lab->summary.counted);
	assert_string_equal(lab->said, "end");
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
		lab_test(events_are_the_clock),
		lab_test(time_going_back_is_no_time),
		lab_test(evidence_that_comes_after),
		lab_test(one_story_in_either_order),
		lab_test(forks_are_not_shown),
		lab_test(ending_once_for_two_ends),
		lab_test(ending_in_detail),
		lab_test(both_let_go_at_once),
		lab_test(ending_of_one_end),
		lab_test(ending_by_disconnect),
		lab_test(ending_by_disconnect_of_the_later),
		lab_test(failed_connects_and_listeners_have_none),
		lab_test(ending_with_reused_ports),
		lab_test(losses_in_their_place),
		lab_test(losses_twice_a_second),
		lab_test(a_gap_in_its_life),
		lab_test(a_gap_right_after),
		lab_test(a_gap_before_it_began),
		lab_test(a_gap_before_a_stray),
		lab_test(a_gap_of_unknown_time),
		lab_test(without_counts),
		lab_test(causes_most_frequent_first),
		lab_test(counted_by_process_and_remote),
		lab_test(sinks_learn_the_time),
		lab_test(filters_apply),
		lab_test(filter_on_one_end_keeps_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
