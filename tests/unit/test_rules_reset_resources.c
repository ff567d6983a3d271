// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs for too many orphans or too little memory: at close() and on timers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "reset.h"

#define ORPHAN_STACK CLOSE_STACK "__tcp_close tcp_close inet_release"

#define TIMER_STACK                                                 \
	CLOSE_STACK "tcp_out_of_resources tcp_write_timer_handler " \
		    "tcp_write_timer call_timer_fn expire_timers"

/* An orphan with 100 kB to send, and half of the memory in use. */
static struct segment_event orphan_reset(struct lab *lab, const char *stack,
					 const char *reason)
{
	struct segment_event e = active_reset(lab, stack, reason);

	e.tcp.flags |= SOCK_F_DEAD;
	e.tcp.flags &= ~SOCK_F_HAS_FILE;
	e.tcp.snd_una = e.tcp.snd_nxt = 1000;
	e.tcp.write_seq = 100000;
	e.tcp.wmem_queued = 120000;
	e.tcp.memory_pages = 500;
	e.tcp.memory_limit = 1000;
	return e;
}

static void no_memory(struct segment_event *e)
{
	e->tcp.memory_pages = 1001;
}

static void at_close(void **state)
{
	static const char *const reasons[] = { "TCP_ABORT_ON_MEMORY",
					       "NOT_SPECIFIED" };

	for (int i = 0; i < 4; i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = orphan_reset(*state, ORPHAN_STACK, reasons[i / 2]);
		if (i % 2)
			no_memory(&e);
		open_connection(*state);
		f = lab_judge(*state, &e);
		assert_cause(f,
			     i % 2 ? "rst.out-of-memory" : "rst.orphan-limit");
		assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
		assert_string_equal(f->trigger, "close");
		assert_int_equal(f->actor.pid, SERVER);
		assert_int_equal(f->peer.pid, CLIENT);
		assert_non_null(strstr(f->why, "server[10] called close(), "));
		assert_int_equal(lab_evidence(f, "memory_limit")->number, 1000);
	}
}

/* The server closed it 0.9 s before; whom the timer interrupts is nobody. */
static void on_a_timer(void **state)
{
	static const char *const stacks[] = {
		TIMER_STACK,
		CLOSE_STACK "tcp_retransmit_timer tcp_write_timer_handler "
			    "tcp_write_timer call_timer_fn",
		/* The socket was in use: the timer's work is done after. */
		CLOSE_STACK "tcp_out_of_resources tcp_write_timer_handler "
			    "tcp_release_cb release_sock tcp_close",
	};

	for (int i = 0; i < 6; i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = orphan_reset(*state, stacks[i / 2],
				 i < 4 ? "NOT_SPECIFIED"
				       : "TCP_ABORT_ON_MEMORY");
		e.tcp.state = STATE_FIN_WAIT1;
		e.tcp.packets_out = i < 2;
		on_top_of(&e.h, 999, "bystander");
		e.h.flags &= ~EVENT_F_OWNED;
		if (i % 2)
			no_memory(&e);
		open_connection(*state);
		lab_state(*state, 3 * SEC - 900 * MS, CHILD_SOCK,
			  turned(loopback()), STATE_ESTABLISHED,
			  STATE_FIN_WAIT1, SERVER);
		f = lab_judge(*state, &e);
		assert_cause(f,
			     i % 2 ? "rst.out-of-memory" : "rst.orphan-limit");
		assert_string_equal(f->trigger,
				    i < 2 ? "timer:rto" : "timer:probe");
		assert_int_equal(f->actor.pid, SERVER);
		assert_int_equal(f->event_count, 2);
		assert_non_null(strstr(f->why, "900.0 ms before"));
	}
}

static void closed_by_nobody_we_saw(void **state)
{
	struct segment_event e = orphan_reset(*state, TIMER_STACK, "");
	const struct finding *f;

	e.reason = EVENT_NO_REASON;
	e.tcp.state = STATE_LAST_ACK;
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.orphan-limit");
	assert_int_equal(f->actor.pid, 0);
	assert_non_null(strstr(f->why, "its process had closed it"));
}

/* tcp_out_of_memory() needs both: much to send, and too much in all. */
static void which_of_the_two(void **state)
{
	static const struct {
		uint32_t queued, pages;
		const char *cause;
		enum confidence confidence;
	} cases[] = {
		{ 4608, 5000, "rst.orphan-limit", CONFIDENCE_CERTAIN },
		{ 4609, 5000, "rst.out-of-memory", CONFIDENCE_CERTAIN },
		{ 4609, 1001, "rst.out-of-memory", CONFIDENCE_CERTAIN },
		/* Counted a moment later than the kernel did. */
		{ 4609, 1000, "rst.orphan-limit", CONFIDENCE_LIKELY },
		{ 4609, 876, "rst.orphan-limit", CONFIDENCE_LIKELY },
		{ 4609, 875, "rst.orphan-limit", CONFIDENCE_CERTAIN },
		{ 4608, 1000, "rst.orphan-limit", CONFIDENCE_CERTAIN },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = orphan_reset(*state, ORPHAN_STACK, "TCP_ABORT_ON_MEMORY");
		e.tcp.wmem_queued = cases[i].queued;
		e.tcp.memory_pages = cases[i].pages;
		f = lab_judge(*state, &e);
		assert_cause(f, cases[i].cause);
		assert_int_equal(f->confidence, cases[i].confidence);
	}
}

static void without_the_symbols(void **state)
{
	struct segment_event e =
		orphan_reset(*state, ORPHAN_STACK, "TCP_ABORT_ON_MEMORY");

	without_symbols(&e);
	assert_cause(lab_judge(*state, &e), "rst.orphan-limit");
	lab_renew(state);
	e = orphan_reset(*state, ORPHAN_STACK, "NOT_SPECIFIED");
	without_symbols(&e);
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void not_for_want_of_resources(void **state)
{
	for (int i = 0; i < 8; i++) {
		struct segment_event e;
		struct host *host;

		if (i)
			lab_renew(state);
		host = ((struct lab *)*state)->host;
		e = orphan_reset(*state, ORPHAN_STACK,
				 i < 5 ? "TCP_ABORT_ON_MEMORY"
				       : "NOT_SPECIFIED");
		no_memory(&e);
		if (i == 0) /* not an orphan */
			e.tcp.flags &= ~SOCK_F_DEAD;
		else if (i == 1)
			e.tcp.flags |= SOCK_F_MPTCP;
		else if (i == 2)
			with_segment(&e, TCP_ACK, 0);
		else if (i == 3) /* an older recording */
			e.tcp.memory_limit = 0;
		else if (i == 4)
			with_reason(&e, host, "TCP_STATE");
		else if (i == 5) { /* FIN_WAIT2 is over: another timer */
			e.tcp.state = STATE_FIN_WAIT2;
			with_stack(&e, host,
				   CLOSE_STACK "tcp_keepalive_timer "
					       "call_timer_fn");
		} else if (i == 6) { /* "ss -K" of an orphan */
			e.tcp.state = STATE_FIN_WAIT1;
			with_stack(&e, host,
				   CLOSE_STACK "tcp_abort tcp_diag_destroy");
		} else { /* closed, and yet a timer */
			with_stack(&e, host, TIMER_STACK);
		}
		assert_cause(lab_judge(*state, &e),
			     i == 6 ? "rst.killed" : "unknown");
	}
}

/* In FIN_WAIT2 the kernel looks at TCP_LINGER2 before. */
static void linger2_comes_first(void **state)
{
	struct segment_event e =
		orphan_reset(*state, ORPHAN_STACK, "NOT_SPECIFIED");

	e.tcp.linger2 = -1;
	e.tcp.snd_una = e.tcp.write_seq;
	no_memory(&e);
	assert_cause(lab_judge(*state, &e), "rst.linger2");
	/* ... and not in FIN_WAIT1, or where the kernel says otherwise. */
	lab_renew(state);
	e = orphan_reset(*state, ORPHAN_STACK, "NOT_SPECIFIED");
	e.tcp.linger2 = -1;
	no_memory(&e);
	assert_cause(lab_judge(*state, &e), "rst.out-of-memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(at_close),
		lab_test(on_a_timer),
		lab_test(closed_by_nobody_we_saw),
		lab_test(which_of_the_two),
		lab_test(without_the_symbols),
		lab_test(not_for_want_of_resources),
		lab_test(linger2_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
