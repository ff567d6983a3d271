// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A kernel stack, cut to what belongs to the event. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "events.h"
#include "stack.h"

static int set_up(void **state)
{
	*state = host_new();
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	host_free(*state);
	return 0;
}

static struct stack read_stack(struct host *host, const char *functions)
{
	struct segment_event e = { 0 };
	struct stack stack;

	with_stack(&e, host, functions);
	stack_read(&stack, host, &e);
	return stack;
}

static void empty(void **state)
{
	struct stack stack = read_stack(*state, "");

	assert_int_equal(stack.count, 0);
	assert_int_equal(stack.context, STACK_UNKNOWN);
	assert_false(stack_has(&stack, "tcp_close"));
	assert_false(stack_calls(&stack, "a", "b"));
}

static void in_a_system_call(void **state)
{
	struct stack stack =
		read_stack(*state,
			   "tcp_send_active_reset tcp_disconnect __tcp_close "
			   "tcp_close __x64_sys_close do_syscall_64");

	assert_int_equal(stack.context, STACK_PROCESS);
	assert_int_equal(stack.count, 6);
	assert_int_equal(stack.below_count, 0);
	assert_true(stack_has(&stack, "do_syscall_64"));
	assert_true(stack_calls(&stack, "__tcp_close", "tcp_disconnect"));
	assert_false(stack_calls(&stack, "tcp_disconnect", "__tcp_close"));
	assert_false(stack_calls(&stack, "tcp_close", "tcp_disconnect"));
	assert_false(stack_has(&stack, "tcp_disc"));
	/* The outermost has no caller. */
	assert_false(stack_calls(&stack, "tcp_close", "do_syscall_64"));
}

static void tracing_frames_are_dropped(void **state)
{
	struct stack stack = read_stack(
		*state,
		"bpf_prog_0123456789abcdef_on_send_reset bpf_trace_run3 "
		"__bpf_trace_tcp_send_reset "
		"__traceiter_tcp_send_reset tcp_send_active_reset "
		"bpf_sock_destroy tcp_close");

	assert_int_equal(stack.count, 3);
	assert_string_equal(stack.frames[0], "tcp_send_active_reset");
	/* Further out, such a name is the kernel's own. */
	assert_true(stack_has(&stack, "bpf_sock_destroy"));
}

static void nothing_but_tracing(void **state)
{
	struct stack stack = read_stack(*state, "bpf_prog_1_x bpf_trace_run1");

	assert_int_equal(stack.count, 0);
	assert_int_equal(stack.context, STACK_UNKNOWN);
}

/* On loopback the peer's close() lies below: another story. */
static void cut_at_the_softirq(void **state)
{
	static const struct {
		const char *boundary;
		enum stack_context context;
	} cases[] = {
		{ "process_backlog", STACK_SOFTIRQ },
		{ "__napi_poll", STACK_SOFTIRQ },
		{ "handle_softirqs", STACK_SOFTIRQ },
		{ "__do_softirq", STACK_SOFTIRQ },
		{ "do_softirq", STACK_SOFTIRQ },
		{ "call_timer_fn", STACK_TIMER },
		{ "run_timer_softirq", STACK_TIMER },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		struct stack stack;

		snprintf(text, sizeof(text),
			 "tcp_v4_send_reset tcp_v4_rcv %s __tcp_close "
			 "tcp_close",
			 cases[i].boundary);
		stack = read_stack(*state, text);
		assert_int_equal(stack.context, cases[i].context);
		assert_int_equal(stack.count, 2);
		assert_int_equal(stack.below_count, 3);
		assert_false(stack_has(&stack, "__tcp_close"));
		assert_true(stack_mentions(&stack, "__tcp_close"));
		assert_true(stack_mentions(&stack, "tcp_v4_rcv"));
		assert_false(stack_calls(&stack, "tcp_close", "__tcp_close"));
	}
}

/* A timer runs in a softirq: the innermost boundary says what it is. */
static void innermost_boundary_counts(void **state)
{
	struct stack stack =
		read_stack(*state,
			   "tcp_retransmit_timer call_timer_fn handle_softirqs "
			   "do_softirq tcp_sendmsg");

	assert_int_equal(stack.context, STACK_TIMER);
	assert_int_equal(stack.count, 1);
}

static void no_symbols(void **state)
{
	struct segment_event e = { 0 };
	struct stack stack;

	with_stack(&e, *state, "tcp_send_active_reset __tcp_close tcp_close");
	without_symbols(&e);
	stack_read(&stack, *state, &e);
	assert_int_equal(stack.context, STACK_UNKNOWN);
	assert_int_equal(stack.count, 3);
	assert_string_equal(stack.frames[1], "?");
}

static void hole_in_the_middle(void **state)
{
	struct segment_event e = { 0 };
	struct stack stack;

	with_stack(&e, *state, "tcp_disconnect inline_me __tcp_close");
	e.stack[1] = 1;
	stack_read(&stack, *state, &e);
	assert_int_equal(stack.context, STACK_PROCESS);
	/* What is not named proves no call. */
	assert_false(stack_calls(&stack, "__tcp_close", "tcp_disconnect"));
}

static void full_stack(void **state)
{
	struct segment_event e = { 0 };
	struct stack stack;

	for (int i = 0; i < EVENT_MAX_FRAMES; i++)
		e.stack[i] = 0x1000 + i;
	for (int i = 0; i < EVENT_MAX_FRAMES; i++)
		learn_symbol(*state, 0x1000 + i, i < 23 ? "f" : "do_softirq");
	e.frames = EVENT_MAX_FRAMES;
	stack_read(&stack, *state, &e);
	assert_int_equal(stack.count, EVENT_MAX_FRAMES - 1);
	assert_int_equal(stack.below_count, 1);
}

#define stack_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		stack_test(empty),
		stack_test(in_a_system_call),
		stack_test(tracing_frames_are_dropped),
		stack_test(nothing_but_tracing),
		stack_test(cut_at_the_softirq),
		stack_test(innermost_boundary_counts),
		stack_test(no_symbols),
		stack_test(hole_in_the_middle),
		stack_test(full_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
