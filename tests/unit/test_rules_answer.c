// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs that answer a segment: each cause, and what only looks like it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "answer.h"

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

/* Closed how? SOCK_DEAD tells close(), TCP_LINGER2 counts for an orphan. */
static void three_ways_to_close(void **state)
{
	static const struct {
		__u32 flags;
		__s32 linger2;
		__u32 len;
		const char *how;
		const char *words;
	} cases[] = {
		{ SOCK_F_FULL | SOCK_F_DEAD, 0, 5, "close", "nobody could" },
		{ SOCK_F_FULL | SOCK_F_DEAD, -1, 5, "linger2", "TCP_LINGER2" },
		{ SOCK_F_FULL | SOCK_F_DEAD, -1, 0, "linger2", "sent an ACK" },
		{ SOCK_F_FULL | SOCK_F_HAS_FILE, 0, 5, "shutdown", "nobody" },
		{ SOCK_F_FULL | SOCK_F_HAS_FILE, -1, 5, "shutdown", "nobody" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = answer(*state, CHILD_SOCK, "TCP_ABORT_ON_DATA", TCP_ACK,
			   cases[i].len);
		e.tcp.state = STATE_CLOSE;
		e.tcp.flags = cases[i].flags;
		e.tcp.linger2 = cases[i].linger2;
		open_connection(*state);
		close_server(*state, 4 * SEC, true);
		f = lab_judge(*state, &e);
		assert_cause(f, "rst.data-after-close");
		assert_string_equal(lab_evidence(f, "closed_how")->string,
				    cases[i].how);
		assert_non_null(strstr(f->why, cases[i].words));
	}
}

/* The act that began the end was no close(): there was one since. */
static void shut_down_and_closed_since(void **state)
{
	struct segment_event e =
		answer(*state, CHILD_SOCK, "TCP_ABORT_ON_DATA", TCP_ACK, 5);
	const struct finding *f;

	e.tcp.state = STATE_CLOSE;
	e.tcp.flags = SOCK_F_FULL | SOCK_F_DEAD;
	open_connection(*state);
	close_server(*state, 4 * SEC, false);
	f = lab_judge(*state, &e);
	assert_string_equal(lab_evidence(f, "closed_how")->string, "close");
	assert_string_equal(lab_evidence(f, "ended_by")->string, "shutdown");
	assert_non_null(strstr(f->why, "has closed the socket since"));
}

/* Up to Linux 6.9 the state tells: nothing else answers for a closed socket. */
static void data_after_close_without_reason(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = answer(*state, CHILD_SOCK, "NOT_SPECIFIED", TCP_ACK,
			   i == 1 ? 0 : 5);
		if (i == 3)
			e.reason = EVENT_NO_REASON;
		e.tcp.state = i == 2 ? STATE_ESTABLISHED : STATE_CLOSE;
		assert_cause(lab_judge(*state, &e),
			     i % 3 ? "unknown" : "rst.data-after-close");
	}
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

/* What ended it, if it was not its process. */
static void how_connections_go(void **state)
{
	static const char *const by[] = { "rst", "timeout", "error",
					  "sock-destroy" };
	static const char *const words[] = {
		"a RST had ended it 2.0 s before",
		"it had timed out 2.0 s before",
		"it had ended with EHOSTUNREACH 2.0 s before",
		"ss[30] destroyed the socket (SOCK_DESTROY) 2.0 s before",
	};

	for (int i = 0; i < 4; i++) {
		struct sock_event end;
		struct segment_event rst, e;
		struct lab *lab;

		if (i)
			lab_renew(state);
		lab = *state;
		rst = segment_event(EVENT_RESET_RECEIVED, 3 * SEC, CHILD_SOCK,
				    turned(loopback()));
		e = answer(lab, 0, "NO_SOCKET", TCP_ACK, 100);
		end = state_event(3 * SEC, CHILD_SOCK, turned(loopback()),
				  STATE_ESTABLISHED, STATE_CLOSE);
		open_connection(lab);
		if (i == 3) {
			rst.h.kind = EVENT_RESET_SENT;
			on_top_of(&rst.h, 30, "ss");
			rst.h.flags |= EVENT_F_OWNED;
		}
		if (i == 0 || i == 3)
			lab_play(lab, &rst);
		end.err = i == 1 ? ETIMEDOUT : i == 2 ? EHOSTUNREACH : 0;
		lab_play(lab, &end);
		lab_destroy(lab, 3 * SEC, CHILD_SOCK, turned(loopback()), 0);
		lab_play(lab, &e);
		lab_end(lab);
		const struct finding *f = &lab->findings[lab->count - 1];

		assert_cause(f, "rst.connection-gone");
		assert_string_equal(lab_evidence(f, "ended_by")->string, by[i]);
		assert_int_equal(lab_evidence(f, "ended_us")->number, 2000000);
		assert_non_null(strstr(f->why, words[i]));
		assert_int_equal(f->actor.pid, i == 3 ? 30 : 0);
	}
}

static void connection_gone_with_its_process(void **state)
{
	struct segment_event e = answer(*state, 0, "NO_SOCKET", TCP_ACK, 1);
	struct sock_event end =
		state_event(3 * SEC, CHILD_SOCK, turned(loopback()),
			    STATE_ESTABLISHED, STATE_CLOSE);
	const struct finding *f;

	open_connection(*state);
	done_by(&end.h, SERVER, "server");
	end.closing = 1;
	end.h.flags |= EVENT_F_EXITING;
	end.h.exit_code = 9;
	lab_play(*state, &end);
	lab_destroy(*state, 3 * SEC, CHILD_SOCK, turned(loopback()), SERVER);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.connection-gone");
	assert_int_equal(f->actor.pid, SERVER);
	assert_non_null(strstr(f->why, "server[10] was killed by SIGKILL, with "
				       "neither FIN nor RST, 2.0 s before"));
}

/* --- a segment of no connection reaches a listener ------------------------ */

static struct segment_event stale(struct lab *lab, const char *reason,
				  __u8 flags)
{
	struct segment_event e = answer(lab, LISTENER_SOCK, reason, flags, 0);

	e.tcp.state = STATE_LISTEN;
	return e;
}

static void stale_segment(void **state)
{
	struct segment_event e = stale(*state, "TCP_FLAGS", TCP_ACK);
	const struct finding *f;

	open_connection(*state);
	close_server(*state, 3 * SEC, true);
	lab_destroy(*state, 3 * SEC, CHILD_SOCK, turned(loopback()), SERVER);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.stale-segment");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->owner.pid, SERVER);
	assert_int_equal(f->actor.pid, SERVER);
	assert_non_null(strstr(f->why, "server[10] listens there"));
	assert_non_null(strstr(f->why, "server[10] called close() 2.0 s"));
}

/* It may belong to a handshake, too: tcpwhy does not see requests. */
static void stale_segment_of_nobody(void **state)
{
	struct segment_event e = stale(*state, "TCP_FLAGS", TCP_ACK);
	const struct finding *f;

	lab_listen(*state, 1 * SEC, loopback());
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.stale-segment");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
	assert_int_equal(f->owner.pid, SERVER);
	assert_int_equal(f->actor.pid, 0);
	assert_non_null(strstr(f->why, "handshake was never completed"));
}

static void stale_segment_without_reason(void **state)
{
	struct segment_event e = stale(*state, "NOT_SPECIFIED", TCP_ACK);

	e.reason = EVENT_NO_REASON;
	lab_listen(*state, 1 * SEC, loopback());
	assert_cause(lab_judge(*state, &e), "rst.stale-segment");
}

static void not_quite_stale(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = stale(*state, i == 1 ? "SOMETHING_NEW" : "TCP_FLAGS",
			  i == 0 ? TCP_FIN : TCP_ACK);
		if (i == 2)
			e.tcp.state = STATE_ESTABLISHED;
		if (i == 3) {
			e.reason = EVENT_NO_REASON;
			with_stack(&e, ((struct lab *)*state)->host,
				   "tcp_v4_send_reset tcp_check_req "
				   "tcp_v4_rcv process_backlog");
		}
		assert_cause(lab_judge(*state, &e), "unknown");
	}
}

static void neither_ack_nor_fin_nor_syn(void **state)
{
	struct segment_event e = answer(*state, 0, "NO_SOCKET", 0, 10);

	assert_cause(lab_judge(*state, &e), "unknown");
}

/* --- neither ---------------------------------------------------------------
 */

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
		e = answer(*state, CHILD_SOCK, reasons[i],
			   i % 2 ? TCP_SYN : TCP_ACK, i);
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
		lab_test(three_ways_to_close),
		lab_test(shut_down_and_closed_since),
		lab_test(data_after_close_without_reason),
		lab_test(connection_gone),
		lab_test(connection_never_seen),
		lab_test(connection_vanished),
		lab_test(how_connections_go),
		lab_test(connection_gone_with_its_process),
		lab_test(stale_segment),
		lab_test(stale_segment_of_nobody),
		lab_test(stale_segment_without_reason),
		lab_test(not_quite_stale),
		lab_test(neither_ack_nor_fin_nor_syn),
		lab_test(answers_of_other_kinds),
		lab_test(answer_without_reason),
		lab_test(reason_without_a_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
