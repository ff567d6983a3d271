// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs by disconnect, TCP_LINGER2 and the end of a listener: the near misses.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "reset.h"

/* --- connect(AF_UNSPEC) ------------------------------------------------- */

#define DISCONNECT_STACK                                    \
	CLOSE_STACK "tcp_disconnect __inet_stream_connect " \
		    "inet_stream_connect __sys_connect"

static struct segment_event disconnect_reset(struct lab *lab, const char *stack)
{
	struct segment_event e = active_reset(lab, stack, "TCP_STATE");

	e.tcp.shutdown = 0;
	return e;
}

static void disconnect(void **state)
{
	struct segment_event e = disconnect_reset(*state, DISCONNECT_STACK);
	const struct finding *f;

	open_connection(*state);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.disconnect");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(f->trigger, "connect-unspec");
	assert_int_equal(f->actor.pid, SERVER);
	assert_int_equal(f->owner.pid, SERVER);
	assert_int_equal(f->peer.pid, CLIENT);
	assert_null(lab_evidence(f, "unread_bytes"));
	assert_null(lab_evidence(f, "unsent_bytes"));
	assert_non_null(strstr(f->why, "server[10] called connect(AF_UNSPEC)"));
}

/* What was lost is said, and is not why. */
static void disconnect_with_bytes(void **state)
{
	struct segment_event e = disconnect_reset(*state, DISCONNECT_STACK);
	const struct finding *f;

	e.tcp.flags |= SOCK_F_LINGER;
	e.tcp.rcv_nxt = e.tcp.copied_seq + 7;
	e.tcp.write_seq = e.tcp.snd_nxt + 5;
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.disconnect");
	assert_int_equal(lab_evidence(f, "unread_bytes")->number, 7);
	assert_int_equal(lab_evidence(f, "unsent_bytes")->number, 5);
}

/* After shutdown(SHUT_RDWR); and where the compiler made one function. */
static void disconnect_variants(void **state)
{
	struct segment_event e = disconnect_reset(*state, DISCONNECT_STACK);

	e.tcp.shutdown = 3;
	e.tcp.flags |= SOCK_F_LINGER;
	assert_cause(lab_judge(*state, &e), "rst.disconnect");
	lab_renew(state);
	e = disconnect_reset(*state, CLOSE_STACK "tcp_disconnect "
						 "inet_stream_connect");
	e.reason = EVENT_NO_REASON;
	assert_cause(lab_judge(*state, &e), "rst.disconnect");
}

static void disconnect_without_symbols(void **state)
{
	struct segment_event e = disconnect_reset(*state, "a b");
	const struct finding *f;

	without_symbols(&e);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.disconnect");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
	/* close() shuts both ways down, and so it may have been. */
	lab_renew(state);
	e = disconnect_reset(*state, "a b");
	without_symbols(&e);
	e.tcp.shutdown = 3;
	assert_cause(lab_judge(*state, &e), "unknown");
	/* Nobody had the lock. */
	lab_renew(state);
	e = disconnect_reset(*state, "a b");
	without_symbols(&e);
	e.h.flags &= ~EVENT_F_OWNED;
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void not_a_disconnect(void **state)
{
	for (int i = 0; i < 7; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = disconnect_reset(*state, DISCONNECT_STACK);
		if (i == 0)
			e.tcp.state = STATE_ESTABLISHED;
		else if (i == 1)
			e.tcp.flags |= SOCK_F_MPTCP;
		else if (i == 2)
			e.tcp.flags &= ~SOCK_F_HAS_FILE;
		else if (i == 3)
			e.tcp.flags |= SOCK_F_DEAD;
		else if (i == 4)
			with_segment(&e, TCP_ACK, 5);
		else if (i == 5)
			with_reason(&e, ((struct lab *)*state)->host,
				    "TCP_ABORT_ON_MEMORY");
		else
			with_stack(&e, ((struct lab *)*state)->host,
				   CLOSE_STACK "tcp_disconnect mptcp_close");
		assert_cause(lab_judge(*state, &e), "unknown");
	}
}

/* --- unsent data in LAST_ACK and CLOSING --------------------------------- */

#define LINGER_STACK CLOSE_STACK "tcp_disconnect __tcp_close tcp_close"

static struct segment_event unsent_reset(struct lab *lab, const char *stack,
					 const char *reason)
{
	struct segment_event e = active_reset(lab, stack, reason);

	e.tcp.flags |= SOCK_F_LINGER | SOCK_F_FIN_SEEN;
	e.tcp.snd_una = 0xffffff00; /* sequence numbers wrap */
	e.tcp.snd_nxt = 0xfffffff0;
	e.tcp.write_seq = 0x00000011;
	return e;
}

/* The server's end on its way to @before, then closed. */
static void pass(struct lab *lab, __u8 before)
{
	struct event_conn conn = turned(loopback());

	open_connection(lab);
	lab_state(lab, 2 * SEC + 10, CHILD_SOCK, conn, STATE_ESTABLISHED,
		  before, SERVER);
	lab_state(lab, 3 * SEC - 1, CHILD_SOCK, conn, before, STATE_CLOSE,
		  SERVER);
}

static void unsent(void **state)
{
	static const __u8 before[] = { STATE_LAST_ACK, STATE_CLOSING };

	for (int i = 0; i < 2; i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		pass(*state, before[i]);
		e = unsent_reset(*state, LINGER_STACK,
				 "TCP_DISCONNECT_WITH_DATA");
		f = lab_judge(*state, &e);
		assert_cause(f, "rst.disconnect-unsent");
		assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
		assert_string_equal(f->trigger, "close");
		assert_int_equal(lab_evidence(f, "unsent_bytes")->number, 32);
		assert_non_null(strstr(f->why, "SO_LINGER"));
		assert_non_null(strstr(f->why, "32 bytes"));
		assert_non_null(strstr(f->why, i ? "CLOSING" : "LAST_ACK"));
	}
}

static void unsent_by_disconnect(void **state)
{
	struct segment_event e;
	const struct finding *f;

	pass(*state, STATE_LAST_ACK);
	e = unsent_reset(*state, DISCONNECT_STACK, "TCP_DISCONNECT_WITH_DATA");
	e.tcp.write_seq = e.tcp.snd_nxt + 1;
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.disconnect-unsent");
	assert_string_equal(f->trigger, "connect-unspec");
	assert_null(strstr(f->why, "SO_LINGER"));
	assert_non_null(strstr(f->why, "with the FIN still unsent"));
}

/* The state before tells it, where the kernel does not. */
static void unsent_without_reason(void **state)
{
	struct segment_event e;

	pass(*state, STATE_LAST_ACK);
	e = unsent_reset(*state, LINGER_STACK, "NOT_SPECIFIED");
	assert_cause(lab_judge(*state, &e), "rst.disconnect-unsent");
	/* In CLOSE_WAIT there is a RST with or without data. */
	lab_renew(state);
	pass(*state, STATE_CLOSE_WAIT);
	e = unsent_reset(*state, LINGER_STACK, "NOT_SPECIFIED");
	assert_cause(lab_judge(*state, &e), "rst.linger-zero");
	/* Not known: what is known is told. */
	lab_renew(state);
	e = unsent_reset(*state, LINGER_STACK, "NOT_SPECIFIED");
	assert_cause(lab_judge(*state, &e), "rst.linger-zero");
}

/* The kernel's word is enough, also for a socket never seen before. */
static void unsent_of_an_unknown_state(void **state)
{
	struct segment_event e =
		unsent_reset(*state, LINGER_STACK, "TCP_DISCONNECT_WITH_DATA");
	const struct finding *f = lab_judge(*state, &e);

	assert_cause(f, "rst.disconnect-unsent");
	assert_non_null(strstr(f->why, "in LAST_ACK or CLOSING"));
}

static void nothing_unsent(void **state)
{
	struct segment_event e;

	pass(*state, STATE_LAST_ACK);
	e = unsent_reset(*state, LINGER_STACK, "NOT_SPECIFIED");
	e.tcp.write_seq = e.tcp.snd_nxt;
	assert_cause(lab_judge(*state, &e), "rst.linger-zero");
}

/* --- TCP_LINGER2 ---------------------------------------------------------- */

#define ORPHAN_STACK CLOSE_STACK "__tcp_close tcp_close inet_release"

static struct segment_event linger2_reset(struct lab *lab, const char *reason)
{
	struct segment_event e = active_reset(lab, ORPHAN_STACK, reason);

	e.tcp.flags |= SOCK_F_DEAD;
	e.tcp.flags &= ~SOCK_F_HAS_FILE;
	e.tcp.linger2 = -1;
	e.tcp.snd_una = e.tcp.snd_nxt = e.tcp.write_seq = 5000;
	return e;
}

static void linger2(void **state)
{
	static const char *const reasons[] = { "TCP_ABORT_ON_LINGER",
					       "NOT_SPECIFIED" };

	for (int i = 0; i < 2; i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = linger2_reset(*state, reasons[i]);
		open_connection(*state);
		f = lab_judge(*state, &e);
		assert_cause(f, "rst.linger2");
		assert_string_equal(f->trigger, "close");
		assert_int_equal(f->actor.pid, SERVER);
		assert_int_equal(f->peer.pid, CLIENT);
	}
}

static void not_linger2(void **state)
{
	for (int i = 0; i < 5; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = linger2_reset(*state, i < 3 ? "TCP_ABORT_ON_LINGER"
						: "NOT_SPECIFIED");
		if (i == 0)
			e.tcp.linger2 = 0;
		else if (i == 1)
			e.tcp.flags &= ~SOCK_F_DEAD;
		else if (i == 2)
			e.tcp.state = STATE_FIN_WAIT2;
		else if (i == 3)
			e.tcp.snd_una--; /* its FIN is not acknowledged */
		else
			with_stack(&e, ((struct lab *)*state)->host,
				   CLOSE_STACK "tcp_keepalive_timer "
					       "call_timer_fn");
		assert_cause(lab_judge(*state, &e), "unknown");
	}
}

/* Not an orphan yet: unread data is looked at long before. */
static void unread_data_beats_linger2(void **state)
{
	struct segment_event e = linger2_reset(*state, "NOT_SPECIFIED");

	e.tcp.flags &= ~SOCK_F_DEAD;
	e.tcp.rcv_nxt = e.tcp.copied_seq + 4;
	assert_cause(lab_judge(*state, &e), "rst.unread-data");
	/* An orphan with such bytes is another matter. */
	lab_renew(state);
	e = linger2_reset(*state, "NOT_SPECIFIED");
	e.tcp.rcv_nxt = e.tcp.copied_seq + 4;
	assert_cause(lab_judge(*state, &e), "rst.linger2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(disconnect),
		lab_test(disconnect_with_bytes),
		lab_test(disconnect_variants),
		lab_test(disconnect_without_symbols),
		lab_test(not_a_disconnect),
		lab_test(unsent),
		lab_test(unsent_by_disconnect),
		lab_test(unsent_without_reason),
		lab_test(unsent_of_an_unknown_state),
		lab_test(nothing_unsent),
		lab_test(linger2),
		lab_test(not_linger2),
		lab_test(unread_data_beats_linger2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
