/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way out of the kernel: one ring buffer, and the counters that make
 * "produced = emitted + lost" checkable for every kind of event.
 */
#ifndef TCPWHY_MAPS_BPF_H
#define TCPWHY_MAPS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "config.h"
#include "event.h"

/* Weak: each object file has them, the linker keeps one. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20); /* user space sets its own */
} events __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EVENT_KINDS);
	__type(key, __u32);
	__type(value, struct event_count);
} counts __weak SEC(".maps");

extern struct event_gap gap; /* in state.bpf.c */

/* A race with user space, or another CPU, makes the gap wider, never less. */
static __always_inline void gap_widen(void)
{
	__u64 now = bpf_ktime_get_ns();

	if (!gap.from)
		gap.from = now;
	gap.to = now;
}

/*
 * Reserve one event of @kind and @size (a constant), count it as produced and,
 * where the ring is full, as lost. The counters are per CPU, but a softirq can
 * interrupt a program on the same CPU, so they are added to atomically.
 * Returns zeroed memory or NULL; what it returns must go to event_submit().
 */
static __always_inline void *event_reserve(__u32 kind, const __u64 size)
{
	struct event_count *count = bpf_map_lookup_elem(&counts, &kind);
	struct event_header *h;

	if (!count)
		return 0;
	__sync_fetch_and_add(&count->produced, 1);
	h = bpf_ringbuf_reserve(&events, size, 0);
	if (!h) {
		__sync_fetch_and_add(&count->lost, 1);
		gap_widen();
		return 0;
	}
	__builtin_memset(h, 0, size);
	h->kind = kind;
	h->size = size;
	h->time = bpf_ktime_get_ns();
	h->cpu = bpf_get_smp_processor_id();
	return h;
}

/* When user space was woken last; a lost race costs one wake-up more. */
extern __u64 last_wakeup;

/* A process that has just begun may be about to end. */
#define YOUNG_NS    1000000000ULL
#define YOUNG_BITS  6
#define YOUNG_SLOTS (1 << YOUNG_BITS)

/* When those began that user space was woken for, or another of their slot. */
extern __u64 known_young[YOUNG_SLOTS];

/* Times differ in all bits but the first ones: Fibonacci hashing. */
static __always_inline __u64 *young_slot(__u64 start_time)
{
	return &known_young[start_time * 0x9e3779b97f4a7c15ULL >>
			    (64 - YOUNG_BITS)];
}

/* Is @event the first of its process, and that young? It is known then. */
static __always_inline bool young_appears(const struct event_header *event)
{
	__u64 start_time = event->start_time;
	__u64 *known = young_slot(start_time);

	if (!start_time || event->time - start_time >= YOUNG_NS ||
	    *known == start_time)
		return false;
	*known = start_time;
	return true;
}

/* It is another program now, of which nothing is known. */
static __always_inline void young_forget(const struct event_header *event)
{
	*young_slot(event->start_time) = 0;
}

/*
 * Wake-ups are batched: each is an interrupt, which costs more than the event,
 * and throws what runs here out of its caches. One if there was none for a
 * while, which is shorter if the ring fills, and still shorter for a young
 * process that appears. So the first event after a pause is read at once, and
 * while /proc still knows the process that it names. A reader that is behind
 * is not woken by each event: how much waits counts only after a while.
 */
static __always_inline void event_submit(struct event_header *event)
{
	__u64 time = event->time, pause = time - last_wakeup;
	__u64 flags = BPF_RB_NO_WAKEUP;

	if (pause >= config.wakeup_ns ||
	    (pause >= config.wakeup_young_ns && young_appears(event)) ||
	    (pause >= config.wakeup_full_ns &&
	     bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >=
		     config.wakeup_bytes)) {
		last_wakeup = time;
		flags = BPF_RB_FORCE_WAKEUP;
	}
	bpf_ringbuf_submit(event, flags);
}

/* For events that only explain later ones: they wake nobody. */
static __always_inline void event_submit_quietly(struct event_header *event)
{
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

#endif /* TCPWHY_MAPS_BPF_H */
