// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs of who listens, for what fits no handshake; and what looks like it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "answer.h"

#define TCP_SYNACK (TCP_SYN | TCP_ACK)

/* --- a half-open request -------------------------------------------------- */

#define CHECK_REQ                                     \
	"tcp_v4_send_reset tcp_check_req tcp_v4_rcv " \
	"ip_local_deliver process_backlog handle_softirqs"

static struct segment_event refused_request(struct lab *lab, const char *reason,
					    __u8 flags)
{
	struct segment_event e = answer(lab, LISTENER_SOCK, reason, flags, 0);

	e.tcp.state = STATE_LISTEN;
	e.tcp.ack_backlog = 3;
	e.tcp.max_ack_backlog = 2;
	with_stack(&e, lab->host, CHECK_REQ);
	return e;
}

/* One name of the kernel's for two causes: the SYN flag decides. */
static void bad_syn_or_full_queue(void **state)
{
	static const char *const reasons[] = { "INVALID_SYN", "NOT_SPECIFIED" };

	for (int i = 0; i < 4; i++) {
		struct segment_event e;
		const struct finding *f;
		bool syn = i % 2;

		if (i)
			lab_renew(state);
		e = refused_request(*state, reasons[i / 2],
				    syn ? TCP_SYN : TCP_ACK);
		lab_listen(*state, 1 * SEC, loopback());
		f = lab_judge(*state, &e);
		assert_cause(f, syn ? "rst.bad-syn" : "rst.accept-queue-full");
		assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
		assert_int_equal(f->owner.pid, SERVER);
		assert_int_equal(f->actor.pid, 0);
		if (syn)
			continue;
		assert_int_equal(lab_evidence(f, "accept_queue")->number, 3);
		assert_int_equal(lab_evidence(f, "accept_queue_max")->number,
				 2);
	}
}

/* Of several listeners the one whose queue it is. */
static void full_queue_of_one_of_two(void **state)
{
	struct segment_event e =
		refused_request(*state, "INVALID_SYN", TCP_ACK);
	struct event_conn at = conn_of("127.0.0.1", 8080, "0.0.0.0", 0);
	const struct finding *f;

	lab_listen(*state, 1 * SEC, loopback());
	lab_state(*state, 2 * SEC, 0x999, at, STATE_CLOSE, STATE_LISTEN,
		  CLIENT);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.accept-queue-full");
	assert_int_equal(f->owner.pid, SERVER);
}

static void not_quite_refused(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = refused_request(*state,
				    i == 1 ? "SOMETHING_NEW" : "INVALID_SYN",
				    i == 2 ? TCP_FIN : TCP_ACK);
		if (i == 0) /* not full: no memory, or no route */
			e.tcp.max_ack_backlog = 3;
		if (i == 3)
			e.tcp.state = STATE_ESTABLISHED;
		assert_cause(lab_judge(*state, &e), "unknown");
	}
}

/* --- a port used again ---------------------------------------------------- */

static struct segment_event to_mini_socket(struct lab *lab, __u8 flags,
					   __u8 substate)
{
	struct segment_event e =
		answer(lab, 0x400, "TCP_TIMEWAIT_SOCKET", flags, 0);

	e.tcp.state = STATE_TIME_WAIT;
	e.tcp.flags = 0;
	e.substate = substate;
	return e;
}

static void port_reused(void **state)
{
	struct segment_event e =
		to_mini_socket(*state, TCP_SYN, STATE_FIN_WAIT2);
	const struct finding *f;

	open_connection(*state);
	close_server(*state, 4 * SEC, true);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.port-reused");
	assert_int_equal(f->owner.pid, SERVER);
	assert_int_equal(f->actor.pid, SERVER);
	assert_non_null(strstr(f->why, "server[10] called close() 1.0 s"));
}

static void not_quite_reused(void **state)
{
	struct segment_event e =
		to_mini_socket(*state, TCP_SYN, STATE_TIME_WAIT);

	assert_cause(lab_judge(*state, &e), "unknown");
	lab_renew(state);
	e = to_mini_socket(*state, TCP_SYNACK, STATE_FIN_WAIT2);
	assert_cause(lab_judge(*state, &e), "unknown");
}

/* --- told once -------------------------------------------------------------
 */

/*
 * Both ends here, apart: the RST that answers a late SYN+ACK hits the server's
 * half-open request, which drops it. That is the client's story.
 */
static void told_by_its_sender_alone(void **state)
{
	struct event_conn conn = conn_of("10.0.0.1", 40000, "10.0.0.2", 8080);
	struct lab *lab = *state;
	struct segment_event rst, drop;
	struct event_conn there = in_netns(turned(conn), OTHER_NETNS);

	lab_state(lab, 1 * SEC, LISTENER_SOCK,
		  in_netns(conn_of("10.0.0.2", 8080, "0.0.0.0", 0),
			   OTHER_NETNS),
		  STATE_CLOSE, STATE_LISTEN, SERVER);
	lab_state(lab, 2 * SEC, CLIENT_SOCK, conn, STATE_CLOSE, STATE_SYN_SENT,
		  CLIENT);
	lab_state(lab, 3 * SEC, CLIENT_SOCK, conn, STATE_SYN_SENT, STATE_CLOSE,
		  CLIENT);
	lab_destroy(lab, 3 * SEC, CLIENT_SOCK, conn, CLIENT);
	rst = answer(lab, 0, "NO_SOCKET", TCP_SYNACK, 0);
	rst.conn = conn;
	drop = segment_event(EVENT_DROP, 5 * SEC + 1, LISTENER_SOCK, there);
	drop.tcp.state = STATE_NEW_SYN_RECV;
	drop.tcp.flags = 0;
	with_segment(&drop, TCP_RST, 0);
	with_stack(&drop, lab->host,
		   "kfree_skb_reason tcp_v4_rcv process_backlog");
	with_reason(&drop, lab->host, "NOT_SPECIFIED");
	lab_play(lab, &rst);
	lab_play(lab, &drop);
	/* Much later it is another host's. */
	drop.h.time = 8 * SEC;
	lab_play(lab, &drop);
	lab_end(lab);
	assert_int_equal(lab->count, 3);
	assert_cause(&lab->findings[0], "connect.aborted");
	assert_cause(&lab->findings[1], "rst.late-synack");
	assert_cause(&lab->findings[2], "rst-received.handshake");
	assert_int_equal(lab->findings[2].time, 8 * SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(bad_syn_or_full_queue),
		lab_test(full_queue_of_one_of_two),
		lab_test(not_quite_refused),
		lab_test(port_reused),
		lab_test(not_quite_reused),
		lab_test(told_by_its_sender_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
