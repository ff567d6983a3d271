// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs that this host sends: each cause, and what only looks like it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "reset.h"

/* --- SO_LINGER {1,0} ---------------------------------------------------- */

#define LINGER_STACK CLOSE_STACK "tcp_disconnect __tcp_close tcp_close"

static struct segment_event linger_reset(struct lab *lab, const char *stack)
{
	struct segment_event e = active_reset(lab, stack, "TCP_STATE");

	e.tcp.flags |= SOCK_F_LINGER;
	return e;
}

static void linger_zero(void **state)
{
	struct segment_event e = linger_reset(*state, LINGER_STACK);
	const struct finding *f;

	open_connection(*state);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.linger-zero");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->what, WHAT_RST_SENT);
	assert_string_equal(f->trigger, "close");
	assert_int_equal(f->actor.pid, SERVER);
	assert_int_equal(f->owner.pid, SERVER);
	assert_true(f->has_peer);
	assert_int_equal(f->peer.pid, CLIENT);
	assert_non_null(strstr(f->why, "server[10] called close()"));
}

static void linger_zero_by_death(void **state)
{
	struct segment_event e = linger_reset(*state, LINGER_STACK);
	const struct finding *f;

	open_connection(*state);
	e.h.flags |= EVENT_F_EXITING;
	e.h.exit_code = 9;
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.linger-zero");
	assert_string_equal(f->trigger, "signal:9");
	assert_non_null(strstr(f->why, "server[10] was killed by SIGKILL"));
}

static void linger_zero_by_exit(void **state)
{
	struct segment_event e = linger_reset(*state, LINGER_STACK);

	e.h.flags |= EVENT_F_EXITING;
	e.h.exit_code = 3 << 8;
	assert_string_equal(lab_judge(*state, &e)->trigger, "exit");
}

/* Linger is on, but it is not why. */
static void linger_with_another_stack(void **state)
{
	static const char *const stacks[] = {
		CLOSE_STACK "tcp_disconnect inet_child_forget "
			    "inet_csk_listen_stop __tcp_close tcp_close",
		CLOSE_STACK "tcp_keepalive_timer call_timer_fn",
		CLOSE_STACK "tcp_abort tcp_diag_destroy",
		CLOSE_STACK "__tcp_close tcp_close inet_release",
	};

	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = linger_reset(*state, stacks[i]);
		assert_cause(lab_judge(*state, &e), "unknown");
	}
}

static void linger_with_a_timeout(void **state)
{
	struct segment_event e = linger_reset(*state, LINGER_STACK);

	e.tcp.lingertime = 1;
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void linger_switched_off(void **state)
{
	struct segment_event e = linger_reset(*state, LINGER_STACK);

	e.tcp.flags &= ~SOCK_F_LINGER;
	assert_cause(lab_judge(*state, &e), "unknown");
}

/* Nobody accepted it: its listener's end, not a close() of this socket. */
static void linger_of_an_unaccepted_child(void **state)
{
	struct segment_event e = linger_reset(*state, LINGER_STACK);

	e.tcp.flags &= ~SOCK_F_HAS_FILE;
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void linger_before_the_close(void **state)
{
	struct segment_event e = linger_reset(*state, LINGER_STACK);

	e.tcp.state = STATE_ESTABLISHED;
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void linger_with_a_provoking_segment(void **state)
{
	struct segment_event e = linger_reset(*state, LINGER_STACK);

	with_segment(&e, TCP_ACK, 5);
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void linger_of_mptcp(void **state)
{
	struct segment_event e = linger_reset(*state, LINGER_STACK);

	e.tcp.flags |= SOCK_F_MPTCP;
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void linger_without_symbols(void **state)
{
	struct segment_event e = linger_reset(*state, LINGER_STACK);
	const struct finding *f;

	without_symbols(&e);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.linger-zero");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
}

/* --- unread data -------------------------------------------------------- */

#define UNREAD_STACK CLOSE_STACK "__tcp_close tcp_close inet_release"

static struct segment_event unread_reset(struct lab *lab, const char *stack,
					 const char *reason)
{
	struct segment_event e = active_reset(lab, stack, reason);

	e.tcp.copied_seq = 0xfffffff0; /* sequence numbers wrap */
	e.tcp.rcv_nxt = 0x0000000c;
	return e;
}

static void unread_data(void **state)
{
	struct segment_event e =
		unread_reset(*state, UNREAD_STACK, "TCP_ABORT_ON_CLOSE");
	const struct finding *f;

	open_connection(*state);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.unread-data");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(lab_evidence(f, "unread_bytes")->number, 28);
	assert_int_equal(f->actor.pid, SERVER);
	assert_int_equal(f->peer.pid, CLIENT);
	assert_string_equal(f->trigger, "close");
}

/* Kernels that give no reason, or none that says anything. */
static void unread_data_without_reason(void **state)
{
	struct segment_event e =
		unread_reset(*state, UNREAD_STACK, "NOT_SPECIFIED");

	e.reason = EVENT_NO_REASON;
	assert_cause(lab_judge(*state, &e), "rst.unread-data");
}

static void unread_data_with_a_fin(void **state)
{
	struct segment_event e =
		unread_reset(*state, UNREAD_STACK, "TCP_ABORT_ON_CLOSE");

	e.tcp.flags |= SOCK_F_FIN_SEEN;
	assert_int_equal(
		lab_evidence(lab_judge(*state, &e), "unread_bytes")->number,
		27);
}

/* Unread data is tested first by the kernel: then linger has no say. */
static void unread_data_beats_linger(void **state)
{
	struct segment_event e =
		unread_reset(*state, UNREAD_STACK, "TCP_ABORT_ON_CLOSE");

	e.tcp.flags |= SOCK_F_LINGER;
	assert_cause(lab_judge(*state, &e), "rst.unread-data");
}

static void unread_data_of_another_kind(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = unread_reset(*state, UNREAD_STACK, "TCP_ABORT_ON_CLOSE");
		if (i == 0)
			e.tcp.state = STATE_ESTABLISHED;
		else if (i == 1)
			with_segment(&e, TCP_ACK, 5);
		else
			e.tcp.flags |= SOCK_F_MPTCP;
		assert_cause(lab_judge(*state, &e), "unknown");
	}
}

/* As many names as help, never one that is not there. */
static void place_in_the_kernel(void **state)
{
	static const char *const stacks[][2] = {
		{ "a b", "b" },
		{ "a b c d e f", "b ← c ← d" },
	};
	struct segment_event e;

	for (int i = 0; i < 2; i++) {
		if (i)
			lab_renew(state);
		e = active_reset(*state, stacks[i][0], "TCP_STATE");
		assert_string_equal(
			lab_evidence(lab_judge(*state, &e), "where")->phrase,
			stacks[i][1]);
	}
	lab_renew(state);
	e = active_reset(*state, "alone", "TCP_STATE");
	assert_null(lab_evidence(lab_judge(*state, &e), "where"));
}

/* Names as long as the kernel may have them: 511 bytes. */
static void long_function_names(void **state)
{
	struct segment_event e;
	char stack[1024];

	memset(stack, 'f', sizeof(stack));
	for (int i = 200; i < 1000; i += 200)
		stack[i] = ' ';
	stack[sizeof(stack) - 1] = '\0';
	e = active_reset(*state, stack, "TCP_STATE");
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void only_a_fin_unread(void **state)
{
	struct segment_event e =
		active_reset(*state, UNREAD_STACK, "TCP_ABORT_ON_MEMORY");

	e.tcp.flags |= SOCK_F_FIN_SEEN | SOCK_F_DEAD;
	e.tcp.rcv_nxt = e.tcp.copied_seq + 1;
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void closed_for_other_reasons(void **state)
{
	static const char *const reasons[] = {
		"TCP_ABORT_ON_MEMORY",
		"TCP_ABORT_ON_LINGER",
		"TCP_STATE",
		"SOMETHING_NEW",
	};

	for (unsigned int i = 0; i < 2 * sizeof(reasons) / sizeof(reasons[0]);
	     i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = unread_reset(*state, UNREAD_STACK, reasons[i / 2]);
		if (i % 2)
			e.tcp.rcv_nxt = e.tcp.copied_seq;
		assert_cause(lab_judge(*state, &e), "unknown");
	}
}

static void unread_data_but_not_in_close(void **state)
{
	struct segment_event e =
		unread_reset(*state,
			     CLOSE_STACK "tcp_keepalive_timer call_timer_fn",
			     "NOT_SPECIFIED");

	assert_cause(lab_judge(*state, &e), "unknown");
}

/* The close() below the boundary is that of the interrupted task. */
static void close_of_somebody_else(void **state)
{
	struct segment_event e = unread_reset(
		*state,
		CLOSE_STACK "tcp_keepalive_timer call_timer_fn handle_softirqs "
			    "tcp_send_active_reset __tcp_close tcp_close",
		"NOT_SPECIFIED");

	assert_cause(lab_judge(*state, &e), "unknown");
}

static void unread_data_without_symbols(void **state)
{
	struct segment_event e =
		unread_reset(*state, UNREAD_STACK, "TCP_ABORT_ON_CLOSE");
	const struct finding *f;

	without_symbols(&e);
	f = lab_judge(*state, &e);
	/* The kernel's own word is enough; without it there is no guess. */
	assert_cause(f, "rst.unread-data");
	lab_renew(state);
	e.reason = EVENT_NO_REASON;
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void reason_of_a_newer_kernel(void **state)
{
	struct segment_event e = active_reset(
		*state, CLOSE_STACK "tcp_something_new", "TCP_STATE");
	const struct finding *f;

	e.reason = 77777; /* a number without a name */
	f = lab_judge(*state, &e);
	assert_cause(f, "unknown");
	assert_int_equal(f->actor.pid, SERVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(linger_zero),
		lab_test(linger_zero_by_death),
		lab_test(linger_zero_by_exit),
		lab_test(linger_with_another_stack),
		lab_test(linger_with_a_timeout),
		lab_test(linger_switched_off),
		lab_test(linger_of_an_unaccepted_child),
		lab_test(linger_before_the_close),
		lab_test(linger_with_a_provoking_segment),
		lab_test(linger_of_mptcp),
		lab_test(linger_without_symbols),
		lab_test(unread_data),
		lab_test(unread_data_without_reason),
		lab_test(unread_data_with_a_fin),
		lab_test(unread_data_beats_linger),
		lab_test(only_a_fin_unread),
		lab_test(closed_for_other_reasons),
		lab_test(unread_data_but_not_in_close),
		lab_test(close_of_somebody_else),
		lab_test(unread_data_without_symbols),
		lab_test(reason_of_a_newer_kernel),
		lab_test(unread_data_of_another_kind),
		lab_test(place_in_the_kernel),
		lab_test(long_function_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
