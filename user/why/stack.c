// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "stack.h"

#include <string.h>

/* Where a softirq, or a timer in one, begins: net/core/dev.c, kernel/time. */
static const struct {
	const char *function;
	enum stack_context context;
} boundaries[] = {
	{ "process_backlog", STACK_SOFTIRQ },
	{ "__napi_poll", STACK_SOFTIRQ },
	{ "net_rx_action", STACK_SOFTIRQ },
	{ "call_timer_fn", STACK_TIMER },
	{ "expire_timers", STACK_TIMER },
	{ "__run_timers", STACK_TIMER },
	{ "run_timer_softirq", STACK_TIMER },
	{ "hrtimer_run_softirq", STACK_TIMER },
	{ "tasklet_action_common", STACK_SOFTIRQ },
	{ "handle_softirqs", STACK_SOFTIRQ },
	{ "__do_softirq", STACK_SOFTIRQ },
	{ "do_softirq", STACK_SOFTIRQ },
};

static enum stack_context boundary(const char *function)
{
	for (size_t i = 0; i < sizeof(boundaries) / sizeof(boundaries[0]); i++)
		if (!strcmp(function, boundaries[i].function))
			return boundaries[i].context;
	return STACK_UNKNOWN;
}

/* The innermost frames are the tracepoint and our program, not the kernel's. */
static bool is_tracing(const char *function)
{
	return !strncmp(function, "bpf_", 4) ||
	       !strncmp(function, "__bpf_trace_", 12) ||
	       !strncmp(function, "__traceiter_", 12) ||
	       !strncmp(function, "trace_call_bpf", 14);
}

void stack_read(struct stack *stack, const struct host *host,
		const struct segment_event *e)
{
	unsigned int i = 0;

	memset(stack, 0, sizeof(*stack));
	while (i < e->frames) {
		const char *name = host_symbol(host, e->stack[i]);

		if (!name || !is_tracing(name))
			break;
		i++;
	}
	for (; i < e->frames; i++) {
		const char *name = host_symbol(host, e->stack[i]);

		if (!name)
			name = "?";
		if (stack->context == STACK_UNKNOWN)
			stack->context = boundary(name);
		if (stack->context == STACK_UNKNOWN)
			stack->frames[stack->count++] = name;
		else
			stack->below[stack->below_count++] = name;
	}
	/* Without a boundary it is the task's own, if it was named at all. */
	if (stack->context == STACK_UNKNOWN && stack->count &&
	    strcmp(stack->frames[stack->count - 1], "?") != 0)
		stack->context = STACK_PROCESS;
}

bool stack_has(const struct stack *stack, const char *function)
{
	for (unsigned int i = 0; i < stack->count; i++)
		if (!strcmp(stack->frames[i], function))
			return true;
	return false;
}

bool stack_mentions(const struct stack *stack, const char *function)
{
	for (unsigned int i = 0; i < stack->below_count; i++)
		if (!strcmp(stack->below[i], function))
			return true;
	return stack_has(stack, function);
}

bool stack_calls(const struct stack *stack, const char *caller,
		 const char *callee)
{
	for (unsigned int i = 0; i + 1 < stack->count; i++)
		if (!strcmp(stack->frames[i], callee) &&
		    !strcmp(stack->frames[i + 1], caller))
			return true;
	return false;
}
