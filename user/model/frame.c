// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Where a softirq, or a timer in one, begins: net/core/dev.c, kernel/time. */
static const struct {
	const char *function;
	enum frame_role role;
} boundaries[] = {
	{ "process_backlog", FRAME_SOFTIRQ },
	{ "__napi_poll", FRAME_SOFTIRQ },
	{ "net_rx_action", FRAME_SOFTIRQ },
	{ "call_timer_fn", FRAME_TIMER },
	{ "expire_timers", FRAME_TIMER },
	{ "__run_timers", FRAME_TIMER },
	{ "run_timer_softirq", FRAME_TIMER },
	{ "hrtimer_run_softirq", FRAME_TIMER },
	{ "tasklet_action_common", FRAME_SOFTIRQ },
	{ "handle_softirqs", FRAME_SOFTIRQ },
	{ "__do_softirq", FRAME_SOFTIRQ },
	{ "do_softirq", FRAME_SOFTIRQ },
};

static bool is_tracing(const char *function)
{
	return !strncmp(function, "bpf_", 4) ||
	       !strncmp(function, "__bpf_trace_", 12) ||
	       !strncmp(function, "__traceiter_", 12) ||
	       !strncmp(function, "trace_call_bpf", 14);
}

enum frame_role frame_role(const char *function)
{
	for (size_t i = 0; i < sizeof(boundaries) / sizeof(boundaries[0]); i++)
		if (!strcmp(function, boundaries[i].function))
			return boundaries[i].role;
	return is_tracing(function) ? FRAME_TRACING : FRAME_ORDINARY;
}
