/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The current task. */
#ifndef TCPWHY_TASK_BPF_H
#define TCPWHY_TASK_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "compat.bpf.h"
#include "event.h"

/* Note the current task. Only where it means something: see EVENT_F_OWNED. */
static __always_inline void event_task(struct event_header *h)
{
	__u64 id = bpf_get_current_pid_tgid();

	if (id >> 32 == config.self) {
		h->flags |= EVENT_F_OURS;
		return;
	}
	h->flags |= EVENT_F_TASK;
	h->pid = id >> 32;
	h->tid = (__u32)id;
	task_facts(h);
}

#endif /* TCPWHY_TASK_BPF_H */
