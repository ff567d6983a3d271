// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Births of processes: who belongs to a watched command. */
#include "maps.bpf.h"
#include "sock.bpf.h"

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct fork_event *e;

	if (child->pid != child->tgid) /* a thread belongs to its process */
		return 0;
	e = event_reserve(EVENT_FORK, sizeof(*e));
	if (!e)
		return 0;
	event_task(&e->h);
	e->child_pid = child->tgid;
	e->child_tid = child->pid;
	e->child_start_time = child->start_time;
	bpf_probe_read_kernel_str(e->child_comm, sizeof(e->child_comm),
				  child->comm);
	event_submit(e);
	return 0;
}
