/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A kernel stack as evidence: function names, innermost first, from the
 * traced function outwards and only as far as they belong to the event.
 */
#ifndef TCPWHY_STACK_H
#define TCPWHY_STACK_H

#include <stdbool.h>

#include "event.h"
#include "host.h"

enum stack_context {
	STACK_UNKNOWN, /* no stack, or no symbols */
	STACK_PROCESS, /* a system call, or the exit of a task */
	STACK_SOFTIRQ, /* a segment came in */
	STACK_TIMER,   /* a timer fired */
};

struct stack {
	const char *frames[EVENT_MAX_FRAMES]; /* up to the boundary */
	unsigned int count;
	/* Below the boundary lies what was interrupted: another story. */
	const char *below[EVENT_MAX_FRAMES];
	unsigned int below_count;
	enum stack_context context;
};

/* Names belong to @host. A frame without a name reads "?". */
void stack_read(struct stack *stack, const struct host *host,
		const struct segment_event *e);

/* Is @function among the frames above the boundary? */
bool stack_has(const struct stack *stack, const char *function);

/* ... or anywhere, above or below? */
bool stack_mentions(const struct stack *stack, const char *function);

/* Is @caller the direct caller of @callee? */
bool stack_calls(const struct stack *stack, const char *caller,
		 const char *callee);

#endif /* TCPWHY_STACK_H */
