/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The running kernel, as its BTF describes it. */
#ifndef TCPWHY_KERNEL_H
#define TCPWHY_KERNEL_H

#include <stdbool.h>

#include "config.h"
#include "source.h"

struct btf;

/* Load the kernel's BTF. Returns 0 or -errno (-ENOENT: it has none). */
int kernel_btf_load(struct btf **out);
void kernel_btf_free(struct btf *btf); /* accepts NULL */

/* Does this kernel have the tracepoint (name without its group)? */
bool kernel_has_tracepoint(const struct btf *btf, const char *name);

/* Does it have the BPF helper function bpf_@name()? */
bool kernel_has_helper(const struct btf *btf, const char *name);

/* The C declaration of a tracepoint's arguments, such as "sk, skb, reason". */
void kernel_tracepoint_shape(const struct btf *btf, const char *name,
			     char *text, size_t size);

/* Find which optional arguments the tracepoints have here. */
void kernel_shapes(const struct btf *btf, struct bpf_config *config);

/* The number of the drop reason @name; EVENT_NO_REASON: it has none. */
int32_t kernel_drop_reason(const struct btf *btf, const char *name);

/* What not every kernel tells. */
enum kernel_tells {
	/* By a RST traced, or by the reason of the drop: 5.17. */
	KERNEL_TELLS_NO_SOCKET = 1 << 0,
	/* The RSTs that no full socket sends, and why any is sent: 6.10. */
	KERNEL_TELLS_ANSWERS = 1 << 1,
	KERNEL_TELLS_WHY_DROPPED = 1 << 2, /* 5.17 */
	/* Retransmissions that could not be sent: 6.17. */
	KERNEL_TELLS_UNSENT = 1 << 3,
};

/* Which of these the kernel tells: enum kernel_tells, or-ed. */
uint32_t kernel_tells(const struct btf *btf);

/* Deliver a FACT_NAME for each constant of the enums we use. */
int kernel_names(const struct btf *btf, const struct source_handler *handler);

#endif /* TCPWHY_KERNEL_H */
