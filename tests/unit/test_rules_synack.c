// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* SYN-ACKs sent again. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab.h"

#define BY_TIMER   "reqsk_timer_handler call_timer_fn"
#define BY_SEGMENT "inet_rtx_syn_ack tcp_check_req tcp_v4_rcv"

/* The server's view. */
static struct event_conn half_open(void)
{
	return conn_of("10.0.0.1", 80, "192.0.2.9", 40000);
}

static struct segment_event resent(struct lab *lab, const char *stack)
{
	struct segment_event e = segment_event(EVENT_RETRANSMIT_SYNACK, 5 * SEC,
					       LISTENER_SOCK, half_open());

	e.tcp.state = STATE_LISTEN;
	e.tcp.max_ack_backlog = 2;
	with_stack(&e, lab->host, stack);
	lab_listen(lab, 1 * SEC, turned(half_open()));
	return e;
}

/* Dropped at @time, on its way to @conn's local end. */
static void drop(struct lab *lab, __u64 time, struct event_conn conn,
		 __u8 flags, const char *reason)
{
	struct segment_event e = segment_event(EVENT_DROP, time, 0, conn);

	memset(&e.tcp, 0, sizeof(e.tcp));
	with_segment(&e, flags, 0);
	with_stack(&e, lab->host,
		   "kfree_skb_reason nf_hook_slow ip_local_deliver ip_rcv");
	with_reason(&e, lab->host, reason);
	lab_play(lab, &e);
}

static void client_silent(void **state)
{
	struct segment_event e = resent(*state, BY_TIMER);
	const struct finding *f = lab_judge(*state, &e);

	assert_cause(f, "synack.client-silent");
	assert_int_equal(f->what, WHAT_SYNACK_RETRANSMIT);
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->owner.pid, SERVER);
	assert_int_equal(lab_evidence(f, "synack")->number, 2);
}

/* Of the first SYN, say, or of an older connection between the same ports. */
static void other_drops(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = resent(*state, BY_TIMER);
		if (i == 0)
			drop(*state, 4 * SEC, half_open(), TCP_SYN,
			     "NETFILTER_DROP");
		if (i == 1)
			drop(*state, 4 * SEC, half_open(), TCP_RST | TCP_ACK,
			     "NETFILTER_DROP");
		if (i == 2)
			drop(*state, 2 * SEC, half_open(), TCP_ACK,
			     "NETFILTER_DROP");
		if (i == 3) { /* the copy that is sent now */
			struct segment_event later = e;

			lab_play(*state, &later);
			drop(*state, 5 * SEC + MS, turned(half_open()),
			     TCP_SYN | TCP_ACK, "NETFILTER_DROP");
			assert_cause(lab_only_finding(*state),
				     "synack.client-silent");
			continue;
		}
		assert_cause(lab_judge(*state, &e), "synack.client-silent");
	}
}

static void local_drop(void **state)
{
	struct segment_event e = resent(*state, BY_TIMER);
	const struct finding *f;

	drop(*state, 4 * SEC, half_open(), TCP_ACK, "NETFILTER_DROP");
	f = lab_judge(*state, &e);
	assert_cause(f, "synack.local-drop");
	assert_non_null(strstr(f->why, "the client's ACK was dropped on this "
				       "host by netfilter, INPUT chain"));
	assert_string_equal(f->trigger, "timer:synack");
	assert_int_equal(f->event_count, 2);
}

/* A busy host: of refused connects, or of a firewall that drops a flood. */
static void among_many_drops(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct event_conn other = half_open();
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = resent(*state, BY_TIMER);
		drop(*state, 4 * SEC, half_open(), TCP_ACK, "NETFILTER_DROP");
		for (int n = 1; n <= 5000; n++) {
			other.rport = n;
			drop(*state, 4 * SEC + n, other, TCP_SYN,
			     i ? "NETFILTER_DROP" : "NO_SOCKET");
		}
		f = lab_judge(*state, &e);
		assert_cause(f,
			     i ? "synack.client-silent" : "synack.local-drop");
		assert_int_equal(f->confidence,
				 i ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN);
	}
}

/* Of a handshake that was there before the watch. */
static void drops_before_the_watch(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		lab_watched_since(*state, i ? 4 * SEC + 1 : 4 * SEC);
		e = resent(*state, BY_TIMER);
		f = lab_judge(*state, &e);
		assert_cause(f, "synack.client-silent");
		assert_int_equal(f->confidence,
				 i ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN);
		assert_true(!lab_evidence(f, "drops_known") == !i);
	}
}

/* The client sent its SYN again, but the reason is here. */
static void synack_dropped(void **state)
{
	struct segment_event e = resent(*state, BY_SEGMENT);
	const struct finding *f;

	drop(*state, 4 * SEC, turned(half_open()), TCP_SYN | TCP_ACK,
	     "NETFILTER_DROP");
	f = lab_judge(*state, &e);
	assert_cause(f, "synack.local-drop");
	assert_non_null(strstr(f->why, "the SYN-ACK was dropped"));
	assert_string_equal(f->trigger, "segment");
}

static void duplicate_syn(void **state)
{
	struct segment_event e = resent(*state, BY_SEGMENT);
	const struct finding *f;

	e.req.num_retrans = 1;
	f = lab_judge(*state, &e);
	assert_cause(f, "synack.duplicate-syn");
	assert_string_equal(f->trigger, "segment");
	assert_int_equal(lab_evidence(f, "synack")->number, 3);
}

static void accept_queue_full(void **state)
{
	struct segment_event e = resent(*state, BY_TIMER);
	const struct finding *f;

	e.req.acked = 1;
	e.tcp.ack_backlog = 3;
	f = lab_judge(*state, &e);
	assert_cause(f, "synack.accept-queue-full");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->owner.pid, SERVER);
	assert_non_null(strstr(f->why, "3 connections wait"));
}

/* It was full when the ACK came; the drop of that is certain, without it... */
static void queue_emptied_meanwhile(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = resent(*state, BY_TIMER);
		e.req.acked = 1;
		if (i)
			drop(*state, 4 * SEC, half_open(), TCP_ACK,
			     "TCP_LISTEN_OVERFLOW");
		f = lab_judge(*state, &e);
		assert_cause(f, "synack.accept-queue-full");
		assert_int_equal(f->confidence,
				 i ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	}
}

/* A queue that is full, but was not asked yet. */
static void full_and_silent(void **state)
{
	struct segment_event e = resent(*state, BY_TIMER);

	e.tcp.ack_backlog = 3;
	assert_cause(lab_judge(*state, &e), "synack.client-silent");
}

static void defer_accept(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = resent(*state, BY_TIMER);
		e.req.acked = 1;
		e.tcp.defer_accept = 2;
		e.tcp.ack_backlog = i ? 3 : 0;
		if (i == 2) /* data came, and found the queue full */
			drop(*state, 4 * SEC, half_open(), TCP_ACK,
			     "TCP_LISTEN_OVERFLOW");
		assert_cause(lab_judge(*state, &e),
			     i == 2 ? "synack.accept-queue-full"
				    : "synack.defer-accept");
	}
}

static void fastopen(void **state)
{
	struct segment_event e =
		resent(*state, "tcp_retransmit_timer tcp_write_timer");

	e.tcp.state = STATE_SYN_RECV;
	e.req.fastopen = 1;
	e.tcp.defer_accept = 1; /* of no importance to it */
	assert_cause(lab_judge(*state, &e), "synack.fastopen");
}

/* Neither a timer nor a segment is known to have caused it. */
static void without_evidence(void **state)
{
	struct segment_event e = resent(*state, BY_TIMER);

	without_symbols(&e);
	assert_cause(lab_judge(*state, &e), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(client_silent),
		lab_test(other_drops),
		lab_test(local_drop),
		lab_test(among_many_drops),
		lab_test(drops_before_the_watch),
		lab_test(synack_dropped),
		lab_test(duplicate_syn),
		lab_test(accept_queue_full),
		lab_test(queue_emptied_meanwhile),
		lab_test(full_and_silent),
		lab_test(defer_accept),
		lab_test(fastopen),
		lab_test(without_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
