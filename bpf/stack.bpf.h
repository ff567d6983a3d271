/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel stack of an event; that of a frequent one is remembered. */
#ifndef TCPWHY_STACK_BPF_H
#define TCPWHY_STACK_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "event.h"
#include "path.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EVENT_KINDS);
	__type(key, __u32);
	__type(value, struct paths);
} paths __weak SEC(".maps");

/*
 * In stack.bpf.c; @base says where the stack is. The first: which path it is,
 * or -1. The second: note where on the stack those addresses are
 * that the kernel found, @frames of them in the array at @walk.
 */
int paths_find(__u32 kind, __u64 base);
int paths_learn(__u32 kind, __u64 base, __u64 walk, __u32 frames);

/*
 * Where the kernel stack is: a program's own variables may be elsewhere (a
 * private stack, 6.13), but not those of a function that has so few.
 */
static __noinline void stack_here(__u64 *where)
{
	__u64 here = 0;

	barrier_var(where);
	*(volatile __u64 *)where = (__u64)&here;
}

/* Kernel frames, innermost first; user space drops the tracing machinery. */
static __always_inline void event_stack(struct segment_event *e, void *ctx)
{
	long size = bpf_get_stack(ctx, e->stack, sizeof(e->stack), 0);

	e->frames = size > 0 ? size / sizeof(e->stack[0]) : 0;
}

/* The same, of what may happen often. @e has its kind. */
static __always_inline void event_stack_often(struct segment_event *e,
					      void *ctx)
{
	/* What was stored as a pointer is read back as a number. */
	volatile __u64 *number = &e->stack[0];
	__u32 kind = e->h.kind;
	struct paths *known = bpf_map_lookup_elem(&paths, &kind);
	struct path *path;
	__u64 base, walk;
	int found;

	if (!known) {
		event_stack(e, ctx);
		return;
	}
	stack_here(&e->stack[0]);
	base = *number;
	found = paths_find(kind, base);
	if (found >= 0) {
		path = &known->path[(__u32)found % STACK_PATHS];
		barrier_var(path); /* for the verifier */
		__builtin_memcpy(e->stack, path->address, sizeof(e->stack));
		e->frames = path->frames;
		return;
	}
	*number = (__u64)e->stack;
	walk = *number;
	event_stack(e, ctx);
	paths_learn(kind, base, walk, e->frames);
}

#endif /* TCPWHY_STACK_BPF_H */
