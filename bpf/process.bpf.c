// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The lives of processes: who came from whom and may have inherited its
 * sockets, who is called what.
 */
#include "filter.bpf.h"
#include "maps.bpf.h"
#include "sock.bpf.h"
#include "turn.bpf.h"

/* A child of a watched process is one. */
static __always_inline void watch_child(__u32 parent, __u32 child)
{
	__u8 yes = 1;

	if (filter.forks && process_is_watched(parent) &&
	    bpf_map_update_elem(&watched_processes, &child, &yes, BPF_ANY))
		filter_overflow = 1;
}

/* Its id may be another's soon; for a while it closes what it has open. */
static __always_inline void let_go(__u32 pid)
{
	__u8 yes = 1;

	if (filter.processes && !bpf_map_delete_elem(&watched_processes, &pid))
		bpf_map_update_elem(&leaving_processes, &pid, &yes, BPF_ANY);
}

/*
 * All of these run in tasks, and a task may be preempted: each has a second
 * program. Every hit takes a turn, so that those left out can be counted.
 */

static __always_inline int forked(struct task_struct *parent,
				  struct task_struct *child)
{
	struct fork_event *e;

	if (child->pid != child->tgid) /* a thread belongs to its process */
		return 0;
	watch_child(parent->tgid, child->tgid);
	e = event_reserve(EVENT_FORK, sizeof(*e));
	if (!e)
		return 0;
	event_task(&e->h);
	e->child_pid = child->tgid;
	e->child_tid = child->pid;
	e->child_start_time = child->start_time;
	bpf_probe_read_kernel_str(e->child_comm, sizeof(e->child_comm),
				  child->comm);
	event_submit_quietly(&e->h);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	turn_take(EVENT_FORK, (__u64)child, child->pid);
	return forked(parent, child);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork_missed, struct task_struct *parent,
	     struct task_struct *child)
{
	if (!turn_was_missed(EVENT_FORK, (__u64)child, child->pid))
		return 0;
	return forked(parent, child);
}

static __always_inline int execed(const struct linux_binprm *bprm)
{
	struct exec_event *e = event_reserve(EVENT_EXEC, sizeof(*e));

	if (!e)
		return 0;
	event_task(&e->h);
	young_forget(&e->h);
	bpf_probe_read_kernel_str(e->filename, sizeof(e->filename),
				  bprm->filename);
	event_submit_quietly(&e->h);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, pid_t old_pid,
	     struct linux_binprm *bprm)
{
	turn_take(EVENT_EXEC, (__u64)task, task->pid);
	return execed(bprm);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec_missed, struct task_struct *task, pid_t old_pid,
	     struct linux_binprm *bprm)
{
	if (!turn_was_missed(EVENT_EXEC, (__u64)task, task->pid))
		return 0;
	return execed(bprm);
}

static __always_inline int exited(struct task_struct *task)
{
	struct exit_event *e;

	if (BPF_CORE_READ(task, signal, live.counter)) /* others go on */
		return 0;
	let_go(task->tgid);
	e = event_reserve(EVENT_EXIT, sizeof(*e));
	if (!e)
		return 0;
	event_task(&e->h);
	event_submit_quietly(&e->h);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	turn_take(EVENT_EXIT, (__u64)task, task->pid);
	return exited(task);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit_missed, struct task_struct *task)
{
	if (!turn_was_missed(EVENT_EXIT, (__u64)task, task->pid))
		return 0;
	return exited(task);
}
