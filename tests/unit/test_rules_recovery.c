// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Segments sent again because of what the peer or a router said, what they
 * say of those before, and proof that comes later.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "retransmit.h"

/* --- fast retransmit
 * ----------------------------------------------------------- */

static void fast(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_ACK);
	const struct finding *f;

	e.tcp.ca_state = CA_RECOVERY;
	e.tcp.pending = 5; /* often still is */
	e.tcp.sacked_out = 3;
	f = on_connection(*state, &e);
	assert_cause(f, "rtx.fast");
	assert_string_equal(f->trigger, "segment");
	assert_int_equal(lab_evidence(f, "sacked_segments")->number, 3);
}

static void reorder_timer_in_recovery(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_RACK);

	e.tcp.ca_state = CA_RECOVERY;
	e.tcp.pending = 6;
	assert_cause(on_connection(*state, &e), "rtx.reorder-timer");
}

static void recovery_by_other_ways(void **state)
{
	static const char *const stacks[] = {
		RESENT "tcp_simple_retransmit tcp_ack tcp_rcv_established",
		RESENT "tcp_xmit_retransmit_queue tcp_release_cb",
	};

	for (int i = 0; i < 2; i++) {
		struct segment_event e = resent_anew(state, stacks[i]);

		e.tcp.ca_state = CA_RECOVERY;
		assert_cause(on_connection(*state, &e), "unknown");
	}
}

static void slow_start_without_a_timeout(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_ACK);

	e.tcp.ca_state = CA_LOSS;
	assert_cause(on_connection(*state, &e), "unknown");
}

static void fast_without_symbols(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_ACK);

	without_symbols(&e);
	e.tcp.ca_state = CA_RECOVERY;
	assert_cause(on_connection(*state, &e), "unknown");
}

static void reorder_timer_without_symbols(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct segment_event e = resent_anew(state, RESENT BY_RACK);
		const struct finding *f;

		without_symbols(&e);
		e.tcp.ca_state = i ? CA_OPEN : CA_RECOVERY;
		e.tcp.pending = 6;
		f = on_connection(*state, &e);
		assert_cause(f, i ? "unknown" : "rtx.reorder-timer");
		if (!i)
			assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
	}
}

/* --- slow start after a timeout ------------------------------------------- */

static void after_timeout(void **state)
{
	static const char *const stacks[] = {
		RESENT BY_ACK,
		RESENT "tcp_xmit_retransmit_queue tcp_tsq_write "
		       "tcp_tsq_handler tasklet_action_common",
	};

	for (int i = 0; i < 2; i++) {
		struct segment_event e = resent_anew(state, stacks[i]);
		const struct finding *f;

		e.tcp.ca_state = CA_LOSS;
		e.tcp.undo_marker = 4711;
		e.tcp.snd_cwnd = 2;
		f = on_connection(*state, &e);
		assert_cause(f, "rtx.after-timeout");
		assert_string_equal(f->trigger, "segment");
		assert_int_equal(lab_evidence(f, "cwnd")->number, 2);
	}
}

/* The timer's own segment, which the queue below let out only now. */
static void timeout_that_left_late(void **state)
{
	struct segment_event e =
		resent(*state, RESENT "tcp_xmit_retransmit_queue tcp_tsq_write "
				      "tcp_tsq_handler tasklet_action_common");

	e.tcp.ca_state = CA_LOSS;
	e.tcp.undo_marker = 4711;
	e.tcp.retransmits = 1;
	e.tcp.snd_una = e.seg.seq;
	assert_cause(on_connection(*state, &e), "rtx.timeout");
}

/* The undo is done, but a timeout there was. */
static void after_timeout_by_history(void **state)
{
	struct lab *lab = *state;
	struct segment_event timer = resent(lab, RESENT BY_TIMER);
	struct segment_event e = resent(lab, RESENT BY_ACK);

	lab_connect(lab, 1 * SEC, remote());
	timer.tcp.ca_state = e.tcp.ca_state = CA_LOSS;
	e.h.time += 1 * SEC;
	lab_play(lab, &timer);
	lab_play(lab, &e);
	lab_end(lab);
	assert_int_equal(lab->count, 2);
	assert_cause(&lab->findings[1], "rtx.after-timeout");
}

/* --- TCP Fast Open -----------------------------------------------------------
 */

static void fastopen(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct segment_event e =
			resent_anew(state,
				    RESENT "tcp_xmit_retransmit_queue "
					   "tcp_rcv_state_process "
					   "tcp_v4_do_rcv process_backlog");

		e.tcp.ca_state = CA_LOSS;
		e.tcp.flags |= i == 1 ? 0 : SOCK_F_SYN_DATA;
		e.tcp.undo_marker = i == 2 ? 4711 : 0;
		e.tcp.snd_una = i == 3 ? e.seg.seq - 1 : e.seg.seq;
		assert_cause(on_connection(*state, &e),
			     i ? "unknown" : "rtx.fastopen");
	}
}

/* As 5.10 does it. */
static void fastopen_at_once(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct segment_event e = resent_anew(
			state, i == 3 ? RESENT "tcp_release_cb"
				      : RESENT "tcp_rcv_state_process "
					       "tcp_v4_do_rcv process_backlog");

		e.tcp.ca_state = i == 2 ? CA_LOSS : 0;
		e.tcp.flags |= i == 1 ? 0 : SOCK_F_SYN_DATA;
		assert_cause(on_connection(*state, &e),
			     i ? "unknown" : "rtx.fastopen");
	}
}

/* --- those before ------------------------------------------------------------
 */

static void history(void **state)
{
	struct lab *lab = *state;
	struct segment_event e = resent(lab, RESENT BY_PROBE);
	const struct finding *f;

	lab_connect(lab, 1 * SEC, remote());
	lab_play(lab, &e);
	for (int i = 1; i <= 3; i++) {
		e = resent(lab, RESENT BY_TIMER);
		e.h.time += i * SEC;
		e.tcp.ca_state = CA_LOSS;
		e.tcp.backoff = i - 1;
		e.tcp.jiffies = 1000 + 250 * i;
		e.tcp.last_received = 500;
		e.tcp.last_acked = 1000;
		e.err = i == 2 ? -EBUSY : 0;
		lab_play(lab, &e);
	}
	lab_end(lab);
	assert_int_equal(lab->count, 4);
	f = &lab->findings[0];
	assert_int_equal(lab_evidence(f, "earlier")->number, 0);
	assert_null(lab_evidence(f, "history"));
	f = &lab->findings[3];
	assert_int_equal(lab_evidence(f, "earlier")->number, 3);
	assert_string_equal(lab_evidence(f, "history")->string,
			    "1 timeout, 1 tail loss probe, 1 not sent");
	assert_int_equal(lab_evidence(f, "backoff")->number, 2);
	/* The later of the two: 750 jiffies of 4 ms. */
	assert_int_equal(lab_evidence(f, "silent_us")->number, 3000000);
}

/* --- needless ----------------------------------------------------------------
 */

static struct sock_event later(__u64 time, __u32 dsacks)
{
	struct sock_event e = state_event(time, CLIENT_SOCK, remote(),
					  STATE_ESTABLISHED, STATE_FIN_WAIT1);

	e.dsacks = dsacks;
	return e;
}

static void known_in_time(void **state)
{
	struct lab *lab = *state;
	struct segment_event e = resent(lab, RESENT BY_PROBE);
	struct sock_event end = later(e.h.time + 10 * MS, 1);

	lab_connect(lab, 1 * SEC, remote());
	lab_play(lab, &e);
	lab_play(lab, &end);
	lab_end(lab);
	assert_true(lab->findings[0].spurious);
	assert_string_equal(lab_evidence(&lab->findings[0], "proof")->string,
			    "dsack");
	assert_null(strstr(lab->said, "amendment"));
}

static void known_later(void **state)
{
	struct lab *lab = *state;
	struct segment_event e = resent(lab, RESENT BY_PROBE);
	struct sock_event end = later(e.h.time + 1 * SEC, 8);

	e.tcp.dsacks = 7;
	lab_connect(lab, 1 * SEC, remote());
	lab_play(lab, &e);
	lab_play(lab, &end);
	lab_end(lab);
	assert_false(lab->findings[0].spurious);
	assert_non_null(strstr(lab->said, "state 4, amendment 1/1, end"));
	assert_int_equal(lab->amendment.of[0].seq, lab->findings[0].seq);
	assert_int_equal(lab->amendment.proof, PROOF_DSACK);
}

/* Never: no D-SACK at all, or only before it. */
static void never_known(void **state)
{
	struct lab *lab = *state;
	struct segment_event e = resent(lab, RESENT BY_PROBE);
	struct sock_event end = later(e.h.time + 1 * SEC, 7);

	e.tcp.dsacks = 7;
	lab_connect(lab, 1 * SEC, remote());
	lab_play(lab, &e);
	lab_play(lab, &end);
	lab_end(lab);
	assert_false(lab->findings[0].spurious);
	assert_null(strstr(lab->said, "amendment"));
}

/* One of two: which, cannot be told. */
static void one_of_two(void **state)
{
	struct lab *lab = *state;
	struct segment_event e = resent(lab, RESENT BY_PROBE);
	struct sock_event end = later(e.h.time + 2 * SEC, 1);

	lab_connect(lab, 1 * SEC, remote());
	lab_play(lab, &e);
	e.h.time += 1 * SEC;
	lab_play(lab, &e);
	lab_play(lab, &end);
	lab_end(lab);
	assert_non_null(strstr(lab->said, "amendment 1/2"));
}

/* The peer was heard long after the first and said nothing: it was needed. */
static void only_the_second(void **state)
{
	struct lab *lab = *state;
	struct segment_event e = resent(lab, RESENT BY_PROBE);
	struct sock_event end = later(e.h.time + 2 * SEC, 1);

	lab_connect(lab, 1 * SEC, remote());
	e.tcp.rto = 50;
	e.tcp.jiffies = 1000;
	e.tcp.last_acked = 990;
	lab_play(lab, &e);
	e.h.time += 1 * SEC;
	e.tcp.jiffies = 1250;
	e.tcp.last_acked = 1100;
	lab_play(lab, &e);
	lab_play(lab, &end);
	lab_end(lab);
	assert_non_null(strstr(lab->said, "amendment 1/1"));
	assert_int_equal(lab->amendment.of[0].seq, lab->findings[1].seq);
}

/* The kernel gives back a window that it had reduced for this. */
static void taken_back(void **state)
{
	for (int undone = 0; undone < 3; undone++) {
		struct segment_event e, recovery;
		struct lab *lab;

		if (undone)
			lab_renew(state);
		lab = *state;
		e = resent(lab, RESENT BY_ACK);
		recovery = segment_event(EVENT_RECOVERY, e.h.time + 1 * SEC,
					 CLIENT_SOCK, remote());
		lab_connect(lab, 1 * SEC, remote());
		e.tcp.ca_state = CA_RECOVERY;
		e.tcp.sacked_out = 1;
		e.tcp.undo_marker = undone < 2 ? 4711 : 0;
		recovery.tcp.undo_marker = undone ? 0 : 4711;
		lab_play(lab, &e);
		lab_play(lab, &recovery);
		lab_end(lab);
		assert_int_equal(!!strstr(lab->said, "amendment 1/1"),
				 undone == 1);
		if (undone == 1)
			assert_int_equal(lab->amendment.proof, PROOF_UNDO);
	}
}

/* What was not sent cannot have been received twice. */
static void not_sent_is_not_needless(void **state)
{
	struct lab *lab = *state;
	struct segment_event e = resent(lab, RESENT BY_PROBE);
	struct sock_event end = later(e.h.time + 1 * SEC, 1);

	e.err = -EBUSY;
	lab_connect(lab, 1 * SEC, remote());
	lab_play(lab, &e);
	lab_play(lab, &end);
	lab_end(lab);
	assert_null(strstr(lab->said, "amendment"));
}

/* More than are kept, and a peer that sends nonsense. */
static void many_of_them(void **state)
{
	struct lab *lab = *state;

	lab_connect(lab, 1 * SEC, remote());
	for (unsigned int i = 0; i < LAB_FINDINGS; i++) {
		struct segment_event e = resent(lab, RESENT BY_PROBE);

		e.h.time += i * SEC;
		e.tcp.dsacks = i % 3 ? UINT32_MAX - i : i;
		e.seg.gso_segs = UINT16_MAX;
		lab_play(lab, &e);
	}
	lab_end(lab);
	assert_int_equal(lab->count, LAB_FINDINGS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(fast),
		lab_test(reorder_timer_in_recovery),
		lab_test(reorder_timer_without_symbols),
		lab_test(recovery_by_other_ways),
		lab_test(slow_start_without_a_timeout),
		lab_test(fast_without_symbols),
		lab_test(after_timeout),
		lab_test(timeout_that_left_late),
		lab_test(after_timeout_by_history),
		lab_test(fastopen),
		lab_test(fastopen_at_once),
		lab_test(history),
		lab_test(known_in_time),
		lab_test(known_later),
		lab_test(never_known),
		lab_test(one_of_two),
		lab_test(only_the_second),
		lab_test(taken_back),
		lab_test(not_sent_is_not_needless),
		lab_test(many_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
