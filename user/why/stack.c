// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "stack.h"

#include <string.h>

void stack_read(struct stack *stack, const struct host *host,
		const struct segment_event *e)
{
	static const struct symbol unknown = { "?", FRAME_ORDINARY };
	bool traced = true; /* the innermost frames are */

	memset(stack, 0, sizeof(*stack));
	for (unsigned int i = 0; i < e->frames; i++) {
		const struct symbol *s = host_frame(host, e->stack[i]);

		if (!s)
			s = &unknown;
		traced = traced && s->role == FRAME_TRACING;
		if (traced)
			continue;
		if (stack->context == STACK_UNKNOWN)
			stack->context =
				s->role == FRAME_SOFTIRQ ? STACK_SOFTIRQ
				: s->role == FRAME_TIMER ? STACK_TIMER
							 : STACK_UNKNOWN;
		if (stack->context == STACK_UNKNOWN)
			stack->frames[stack->count++] = s->name;
		else
			stack->below[stack->below_count++] = s->name;
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
