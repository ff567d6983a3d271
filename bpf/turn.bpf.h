/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel runs no program that is running on that CPU already: when a
 * softirq interrupts one and comes to the same tracepoint, the program is left
 * out, and nobody is told (bpf_prog_inc_misses_counter()). At 25,000
 * connections a second that is an event lost every few seconds. On 7.2 another
 * task does the same that preempts the program's: see docs/kernels.md.
 *
 * So such a tracepoint has two programs, attached in this order: on_X, and
 * on_X_missed, which does the same work if the first was left out. The first
 * notes the hit it was run for, the second crosses it out. Where the second is
 * left out because it was running, the first was not.
 */
#ifndef TCPWHY_TURN_BPF_H
#define TCPWHY_TURN_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "event.h"
#include "maps.bpf.h"

/* A task, a softirq, a hard interrupt; and a task that was put aside. */
#define TURN_SLOTS 4

/* What tells one hit from another; not both 0. */
struct hit {
	__u64 what;
	__u64 how;
};

struct turns {
	struct hit hits[TURN_SLOTS]; /* both 0: free */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EVENT_KINDS);
	__type(key, __u32);
	__type(value, struct turns);
} turns __weak SEC(".maps");

/* Note that the first program runs for the hit of @what and @how. */
static __always_inline void turn_take(__u32 kind, __u64 what, __u64 how)
{
	struct turns *t = bpf_map_lookup_elem(&turns, &kind);

	if (!t)
		return;
	for (int i = 0; i < TURN_SLOTS; i++) {
		if (!t->hits[i].what && !t->hits[i].how) {
			t->hits[i].what = what;
			t->hits[i].how = how;
			return;
		}
	}
	/* Left by those whose second program was left out: start anew. */
	__builtin_memset(t, 0, sizeof(*t));
	t->hits[0].what = what;
	t->hits[0].how = how;
}

/* Was the first program left out for that hit? */
static __always_inline bool turn_was_missed(__u32 kind, __u64 what, __u64 how)
{
	struct turns *t = bpf_map_lookup_elem(&turns, &kind);
	struct event_count *count;

	if (!t)
		return false;
	for (int i = 0; i < TURN_SLOTS; i++) {
		if (t->hits[i].what == what && t->hits[i].how == how) {
			t->hits[i].what = 0;
			t->hits[i].how = 0;
			return false;
		}
	}
	count = bpf_map_lookup_elem(&counts, &kind);
	if (count)
		__sync_fetch_and_add(&count->rescued, 1);
	return true;
}

#endif /* TCPWHY_TURN_BPF_H */
