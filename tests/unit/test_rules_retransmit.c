// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments sent again: each cause, and what only looks like it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "lab.h"

#define RESENT	 "tcp_retransmit_skb "
#define BY_TIMER "tcp_retransmit_timer tcp_write_timer call_timer_fn"
#define BY_PROBE "tcp_send_loss_probe tcp_write_timer call_timer_fn"
#define BY_RACK                                                          \
	"tcp_xmit_retransmit_queue tcp_rack_reo_timeout tcp_write_timer" \
	" call_timer_fn"
#define BY_ACK                                                   \
	"tcp_xmit_retransmit_queue tcp_ack tcp_rcv_established " \
	"tcp_v4_do_rcv process_backlog"

enum { CA_OPEN = 0, CA_CWR = 2, CA_RECOVERY = 3, CA_LOSS = 4 };

static struct event_conn remote(void)
{
	return conn_of("10.0.0.1", 40000, "192.0.2.9", 80);
}

static struct segment_event resent(struct lab *lab, const char *stack)
{
	struct segment_event e =
		segment_event(EVENT_RETRANSMIT, 5 * SEC, CLIENT_SOCK, remote());

	with_segment(&e, TCP_ACK, 100);
	with_stack(&e, lab->host, stack);
	on_top_of(&e.h, 999, "bystander");
	return e;
}

/* A copy of @e is dropped on its way out of this host. */
static void drop_copy(struct lab *lab, const struct segment_event *e,
		      __u64 time, __u8 flags)
{
	struct segment_event drop =
		segment_event(EVENT_DROP, time, 0, turned(e->conn));

	memset(&drop.tcp, 0, sizeof(drop.tcp));
	drop.seg = e->seg;
	drop.seg.flags = flags;
	with_stack(&drop, lab->host,
		   "kfree_skb_reason nf_hook_slow __ip_local_out ip_local_out");
	with_reason(&drop, lab->host, "NETFILTER_DROP");
	lab_play(lab, &drop);
}

/* Judge @e on an open connection of CLIENT. */
static const struct finding *on_connection(struct lab *lab,
					   const struct segment_event *e)
{
	const struct finding *f;

	lab_connect(lab, 1 * SEC, remote());
	f = lab_judge(lab, e);
	assert_int_equal(f->owner.pid, CLIENT);
	assert_int_equal(f->actor.pid, 0);
	return f;
}

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
	assert_cause(on_connection(*state, &e), "unknown");
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
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = resent(*state, RESENT BY_TIMER);
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
	assert_cause(on_connection(*state, &e), "unknown");
}

static void recovery_by_other_ways(void **state)
{
	static const char *const stacks[] = {
		RESENT "tcp_simple_retransmit tcp_ack tcp_rcv_established",
		RESENT "tcp_xmit_retransmit_queue tcp_release_cb",
	};

	for (int i = 0; i < 2; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = resent(*state, stacks[i]);
		e.tcp.ca_state = CA_RECOVERY;
		assert_cause(on_connection(*state, &e), "unknown");
	}
}

static void slow_start_after_a_timeout(void **state)
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

static void retransmission_failed(void **state)
{
	static const char *const stacks[] = { RESENT BY_TIMER, RESENT BY_PROBE,
					      RESENT BY_ACK };

	for (int i = 0; i < 6; i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = resent(*state, stacks[i / 2]);
		e.tcp.ca_state = i / 2 == 2 ? CA_RECOVERY : CA_LOSS;
		e.err = i % 2 ? -EBUSY : -ENOMEM;
		f = on_connection(*state, &e);
		assert_cause(f, "unknown");
		assert_int_equal(lab_evidence(f, "errno")->number, -e.err);
	}
}

/* What a recording may hold: no errno, the smallest number. */
static void errno_that_is_none(void **state)
{
	static const __s32 numbers[] = { INT32_MIN, INT32_MAX, -524, 1 };

	for (int i = 0; i < 4; i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = resent(*state, RESENT BY_TIMER);
		e.err = numbers[i];
		f = on_connection(*state, &e);
		assert_cause(f, "unknown");
		assert_null(strstr(lab_evidence(f, "errno")->phrase, "null"));
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

/* --- SYN-ACK
 * -------------------------------------------------------------------------- */

static struct segment_event resent_synack(struct lab *lab, const char *stack)
{
	struct segment_event e = segment_event(EVENT_RETRANSMIT_SYNACK, 5 * SEC,
					       LISTENER_SOCK, remote());

	e.tcp.state = STATE_LISTEN;
	with_stack(&e, lab->host, stack);
	lab_listen(lab, 1 * SEC, turned(remote()));
	return e;
}

#define REQUEST_TIMER "reqsk_timer_handler call_timer_fn"

static void client_silent(void **state)
{
	struct segment_event e = resent_synack(*state, REQUEST_TIMER);
	const struct finding *f = lab_judge(*state, &e);

	assert_cause(f, "synack.client-silent");
	assert_int_equal(f->what, WHAT_SYNACK_RETRANSMIT);
	assert_int_equal(f->owner.pid, SERVER);
}

/* The client did answer: the accept queue is full, or DEFER_ACCEPT waits. */
static void client_not_silent(void **state)
{
	struct segment_event e = resent_synack(*state, REQUEST_TIMER);

	e.req.acked = 1;
	e.tcp.ack_backlog = 2;
	e.tcp.max_ack_backlog = 1;
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void synack_for_other_reasons(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = resent_synack(*state, i == 0 ? "tcp_check_req tcp_v4_rcv"
						 : REQUEST_TIMER);
		if (i == 1)
			e.req.fastopen = 1;
		if (i == 2)
			without_symbols(&e);
		if (i == 3) /* our SYN-ACK never left */
			drop_copy(*state, &e, 4 * SEC, TCP_SYN | TCP_ACK);
		assert_cause(lab_judge(*state, &e), "unknown");
	}
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
		lab_test(fast),
		lab_test(reorder_timer_in_recovery),
		lab_test(slow_start_after_a_timeout),
		lab_test(fast_without_symbols),
		lab_test(local_drop),
		lab_test(drop_of_another_segment),
		lab_test(drop_of_another_connection),
		lab_test(drop_after_the_retransmission),
		lab_test(retransmission_failed),
		lab_test(errno_that_is_none),
		lab_test(syn),
		lab_test(syn_dropped_here),
		lab_test(syn_without_symbols),
		lab_test(syn_not_by_the_timer),
		lab_test(client_silent),
		lab_test(client_not_silent),
		lab_test(synack_for_other_reasons),
		lab_test(half_a_timeout_without_symbols),
		lab_test(recovery_by_other_ways),
		lab_test(own_copy_is_no_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
