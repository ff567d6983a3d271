// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs of who connects, for what fits no handshake; and what looks like it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "answer.h"

#define TCP_SYNACK (TCP_SYN | TCP_ACK)

/* The client's end answers @flags with a RST; @sock: 0 for no socket. */
static struct segment_event client_answer(struct lab *lab, __u64 sock,
					  const char *reason, __u8 flags)
{
	struct segment_event e = answer(lab, sock, reason, flags, 0);
	struct event_conn conn = loopback();

	memcpy(e.conn.laddr, conn.laddr, 16);
	memcpy(e.conn.raddr, conn.raddr, 16);
	e.conn.lport = conn.lport;
	e.conn.rport = conn.rport;
	return e;
}

static void begin_connect(struct lab *lab)
{
	lab_state(lab, 2 * SEC, CLIENT_SOCK, loopback(), STATE_CLOSE,
		  STATE_SYN_SENT, CLIENT);
}

/* --- late SYN+ACK --------------------------------------------------------- */

/* By close() of the client, or else with this error. */
static void give_up(struct lab *lab, int err)
{
	struct sock_event e = state_event(4 * SEC, CLIENT_SOCK, loopback(),
					  STATE_SYN_SENT, STATE_CLOSE);

	if (!err)
		done_by(&e.h, CLIENT, "client");
	e.closing = !err;
	e.err = err;
	e.retransmits = 6;
	lab_play(lab, &e);
	lab_destroy(lab, 4 * SEC, CLIENT_SOCK, loopback(), err ? 0 : CLIENT);
}

static void late_synack(void **state)
{
	struct segment_event e =
		client_answer(*state, 0, "NO_SOCKET", TCP_SYNACK);
	struct lab *lab = *state;
	const struct finding *f;

	begin_connect(lab);
	give_up(lab, 0);
	lab_play(lab, &e);
	lab_end(lab);
	assert_int_equal(lab->count, 2);
	assert_cause(&lab->findings[0], "connect.aborted");
	f = &lab->findings[1];
	assert_cause(f, "rst.late-synack");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->owner.pid, CLIENT);
	assert_int_equal(f->actor.pid, CLIENT);
	assert_string_equal(lab_evidence(f, "ended_by")->string, "close");
	assert_int_equal(lab_evidence(f, "ended_us")->number, 1000000);
	assert_non_null(strstr(f->why, "the SYN of client[20]"));
	assert_non_null(strstr(f->why, "client[20] called close() 1.0 s"));
}

static void late_synack_after_a_timeout(void **state)
{
	struct segment_event e =
		client_answer(*state, 0, "NO_SOCKET", TCP_SYNACK);
	struct lab *lab = *state;
	const struct finding *f;

	begin_connect(lab);
	give_up(lab, ETIMEDOUT);
	lab_play(lab, &e);
	lab_end(lab);
	f = &lab->findings[lab->count - 1];
	assert_cause(f, "rst.late-synack");
	assert_int_equal(f->actor.pid, 0);
	assert_string_equal(lab_evidence(f, "ended_by")->string, "timeout");
}

/* It may never have been ours: say so. */
static void late_synack_of_nobody(void **state)
{
	struct segment_event e =
		client_answer(*state, 0, "NO_SOCKET", TCP_SYNACK);
	const struct finding *f = lab_judge(*state, &e);

	assert_cause(f, "rst.late-synack");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
	assert_int_equal(f->owner.pid, 0);
	assert_non_null(strstr(f->why, "tcpwhy has not seen"));
}

/* A connection that was open: then it came twice. */
static void synack_after_the_handshake(void **state)
{
	struct segment_event e =
		client_answer(*state, 0, "NO_SOCKET", TCP_SYNACK);
	const struct finding *f;

	lab_connect(*state, 2 * SEC, loopback());
	lab_destroy(*state, 3 * SEC, CLIENT_SOCK, loopback(), CLIENT);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.late-synack");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
}

/* Somebody listens on what was the client's port. */
static void late_synack_at_a_listener(void **state)
{
	struct segment_event e =
		client_answer(*state, LISTENER_SOCK, "TCP_FLAGS", TCP_SYNACK);

	e.tcp.state = STATE_LISTEN;
	assert_cause(lab_judge(*state, &e), "rst.late-synack");
}

/* --- SYN_SENT ------------------------------------------------------------- */

/* The client's SYN is 100; @ack is what came back. */
static struct segment_event in_syn_sent(struct lab *lab, const char *reason,
					__u8 flags, __u32 ack)
{
	struct segment_event e = client_answer(lab, CLIENT_SOCK, reason, flags);

	e.tcp.state = STATE_SYN_SENT;
	e.tcp.snd_una = 100;
	e.tcp.snd_nxt = 101;
	e.seg.ack = ack;
	return e;
}

static void old_connection(void **state)
{
	struct segment_event e = in_syn_sent(*state, "TCP_INVALID_ACK_SEQUENCE",
					     TCP_ACK, 4000000000);
	const struct finding *f;

	begin_connect(*state);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.old-connection");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->owner.pid, CLIENT);
	assert_int_equal(lab_evidence(f, "segment_ack")->number, 4000000000);
	assert_int_equal(lab_evidence(f, "expected_ack")->number, 101);
	assert_non_null(strstr(f->why, "an ACK of an older connection"));
}

/* The older end, not that of the connection which came about right after. */
static void old_connection_and_its_successor(void **state)
{
	struct segment_event e =
		in_syn_sent(*state, "TCP_INVALID_ACK_SEQUENCE", TCP_ACK, 50);
	struct event_conn there = turned(loopback());
	struct lab *lab = *state;
	struct segment_event rst;
	const struct finding *f;
	const __u64 next = 0x700;

	open_connection(lab);
	lab_state(lab, 3 * SEC, CLIENT_SOCK, loopback(), STATE_ESTABLISHED,
		  STATE_CLOSE, CLIENT);
	lab_destroy(lab, 3 * SEC, CLIENT_SOCK, loopback(), CLIENT);
	lab_state(lab, 4 * SEC, CLIENT_SOCK, loopback(), STATE_CLOSE,
		  STATE_SYN_SENT, CLIENT);
	lab_play(lab, &e);
	rst = segment_event(EVENT_RESET_RECEIVED, 5 * SEC + 1, CHILD_SOCK,
			    there);
	lab_play(lab, &rst);
	lab_state(lab, 5 * SEC + 2, CHILD_SOCK, there, STATE_ESTABLISHED,
		  STATE_CLOSE, 0);
	lab_destroy(lab, 5 * SEC + 3, CHILD_SOCK, there, SERVER);
	lab_state(lab, 5 * SEC + 4, next, there, STATE_LISTEN, STATE_SYN_RECV,
		  0);
	f = lab_only_finding(lab);
	assert_cause(f, "rst.old-connection");
	assert_int_equal(f->peer.pid, SERVER);
	assert_string_equal(lab_evidence(f, "peer_state")->string,
			    "ESTABLISHED");
	assert_non_null(strstr(f->effect, "server[10], in ESTABLISHED"));
}

/* It refused a segment, and came about all the same: no end by a RST. */
static void closed_normally_after_a_refusal(void **state)
{
	struct segment_event e =
		in_syn_sent(*state, "TCP_RFC7323_PAWS", TCP_SYNACK, 101);
	struct lab *lab = *state;

	begin_connect(lab);
	lab_play(lab, &e);
	lab_state(lab, 6 * SEC, CLIENT_SOCK, loopback(), STATE_SYN_SENT,
		  STATE_ESTABLISHED, 0);
	lab_state(lab, 7 * SEC, CLIENT_SOCK, loopback(), STATE_ESTABLISHED,
		  STATE_FIN_WAIT1, CLIENT);
	lab_state(lab, 8 * SEC, CLIENT_SOCK, loopback(), STATE_FIN_WAIT1,
		  STATE_CLOSE, 0);
	lab_destroy(lab, 8 * SEC, CLIENT_SOCK, loopback(), 0);
	assert_cause(lab_only_finding(lab), "rst.bad-timestamp");
	assert_int_equal(lab->endings, 1);
	assert_string_equal(lab->ending.how, "fin");
}

static void answer_to_another_syn(void **state)
{
	struct segment_event e = in_syn_sent(*state, "TCP_INVALID_ACK_SEQUENCE",
					     TCP_SYNACK, 102);
	const struct finding *f;

	begin_connect(*state);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.old-connection");
	assert_non_null(strstr(f->why, "for another SYN"));
}

static void bad_timestamp(void **state)
{
	struct segment_event e =
		in_syn_sent(*state, "TCP_RFC7323_PAWS", TCP_SYNACK, 101);
	const struct finding *f;

	begin_connect(*state);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.bad-timestamp");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->owner.pid, CLIENT);
}

/* Without a reason the numbers tell them apart, at their very limits. */
static void syn_sent_without_reason(void **state)
{
	static const struct {
		__u32 ack;
		const char *cause;
		enum confidence confidence;
	} cases[] = {
		{ 99, "rst.old-connection", CONFIDENCE_CERTAIN },
		{ 100, "rst.old-connection", CONFIDENCE_CERTAIN },
		{ 101, "rst.bad-timestamp", CONFIDENCE_LIKELY },
		{ 102, "rst.old-connection", CONFIDENCE_CERTAIN },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = in_syn_sent(*state, "NOT_SPECIFIED", TCP_SYNACK,
				cases[i].ack);
		e.reason = EVENT_NO_REASON;
		begin_connect(*state);
		f = lab_judge(*state, &e);
		assert_cause(f, cases[i].cause);
		assert_int_equal(f->confidence, cases[i].confidence);
	}
}

static void not_quite_syn_sent(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = in_syn_sent(*state,
				i == 0 ? "TCP_RFC7323_PAWS"
				       : "TCP_INVALID_ACK_SEQUENCE",
				i == 1 ? TCP_SYN : TCP_ACK, i == 2 ? 101 : 50);
		if (i == 3)
			e.tcp.state = STATE_ESTABLISHED;
		assert_cause(lab_judge(*state, &e), "unknown");
	}
}

/* --- SYN_RECV ------------------------------------------------------------- */

static struct segment_event in_syn_recv(struct lab *lab, const char *reason,
					__u8 flags, __u32 ack)
{
	struct segment_event e = in_syn_sent(lab, reason, flags, ack);

	e.tcp.state = STATE_SYN_RECV;
	return e;
}

static void bad_handshake_ack(void **state)
{
	static const struct {
		const char *reason;
		__u32 ack;
		const char *words;
	} cases[] = {
		{ "TCP_ACK_UNSENT_DATA", 102, "what was never sent" },
		{ "TCP_OLD_ACK", 99, "what was acknowledged before" },
		{ "TCP_TOO_OLD_ACK", 99, "what was acknowledged before" },
		{ "NOT_SPECIFIED", 102, "what was never sent" },
		{ "NOT_SPECIFIED", 99, "what was acknowledged before" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = in_syn_recv(*state, cases[i].reason, TCP_ACK, cases[i].ack);
		begin_connect(*state);
		lab_state(*state, 3 * SEC, CLIENT_SOCK, loopback(),
			  STATE_SYN_SENT, STATE_SYN_RECV, 0);
		f = lab_judge(*state, &e);
		assert_cause(f, "rst.bad-handshake-ack");
		assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
		assert_int_equal(f->owner.pid, CLIENT);
		assert_string_equal(lab_evidence(f, "handshake")->string,
				    "simultaneous-open");
		assert_non_null(strstr(f->why, cases[i].words));
	}
}

/* TCP Fast Open: the child is there before its handshake is over. */
static void bad_ack_of_fast_open(void **state)
{
	struct segment_event e =
		answer(*state, CHILD_SOCK, "TCP_ACK_UNSENT_DATA", TCP_ACK, 0);
	const struct finding *f;

	e.tcp.state = STATE_SYN_RECV;
	e.tcp.snd_nxt = 101;
	e.seg.ack = 200;
	lab_listen(*state, 1 * SEC, loopback());
	lab_state(*state, 2 * SEC, CHILD_SOCK, turned(loopback()), STATE_LISTEN,
		  STATE_SYN_RECV, 0);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.bad-handshake-ack");
	assert_int_equal(f->owner.pid, SERVER);
	assert_string_equal(lab_evidence(f, "handshake")->string, "fastopen");
}

static void not_quite_syn_recv(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = in_syn_recv(*state,
				i == 0	 ? "TCP_FLAGS"
				: i == 1 ? "NOT_SPECIFIED"
					 : "TCP_OLD_ACK",
				i == 2 ? TCP_SYN : TCP_ACK, i == 1 ? 101 : 99);
		if (i == 3)
			e.tcp.state = STATE_ESTABLISHED;
		assert_cause(lab_judge(*state, &e), "unknown");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(late_synack),
		lab_test(late_synack_after_a_timeout),
		lab_test(late_synack_of_nobody),
		lab_test(synack_after_the_handshake),
		lab_test(late_synack_at_a_listener),
		lab_test(old_connection),
		lab_test(old_connection_and_its_successor),
		lab_test(closed_normally_after_a_refusal),
		lab_test(answer_to_another_syn),
		lab_test(bad_timestamp),
		lab_test(syn_sent_without_reason),
		lab_test(not_quite_syn_sent),
		lab_test(bad_handshake_ack),
		lab_test(bad_ack_of_fast_open),
		lab_test(not_quite_syn_recv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
