// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments sent again: each cause, and what only looks like it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "retransmit.h"

/* --- the timeout ------------------------------------------------------------
 */

static void timeout(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_TIMER);
	const struct finding *f;

	e.tcp.ca_state = CA_LOSS;
	e.tcp.retransmits = 2;
	e.tcp.rto = 50; /* jiffies of 4 ms */
	f = on_connection(*state, &e);
	assert_cause(f, "rtx.timeout");
	assert_int_equal(f->what, WHAT_RETRANSMIT);
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(f->trigger, "timer:rto");
	assert_int_equal(lab_evidence(f, "rto_us")->number, 200000);
}

/* The same timer, but the peer has no room. */
static void timer_with_a_closed_window(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_TIMER);

	e.tcp.ca_state = CA_LOSS;
	e.tcp.snd_wnd = 0;
	assert_cause(on_connection(*state, &e), "rtx.zero-window");
}

/* An orphan's timer does not care: it is a timeout like any. */
static void orphan_with_a_closed_window(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_TIMER);

	e.tcp.ca_state = CA_LOSS;
	e.tcp.snd_wnd = 0;
	e.tcp.flags |= SOCK_F_DEAD;
	assert_cause(on_connection(*state, &e), "rtx.timeout");
}

static void closed_window_without_symbols(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct segment_event e = resent_anew(state, RESENT BY_TIMER);

		without_symbols(&e);
		e.tcp.ca_state = i == 1 ? CA_RECOVERY : CA_LOSS;
		e.tcp.snd_wnd = 0;
		e.tcp.packets_out = i == 2 ? 0 : 1;
		e.tcp.pending = i == 3 ? 1 : 0;
		assert_cause(on_connection(*state, &e),
			     i ? "unknown" : "rtx.zero-window");
	}
}

static void timeout_without_symbols(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_TIMER);
	const struct finding *f;

	without_symbols(&e);
	e.tcp.ca_state = CA_LOSS;
	e.tcp.retransmits = 1;
	f = on_connection(*state, &e);
	assert_cause(f, "rtx.timeout");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
}

/* Without a stack all of its marks must be there. */
static void half_a_timeout_without_symbols(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct segment_event e = resent_anew(state, RESENT BY_TIMER);

		without_symbols(&e);
		e.tcp.ca_state = i == 0 ? CA_OPEN : CA_LOSS;
		e.tcp.retransmits = i == 1 ? 0 : 1;
		e.tcp.pending = i == 2 ? 1 : 0;
		assert_cause(on_connection(*state, &e), "unknown");
	}
}

/* --- the tail loss probe
 * -------------------------------------------------------- */

static void tail_loss_probe(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_PROBE);
	const struct finding *f;

	e.tcp.pending = 5;
	f = on_connection(*state, &e);
	assert_cause(f, "rtx.tail-loss-probe");
	assert_string_equal(f->trigger, "timer:tlp");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
}

static void probe_without_symbols(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_PROBE);

	without_symbols(&e);
	e.tcp.pending = 5;
	assert_cause(on_connection(*state, &e), "rtx.tail-loss-probe");
}

/* The probe's timer is still armed, but recovery is what sends. */
static void pending_probe_in_recovery(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_ACK);

	without_symbols(&e);
	e.tcp.pending = 5;
	e.tcp.ca_state = CA_RECOVERY;
	assert_cause(on_connection(*state, &e), "unknown");
}

/* --- dropped here
 * ---------------------------------------------------------------- */

static void local_drop(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_TIMER);
	const struct finding *f;

	e.tcp.ca_state = CA_LOSS;
	drop_copy(*state, &e, 4 * SEC, TCP_ACK);
	lab_connect(*state, 4 * SEC, remote());
	f = lab_judge(*state, &e);
	assert_cause(f, "rtx.local-drop");
	assert_string_equal(f->trigger, "timer:rto");
	assert_string_equal(lab_evidence(f, "drop_reason")->string,
			    "NETFILTER_DROP");
	assert_non_null(strstr(f->why, "netfilter, OUTPUT chain"));
	/* The drop and the retransmission are what it rests on. */
	assert_int_equal(f->event_count, 2);
}

/* On its way out the new copy itself is dropped, before it is traced. */
static void own_copy_is_no_evidence(void **state)
{
	struct lab *lab = *state;
	struct segment_event e = resent(lab, RESENT BY_TIMER);

	for (int earlier = 0; earlier < 2; earlier++) {
		struct segment_event drop = segment_event(
			EVENT_DROP, e.h.time - 1000, 0, turned(e.conn));

		if (earlier) {
			lab_renew(state);
			lab = *state;
			with_stack(&e, lab->host, RESENT BY_TIMER);
			drop_copy(lab, &e, 4 * SEC, TCP_ACK);
		}
		drop.seg = e.seg;
		with_stack(&drop, lab->host,
			   "kfree_skb_reason nf_hook_slow __ip_local_out "
			   "__tcp_retransmit_skb tcp_retransmit_timer");
		lab_play(lab, &drop);
		assert_cause(lab_judge(lab, &e),
			     earlier ? "rtx.local-drop" : "rtx.timeout");
	}
}

static void drop_of_another_segment(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_TIMER);
	struct segment_event other = e;

	other.seg.seq = e.seg.end_seq;
	other.seg.end_seq = e.seg.end_seq + 100;
	drop_copy(*state, &other, 4 * SEC, TCP_ACK);
	assert_cause(lab_judge(*state, &e), "rtx.timeout");
}

static void drop_of_another_connection(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_TIMER);
	struct segment_event other = e;

	other.conn.lport++;
	drop_copy(*state, &other, 4 * SEC, TCP_ACK);
	/* Nor is a segment of the peer a copy of ours. */
	other.conn = turned(e.conn);
	drop_copy(*state, &other, 4 * SEC, TCP_ACK);
	assert_cause(lab_judge(*state, &e), "rtx.timeout");
}

static void drop_after_the_retransmission(void **state)
{
	struct lab *lab = *state;
	struct segment_event e = resent(lab, RESENT BY_TIMER);

	lab_play(lab, &e);
	drop_copy(lab, &e, 5 * SEC + MS, TCP_ACK);
	assert_cause(lab_only_finding(lab), "rtx.timeout");
}

/* --- it was not sent at all
 * -------------------------------------------------------- */

static void not_sent(void **state)
{
	static const struct {
		const char *stack;
		__u8 ca_state;
		const char *trigger;
	} by[] = {
		{ RESENT BY_TIMER, CA_LOSS, "timer:rto" },
		{ RESENT BY_PROBE, CA_OPEN, "timer:tlp" },
		{ RESENT BY_ACK, CA_RECOVERY, "segment" },
	};
	static const struct {
		__s32 err;
		const char *name;
		const char *words;
	} failures[] = {
		{ -EBUSY, "EBUSY", "still waits in a queue" },
		{ -ENOMEM, "ENOMEM", "no memory" },
		{ -EHOSTUNREACH, "EHOSTUNREACH", "no route" },
		{ -EPERM, "EPERM", "a policy of this host" },
		{ -EAGAIN, "EAGAIN", "taken back the window" },
		{ 1, "NET_XMIT_DROP", "the queue of the device was full" },
	};

	for (size_t i = 0; i < 3 * 6; i++) {
		struct segment_event e = resent_anew(state, by[i % 3].stack);
		const struct finding *f;

		e.tcp.ca_state = by[i % 3].ca_state;
		e.err = failures[i / 3].err;
		f = on_connection(*state, &e);
		assert_cause(f, "rtx.unsent");
		assert_string_equal(f->trigger, by[i % 3].trigger);
		assert_non_null(strstr(f->why, failures[i / 3].words));
		assert_string_equal(lab_evidence(f, "errno")->string,
				    failures[i / 3].name);
		assert_non_null(strstr(f->why, "not on the wire"));
	}
}

/* Refused on its way out: by whom is known from the drop of this very copy. */
static void refused_by_the_firewall(void **state)
{
	struct segment_event e = resent(*state, RESENT BY_TIMER), drop;
	const struct finding *f;

	e.tcp.ca_state = CA_LOSS;
	e.err = -EPERM;
	drop = segment_event(EVENT_DROP, e.h.time - 1000, 0, turned(e.conn));
	drop.seg = e.seg;
	with_stack(&drop, ((struct lab *)*state)->host,
		   "kfree_skb_reason nf_hook_slow __ip_local_out "
		   "__tcp_retransmit_skb tcp_retransmit_timer");
	lab_connect(*state, 1 * SEC, remote());
	lab_play(*state, &drop);
	f = lab_judge(*state, &e);
	assert_cause(f, "rtx.unsent");
	assert_non_null(strstr(f->why, "(netfilter, OUTPUT chain)"));
}

/* What a recording may hold: no errno, the smallest number. */
static void errno_that_is_none(void **state)
{
	static const __s32 numbers[] = { INT32_MIN, INT32_MAX, -524 };

	for (int i = 0; i < 3; i++) {
		struct segment_event e = resent_anew(state, RESENT BY_TIMER);
		const struct finding *f;

		e.err = numbers[i];
		f = on_connection(*state, &e);
		assert_cause(f, "unknown");
		assert_null(strstr(lab_evidence(f, "errno")->phrase, "null"));
	}
}

/* A drop explains the next copy; one that was sent since had another fate. */
static void drop_before_another_copy(void **state)
{
	struct lab *lab = *state;
	struct segment_event first = resent(lab, RESENT BY_TIMER);
	struct segment_event second = first, failed = first;

	lab_connect(lab, 1 * SEC, remote());
	drop_copy(lab, &first, 4 * SEC, TCP_ACK);
	lab_play(lab, &first);
	second.h.time += 1 * SEC;
	lab_play(lab, &second);
	/* One that could not be sent is told as that. */
	failed.h.time += 2 * SEC;
	failed.err = -EPERM;
	drop_copy(lab, &failed, failed.h.time - 1000, TCP_ACK);
	lab_play(lab, &failed);
	second.h.time += 2 * SEC;
	lab_play(lab, &second);
	lab_end(lab);
	assert_int_equal(lab->count, 4);
	assert_cause(&lab->findings[0], "rtx.local-drop");
	assert_cause(&lab->findings[1], "rtx.timeout");
	assert_cause(&lab->findings[2], "rtx.unsent");
	assert_cause(&lab->findings[3], "rtx.timeout");
}

/* What the receiver throws away because it has it is no loss. */
static void drop_of_what_was_received(void **state)
{
	static const char *const reasons[] = { "TCP_OLD_SEQUENCE",
					       "TCP_OLD_DATA", "QUEUE_PURGE" };

	for (int i = 0; i < 3; i++) {
		struct segment_event e = resent_anew(state, RESENT BY_TIMER),
				     drop;

		drop = segment_event(EVENT_DROP, 4 * SEC, 0, turned(e.conn));
		drop.seg = e.seg;
		with_reason(&drop, ((struct lab *)*state)->host, reasons[i]);
		lab_play(*state, &drop);
		assert_cause(lab_judge(*state, &e), "rtx.timeout");
	}
}

/* --- SYN
 * ------------------------------------------------------------------------------
 */

static struct segment_event resent_syn(struct lab *lab)
{
	struct segment_event e = resent(lab, RESENT BY_TIMER);

	with_segment(&e, TCP_SYN, 0);
	e.tcp.state = STATE_SYN_SENT;
	e.tcp.ca_state = CA_LOSS;
	e.tcp.retransmits = 2;
	lab_state(lab, 1 * SEC, CLIENT_SOCK, remote(), STATE_CLOSE,
		  STATE_SYN_SENT, CLIENT);
	return e;
}

static void syn(void **state)
{
	struct segment_event e = resent_syn(*state);
	const struct finding *f = lab_judge(*state, &e);

	assert_cause(f, "rtx.syn");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->owner.pid, CLIENT);
	assert_int_equal(lab_evidence(f, "syn")->number, 3);
	assert_null(lab_evidence(f, "dropped_by"));
	assert_non_null(strstr(f->advice, "silence is not a refusal"));
}

static void syn_dropped_here(void **state)
{
	struct segment_event e = resent_syn(*state);
	const struct finding *f;

	drop_copy(*state, &e, 4 * SEC, TCP_SYN);
	f = lab_judge(*state, &e);
	assert_cause(f, "rtx.syn");
	assert_string_equal(lab_evidence(f, "drop_reason")->string,
			    "NETFILTER_DROP");
	assert_non_null(strstr(f->advice, "it is lost on this host"));
}

static void syn_without_symbols(void **state)
{
	struct segment_event e = resent_syn(*state);
	const struct finding *f;

	without_symbols(&e);
	f = lab_judge(*state, &e);
	assert_cause(f, "rtx.syn");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
}

/* Not the timer: an ICMP error or a cookie refused (TFO) resends at once. */
static void syn_not_by_the_timer(void **state)
{
	struct segment_event e = resent_syn(*state);

	with_stack(&e, ((struct lab *)*state)->host,
		   RESENT "tcp_ld_RTO_revert tcp_v4_err icmp_unreach");
	assert_cause(lab_judge(*state, &e), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(timeout),
		lab_test(timer_with_a_closed_window),
		lab_test(timeout_without_symbols),
		lab_test(tail_loss_probe),
		lab_test(probe_without_symbols),
		lab_test(pending_probe_in_recovery),
		lab_test(orphan_with_a_closed_window),
		lab_test(closed_window_without_symbols),
		lab_test(local_drop),
		lab_test(drop_of_another_segment),
		lab_test(drop_of_another_connection),
		lab_test(drop_after_the_retransmission),
		lab_test(not_sent),
		lab_test(refused_by_the_firewall),
		lab_test(drop_before_another_copy),
		lab_test(drop_of_what_was_received),
		lab_test(errno_that_is_none),
		lab_test(syn),
		lab_test(syn_dropped_here),
		lab_test(syn_without_symbols),
		lab_test(syn_not_by_the_timer),
		lab_test(half_a_timeout_without_symbols),
		lab_test(own_copy_is_no_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
