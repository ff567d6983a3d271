// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How a socket ends: by whom, how, and what follows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "model.h"

static void end_of_a_client(void **state)
{
	struct model *model = *state;
	struct event_conn late = here();
	struct sock_event e;
	struct flow *flow;

	go(model, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	flow = go(model, 2 * SEC, 1, here(), STATE_SYN_SENT, STATE_ESTABLISHED,
		  NULL);
	go(model, 3 * SEC, 1, here(), STATE_ESTABLISHED, STATE_FIN_WAIT1, "c");
	go(model, 4 * SEC, 1, here(), STATE_FIN_WAIT1, STATE_FIN_WAIT2, NULL);
	/* The ports vanish again at the end: what was known stays. */
	late.lport = late.rport = 0;
	go(model, 5 * SEC, 1, late, STATE_FIN_WAIT2, STATE_CLOSE, NULL);
	e = destroy_event(6 * SEC, 1, late);
	assert_ptr_equal(apply(model, &e).flow, flow);

	assert_int_equal(flow->conn.lport, 40000);
	assert_int_equal(flow->conn.rport, 8080);
	assert_true(flow->destroyed);
	assert_int_equal(flow->past->ended.time, 5 * SEC);
	assert_int_equal(flow->past->gone.time, 6 * SEC);
	assert_int_equal(flow->past->act.mark.time, 3 * SEC);
	assert_int_equal(flow->past->act.mark.seq, 3);
	assert_int_equal(flow->past->act.who->pid, 'c');
	/* FIN_WAIT2 → CLOSE is what the kernel says on entering TIME_WAIT. */
	assert_path_is(flow, STATE_SYN_SENT, STATE_ESTABLISHED, STATE_FIN_WAIT1,
		       STATE_FIN_WAIT2, STATE_TIME_WAIT);
	/* Only the first DESTROY is one. */
	assert_null(apply(model, &e).flow);
}

static struct flow *end_with(void **state, __u8 old, const char *by, __u8 flags)
{
	struct sock_event e = state_event(3 * SEC, 1, here(), old, STATE_CLOSE);

	tear_down(state);
	set_up(state);
	go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	go(*state, 2 * SEC, 1, here(), STATE_SYN_SENT, old, NULL);
	if (by)
		done_by(&e.h, by[0], by);
	e.flags = flags;
	return apply(*state, &e).flow;
}

static void ends_in_time_wait_or_not(void **state)
{
	static const struct {
		__u8 old;
		const char *by;
		__u8 flags, last;
	} cases[] = {
		{ STATE_FIN_WAIT2, NULL, 0, STATE_TIME_WAIT },
		{ STATE_CLOSING, NULL, 0, STATE_TIME_WAIT },
		/* In close() itself, the peer's FIN was in the backlog. */
		{ STATE_FIN_WAIT2, "c", SOCK_F_FIN_SEEN, STATE_TIME_WAIT },
		{ STATE_FIN_WAIT2, "c", 0, STATE_CLOSE },
		{ STATE_LAST_ACK, NULL, SOCK_F_FIN_SEEN, STATE_CLOSE },
		{ STATE_ESTABLISHED, NULL, 0, STATE_CLOSE },
		{ STATE_ESTABLISHED, "c", SOCK_F_FIN_SEEN, STATE_CLOSE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct flow *flow = end_with(state, cases[i].old, cases[i].by,
					     cases[i].flags);

		assert_path_is(flow, STATE_SYN_SENT, cases[i].old,
			       cases[i].last);
	}
}

static void what_is_an_act(void **state)
{
	struct event_conn at = conn_of("0.0.0.0", 8080, "0.0.0.0", 0);
	struct flow *flow;

	flow = end_with(state, STATE_ESTABLISHED, "c", 0);
	assert_int_equal(flow->past->act.mark.time, 3 * SEC);
	flow = end_with(state, STATE_ESTABLISHED, NULL, 0);
	assert_int_equal(flow->past->act.mark.time, 0);
	go(*state, 1 * SEC, 9, at, STATE_CLOSE, STATE_LISTEN, "s");
	flow = go(*state, 2 * SEC, 9, at, STATE_LISTEN, STATE_CLOSE, "s");
	assert_int_equal(flow->past->act.mark.time, 2 * SEC);
	assert_int_equal(flow->past->act.kind, ACT_GIVE_UP);
	assert_int_equal(flow->past->act.who->pid, 's');
}

static void how_it_was_ended(void **state)
{
	static const struct {
		__u8 old, new, shutdown, closing;
		__u32 flags;
		enum flow_act_kind kind;
	} cases[] = {
		{ STATE_ESTABLISHED, STATE_FIN_WAIT1, 3, 1, 0, ACT_CLOSE },
		{ STATE_CLOSE_WAIT, STATE_LAST_ACK, 3, 1, 0, ACT_CLOSE },
		{ STATE_ESTABLISHED, STATE_FIN_WAIT1, 3, 0, 0, ACT_SHUTDOWN },
		{ STATE_CLOSE_WAIT, STATE_LAST_ACK, 2, 0, 0, ACT_SHUTDOWN },
		{ STATE_ESTABLISHED, STATE_FIN_WAIT1, 3, 0, EVENT_F_EXITING,
		  ACT_CLOSE },
		{ STATE_ESTABLISHED, STATE_CLOSE, 0, 0, 0, ACT_DISCONNECT },
		{ STATE_SYN_SENT, STATE_CLOSE, 0, 0, 0, ACT_GIVE_UP },
		{ STATE_SYN_SENT, STATE_CLOSE, 3, 1, 0, ACT_CLOSE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sock_event e = state_event(3 * SEC, 1, here(),
						  cases[i].old, cases[i].new);
		struct flow *flow;

		tear_down(state);
		set_up(state);
		go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT,
		   "c");
		done_by(&e.h, 'c', "c");
		e.h.flags |= cases[i].flags;
		e.shutdown = cases[i].shutdown;
		e.closing = cases[i].closing;
		flow = apply(*state, &e).flow;
		assert_int_equal(flow->past->act.who->pid, 'c');
		assert_int_equal(flow->past->act.kind, cases[i].kind);
	}
}

static void fin_wait2_that_ends_by_a_reset(void **state)
{
	struct sock_event e =
		state_event(3 * SEC, 1, here(), STATE_FIN_WAIT2, STATE_CLOSE);
	struct flow *flow;

	go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	go(*state, 2 * SEC, 1, here(), STATE_SYN_SENT, STATE_FIN_WAIT2, NULL);
	e.err = ECONNRESET;
	flow = apply(*state, &e).flow;
	assert_path_is(flow, STATE_SYN_SENT, STATE_FIN_WAIT2, STATE_CLOSE);
	assert_int_equal(flow->past->err, ECONNRESET);
}

static void killer_is_no_owner(void **state)
{
	struct segment_event reset =
		segment_event(EVENT_RESET_SENT, 3 * SEC, 1, here());
	struct flow *flow;

	flow = go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	go(*state, 2 * SEC, 1, here(), STATE_SYN_SENT, STATE_ESTABLISHED, NULL);
	done_by(&reset.h, 'S', "ss");
	apply(*state, &reset);
	assert_true(flow->killed);
	go(*state, 3 * SEC, 1, here(), STATE_ESTABLISHED, STATE_CLOSE, "S");
	assert_int_equal(flow->owner->pid, 'c');
	assert_int_equal(flow->past->act.mark.time, 0);
}

static void own_reset_is_no_killing(void **state)
{
	struct segment_event reset =
		segment_event(EVENT_RESET_SENT, 3 * SEC, 1, here());
	struct flow *flow;

	flow = go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	done_by(&reset.h, 'd', "deputy");
	reset.tcp.state = STATE_CLOSE;
	apply(*state, &reset);
	assert_false(flow->killed);
	assert_int_equal(flow->resets->sent.time, 3 * SEC);
	go(*state, 3 * SEC, 1, here(), STATE_SYN_SENT, STATE_CLOSE, "d");
	assert_int_equal(flow->owner->pid, 'd');
}

static void reset_after_destroy(void **state)
{
	struct sock_event gone = destroy_event(2 * SEC, 1, here());
	struct segment_event reset =
		segment_event(EVENT_RESET_SENT, 2 * SEC + 1, 1, here());
	struct flow *flow;

	flow = go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	apply(*state, &gone);
	assert_ptr_equal(apply(*state, &reset).flow, flow);
	assert_int_equal(flow->resets->sent.time, 2 * SEC + 1);
}

static void unread_when_the_reset_came(void **state)
{
	struct segment_event reset =
		segment_event(EVENT_RESET_RECEIVED, 2 * SEC, 1, here());
	struct flow *flow;

	flow = go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	reset.tcp.state = STATE_CLOSE_WAIT;
	reset.tcp.flags |= SOCK_F_FIN_SEEN;
	reset.tcp.copied_seq = 0xfffffffe;
	reset.tcp.rcv_nxt = 3;
	apply(*state, &reset);
	assert_int_equal(flow->resets->received.time, 2 * SEC);
	assert_int_equal(flow->resets->state, STATE_CLOSE_WAIT);
	assert_int_equal(flow->resets->unread, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(end_of_a_client),
		flow_test(ends_in_time_wait_or_not),
		flow_test(what_is_an_act),
		flow_test(how_it_was_ended),
		flow_test(fin_wait2_that_ends_by_a_reset),
		flow_test(killer_is_no_owner),
		flow_test(own_reset_is_no_killing),
		flow_test(reset_after_destroy),
		flow_test(unread_when_the_reset_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
