// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs that answer a segment: each cause, and what only looks like it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab.h"

static struct event_conn loopback(void)
{
	return conn_of("127.0.0.1", 40000, "127.0.0.1", 8080);
}

/* The server's end answers @flags with a RST; @sock: 0 for no socket. */
static struct segment_event answer(struct lab *lab, __u64 sock,
				   const char *reason, __u8 flags, __u32 len)
{
	struct segment_event e = segment_event(EVENT_RESET_SENT, 5 * SEC, sock,
					       turned(loopback()));

	if (!sock)
		memset(&e.tcp, 0, sizeof(e.tcp));
	with_segment(&e, flags, len);
	with_stack(&e, lab->host,
		   "tcp_v4_send_reset tcp_v4_rcv ip_local_deliver "
		   "process_backlog handle_softirqs tcp_close");
	with_reason(&e, lab->host, reason);
	on_top_of(&e.h, 999, "bystander");
	return e;
}

/* Both ways, by close() or else by shutdown(). */
static void close_server(struct lab *lab, __u64 time, bool closing)
{
	struct sock_event e = state_event(time, CHILD_SOCK, turned(loopback()),
					  STATE_ESTABLISHED, STATE_FIN_WAIT1);

	e.shutdown = 3;
	e.closing = closing;
	done_by(&e.h, SERVER, "server");
	lab_play(lab, &e);
}

static void open_connection(struct lab *lab)
{
	lab_listen(lab, 1 * SEC, loopback());
	lab_connect(lab, 2 * SEC, loopback());
	lab_accept(lab, 2 * SEC, loopback());
}

/* --- data after close ----------------------------------------------------- */

static void data_after_close(void **state)
{
	struct segment_event e =
		answer(*state, CHILD_SOCK, "TCP_ABORT_ON_DATA", TCP_ACK, 5);
	const struct finding *f;

	e.tcp.state = STATE_CLOSE;
	open_connection(*state);
	close_server(*state, 4 * SEC, true);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.data-after-close");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(f->trigger, "segment");
	assert_int_equal(f->owner.pid, SERVER);
	assert_int_equal(f->actor.pid, SERVER);
	assert_int_equal(f->peer.pid, CLIENT);
	assert_int_equal(lab_evidence(f, "segment_bytes")->number, 5);
	assert_non_null(strstr(f->why, "server[10] called close() 1.0 s"));
}

static void data_after_shutdown(void **state)
{
	struct segment_event e =
		answer(*state, CHILD_SOCK, "TCP_ABORT_ON_DATA", TCP_ACK, 5);
	const struct finding *f;

	e.tcp.state = STATE_CLOSE;
	open_connection(*state);
	close_server(*state, 4 * SEC, false);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.data-after-close");
	assert_non_null(strstr(f->why, "server[10] called shutdown() 1.0 s"));
}

/* The mini-socket in TIME_WAIT that stands in for FIN_WAIT2. */
static void data_to_a_mini_socket(void **state)
{
	struct segment_event e =
		answer(*state, 0x400, "TCP_TIMEWAIT_SOCKET", TCP_ACK, 5);
	const struct finding *f;

	e.tcp.state = STATE_TIME_WAIT;
	e.tcp.flags = 0;
	e.substate = STATE_FIN_WAIT2;
	open_connection(*state);
	close_server(*state, 4 * SEC, true);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.data-after-close");
	assert_int_equal(f->owner.pid, SERVER);
}

static void segment_in_time_wait(void **state)
{
	struct segment_event e =
		answer(*state, 0x400, "TCP_TIMEWAIT_SOCKET", TCP_ACK, 5);

	e.tcp.state = STATE_TIME_WAIT;
	e.substate = STATE_TIME_WAIT;
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void no_data_to_a_mini_socket(void **state)
{
	struct segment_event e = answer(*state, 0x400, "TCP_TIMEWAIT_SOCKET",
					TCP_ACK | TCP_FIN, 0);

	e.tcp.state = STATE_TIME_WAIT;
	e.substate = STATE_FIN_WAIT2;
	assert_cause(lab_judge(*state, &e), "unknown");
}

/* TCP_LINGER2 < 0: the application asked for it. */
static void data_with_linger2(void **state)
{
	struct segment_event e =
		answer(*state, CHILD_SOCK, "TCP_ABORT_ON_DATA", TCP_ACK, 5);

	e.tcp.linger2 = -1;
	assert_cause(lab_judge(*state, &e), "unknown");
}

/* --- a connection that is gone -------------------------------------------- */

static void connection_gone(void **state)
{
	struct segment_event e = answer(*state, 0, "NO_SOCKET", TCP_ACK, 100);
	const struct finding *f;

	open_connection(*state);
	close_server(*state, 3 * SEC, true);
	lab_state(*state, 3 * SEC, CHILD_SOCK, turned(loopback()),
		  STATE_FIN_WAIT1, STATE_CLOSE, 0);
	lab_destroy(*state, 3 * SEC, CHILD_SOCK, turned(loopback()), SERVER);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.connection-gone");
	assert_int_equal(f->actor.pid, SERVER);
	assert_int_equal(f->peer.pid, CLIENT);
	assert_non_null(strstr(f->why, "server[10] called close() 2.0 s"));
}

/* Nothing is known of it: nobody is named, nothing made up. */
static void connection_never_seen(void **state)
{
	static const __u8 flags[] = { TCP_ACK, TCP_FIN, TCP_FIN | TCP_ACK };

	for (size_t i = 0; i < sizeof(flags); i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = answer(*state, 0, "NO_SOCKET", flags[i], 0);
		f = lab_judge(*state, &e);
		assert_cause(f, "rst.connection-gone");
		assert_int_equal(f->actor.pid, 0);
		assert_int_equal(f->owner.pid, 0);
		assert_false(f->has_peer);
		assert_null(strstr(f->why, "before"));
	}
}

/* TCP_REPAIR, or a namespace that went away: no FIN, no RST, no close(). */
static void connection_vanished(void **state)
{
	struct segment_event e = answer(*state, 0, "NO_SOCKET", TCP_ACK, 1);
	const struct finding *f;

	open_connection(*state);
	lab_destroy(*state, 3 * SEC, CHILD_SOCK, turned(loopback()), 0);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.connection-gone");
	assert_int_equal(f->actor.pid, 0);
	assert_non_null(strstr(f->why, "vanished"));
}

/* The late answer to a connect() that was given up is another cause. */
static void synack_without_socket(void **state)
{
	struct segment_event e =
		answer(*state, 0, "NO_SOCKET", TCP_SYN | TCP_ACK, 0);

	assert_cause(lab_judge(*state, &e), "unknown");
}

static void neither_ack_nor_fin_nor_syn(void **state)
{
	struct segment_event e = answer(*state, 0, "NO_SOCKET", 0, 10);

	assert_cause(lab_judge(*state, &e), "unknown");
}

/* --- a closed port ----------------------------------------------------------
 */

static void port_closed(void **state)
{
	struct segment_event e = answer(*state, 0, "NO_SOCKET", TCP_SYN, 0);
	const struct finding *f;

	lab_state(*state, 5 * SEC - 1, CLIENT_SOCK, loopback(), STATE_CLOSE,
		  STATE_SYN_SENT, CLIENT);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.port-closed");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->owner.pid, 0); /* nobody listens */
	assert_int_equal(f->actor.pid, 0);
	assert_int_equal(f->peer.pid, CLIENT);
	assert_non_null(strstr(f->why, "client[20]"));
	assert_null(strstr(f->why, "server"));
}

static void port_closed_lately(void **state)
{
	struct segment_event e = answer(*state, 0, "NO_SOCKET", TCP_SYN, 0);
	struct event_conn at = conn_of("0.0.0.0", 8080, "0.0.0.0", 0);
	const struct finding *f;

	lab_state(*state, 1 * SEC, LISTENER_SOCK, at, STATE_CLOSE, STATE_LISTEN,
		  SERVER);
	lab_state(*state, 4 * SEC, LISTENER_SOCK, at, STATE_LISTEN, STATE_CLOSE,
		  SERVER);
	lab_destroy(*state, 4 * SEC, LISTENER_SOCK, at, SERVER);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.port-closed");
	assert_int_equal(f->owner.pid, 0);
	assert_int_equal(lab_evidence(f, "past_listener_pid")->number, SERVER);
	assert_non_null(
		strstr(f->why, "server[10] listened there until 1.0 s before"));
}

/* Somebody listens on the port by now, but that was after the RST. */
static void port_closed_opened_later(void **state)
{
	struct segment_event e = answer(*state, 0, "NO_SOCKET", TCP_SYN, 0);
	const struct finding *f;

	lab_play(*state, &e);
	lab_listen(*state, 5 * SEC + MS, loopback());
	f = lab_only_finding(*state);
	assert_cause(f, "rst.port-closed");
	assert_null(strstr(f->why, "server"));
}

static void answers_of_other_kinds(void **state)
{
	static const char *const reasons[] = {
		"TCP_FLAGS",	    "INVALID_SYN",
		"TCP_OLD_ACK",	    "TCP_INVALID_ACK_SEQUENCE",
		"TCP_RFC7323_PAWS", "NOT_SPECIFIED",
		"SOMETHING_NEW",
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = answer(*state, LISTENER_SOCK, reasons[i],
			   i % 2 ? TCP_SYN : TCP_ACK, i);
		e.tcp.state = STATE_LISTEN;
		assert_cause(lab_judge(*state, &e), "unknown");
	}
}

/* Up to Linux 6.9 there is no reason: no guess from the flags alone. */
static void answer_without_reason(void **state)
{
	struct segment_event e = answer(*state, 0, "NO_SOCKET", TCP_SYN, 0);
	const struct finding *f;

	e.reason = EVENT_NO_REASON;
	f = lab_judge(*state, &e);
	assert_cause(f, "unknown");
	/* Not the task it happened to run on top of. */
	assert_int_equal(f->actor.pid, 0);
	assert_string_equal(f->trigger, "segment");
}

static void reason_without_a_segment(void **state)
{
	struct segment_event e = answer(*state, 0, "NO_SOCKET", TCP_SYN, 0);

	memset(&e.seg, 0, sizeof(e.seg));
	assert_cause(lab_judge(*state, &e), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(data_after_close),
		lab_test(data_after_shutdown),
		lab_test(data_to_a_mini_socket),
		lab_test(segment_in_time_wait),
		lab_test(no_data_to_a_mini_socket),
		lab_test(data_with_linger2),
		lab_test(connection_gone),
		lab_test(connection_never_seen),
		lab_test(connection_vanished),
		lab_test(synack_without_socket),
		lab_test(neither_ack_nor_fin_nor_syn),
		lab_test(port_closed),
		lab_test(port_closed_lately),
		lab_test(port_closed_opened_later),
		lab_test(answers_of_other_kinds),
		lab_test(answer_without_reason),
		lab_test(reason_without_a_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
