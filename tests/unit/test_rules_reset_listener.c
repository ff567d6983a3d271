// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs by the end of a listener, and what only looks like it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "reset.h"

#define STOP_STACK                                      \
	CLOSE_STACK "tcp_disconnect inet_child_forget " \
		    "inet_csk_listen_stop __tcp_close tcp_close"

#define LATE_STACK                                               \
	CLOSE_STACK "tcp_disconnect inet_child_forget "          \
		    "inet_csk_reqsk_queue_add "                  \
		    "inet_csk_complete_hashdance tcp_check_req " \
		    "tcp_v4_rcv process_backlog handle_softirqs tcp_sendmsg"

/* The server's listener, closed; of a child that it never accepted. */
static void end_listener(struct lab *lab, __u32 by, bool closing)
{
	struct event_conn at = turned(loopback());
	struct sock_event e;

	memset(at.raddr, 0, sizeof(at.raddr));
	at.raddr[10] = at.raddr[11] = 0xff;
	at.rport = 0;
	e = state_event(3 * SEC - 20000, LISTENER_SOCK, at, STATE_LISTEN,
			STATE_CLOSE);
	done_by(&e.h, by, by == SERVER ? "server" : "other");
	e.closing = closing;
	e.shutdown = closing ? 3 : 0;
	lab_play(lab, &e);
}

static struct segment_event child_reset(struct lab *lab, const char *stack)
{
	struct segment_event e = active_reset(lab, stack, "TCP_STATE");

	e.tcp.flags &= ~SOCK_F_HAS_FILE;
	e.tcp.shutdown = 0;
	on_top_of(&e.h, SERVER, "server");
	e.h.flags &= ~EVENT_F_OWNED;
	return e;
}

static void listener_closed(void **state)
{
	struct segment_event e = child_reset(*state, STOP_STACK);
	const struct finding *f;

	open_connection(*state);
	end_listener(*state, SERVER, true);
	/* All that a child of such a listener may have: it is not why. */
	e.tcp.flags |= SOCK_F_LINGER;
	e.tcp.rcv_nxt = e.tcp.copied_seq + 4;
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.listener-closed");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(f->trigger, "close");
	assert_int_equal(f->actor.pid, SERVER);
	assert_int_equal(f->owner.pid, SERVER);
	assert_int_equal(f->peer.pid, CLIENT);
	assert_int_equal(lab_evidence(f, "unread_bytes")->number, 4);
	assert_int_equal(f->event_count, 2);
	assert_non_null(strstr(f->why, "called close() while the connection "
				       "of client[20] waited for accept()"));
}

static void listener_shut_down(void **state)
{
	static const struct {
		const char *caller;
		const char *trigger;
	} cases[] = {
		{ "tcp_disconnect inet_shutdown __sys_shutdown", "shutdown" },
		{ "tcp_disconnect __inet_stream_connect", "connect-unspec" },
	};

	for (int i = 0; i < 2; i++) {
		struct segment_event e;
		const struct finding *f;
		char stack[256];

		if (i)
			lab_renew(state);
		snprintf(stack, sizeof(stack),
			 CLOSE_STACK "tcp_disconnect inet_child_forget "
				     "inet_csk_listen_stop %s",
			 cases[i].caller);
		e = child_reset(*state, stack);
		f = lab_judge(*state, &e);
		assert_cause(f, "rst.listener-closed");
		assert_string_equal(f->trigger, cases[i].trigger);
	}
}

/* Of several processes the one that did it; not who held it first. */
static void listener_of_several(void **state)
{
	struct segment_event e = child_reset(*state, STOP_STACK);
	const struct finding *f;

	open_connection(*state);
	on_top_of(&e.h, 11, "worker");
	e.h.flags |= EVENT_F_EXITING;
	e.reason = EVENT_NO_REASON;
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.listener-closed");
	assert_string_equal(f->trigger, "exit");
	assert_int_equal(f->actor.pid, 11);
	assert_int_equal(f->owner.pid, 11);
}

/* The handshake was completed by somebody else's softirq. */
static void listener_vanished(void **state)
{
	struct segment_event e = child_reset(*state, LATE_STACK);
	const struct finding *f;

	open_connection(*state);
	end_listener(*state, SERVER, true);
	on_top_of(&e.h, 999, "bystander");
	/* What it was cloned from had no owner any more. */
	e.tcp.flags |= SOCK_F_DEAD;
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.listener-closed");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(f->trigger, "close");
	assert_int_equal(f->actor.pid, SERVER);
	assert_int_equal(f->owner.pid, SERVER);
	assert_int_equal(f->event_count, 2);
	assert_non_null(strstr(f->why, "was just being established"));
}

/* By shutdown() or connect(AF_UNSPEC): nothing tells which. */
static void listener_vanished_by_disconnect(void **state)
{
	struct segment_event e = child_reset(*state, LATE_STACK);
	const struct finding *f;

	open_connection(*state);
	end_listener(*state, SERVER, false);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.listener-closed");
	assert_string_equal(f->trigger, "disconnect");
	assert_non_null(strstr(f->why, "shutdown() or connect(AF_UNSPEC)"));
}

static void listener_never_seen(void **state)
{
	struct segment_event e = child_reset(*state, LATE_STACK);
	const struct finding *f;

	on_top_of(&e.h, 999, "bystander");
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.listener-closed");
	assert_string_equal(f->trigger, "listener-closed");
	assert_int_equal(f->actor.pid, 0);
	assert_non_null(strstr(f->why, "a process closed its listener"));
}

static void listener_without_symbols(void **state)
{
	struct segment_event e = child_reset(*state, STOP_STACK);
	const struct finding *f;

	open_connection(*state);
	end_listener(*state, SERVER, true);
	without_symbols(&e);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.listener-closed");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
	assert_int_equal(f->actor.pid, SERVER);
	/* A listener that is still there has nothing to do with it. */
	lab_renew(state);
	e = child_reset(*state, STOP_STACK);
	without_symbols(&e);
	open_connection(*state);
	assert_cause(lab_judge(*state, &e), "unknown");
}

/* "ss -K" of a listener: it is somebody else's. */
static void listener_destroyed(void **state)
{
	struct segment_event e = child_reset(*state, CLOSE_STACK
					     "tcp_disconnect inet_child_forget "
					     "inet_csk_listen_stop tcp_abort "
					     "tcp_diag_destroy");
	const struct finding *f;

	open_connection(*state);
	on_top_of(&e.h, 30, "ss");
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.listener-closed");
	assert_string_equal(f->trigger, "sock-destroy");
	assert_int_equal(f->actor.pid, 30);
	assert_int_equal(f->owner.pid, SERVER);
	assert_non_null(strstr(f->why, "ss[30] destroyed the listener"));
}

static void not_a_listeners_end(void **state)
{
	for (int i = 0; i < 6; i++) {
		struct segment_event e;
		struct host *host;

		if (i)
			lab_renew(state);
		host = ((struct lab *)*state)->host;
		e = child_reset(*state, STOP_STACK);
		open_connection(*state);
		end_listener(*state, SERVER, true);
		if (i == 0) /* accepted */
			e.tcp.flags |= SOCK_F_HAS_FILE;
		else if (i == 1)
			e.tcp.flags |= SOCK_F_DEAD;
		else if (i == 2)
			e.tcp.flags |= SOCK_F_MPTCP;
		else if (i == 3)
			e.tcp.state = STATE_ESTABLISHED;
		else if (i == 4)
			with_segment(&e, TCP_ACK, 0);
		else
			with_stack(&e, host,
				   CLOSE_STACK "tcp_disconnect __tcp_close");
		assert_cause(lab_judge(*state, &e), "unknown");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(listener_closed),
		lab_test(listener_shut_down),
		lab_test(listener_of_several),
		lab_test(listener_vanished),
		lab_test(listener_vanished_by_disconnect),
		lab_test(listener_never_seen),
		lab_test(listener_without_symbols),
		lab_test(listener_destroyed),
		lab_test(not_a_listeners_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
