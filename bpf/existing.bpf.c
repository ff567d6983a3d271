// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The sockets that were there before us, and who holds them. Iterators write
 * the same records as the ring carries, but into a file that user space reads
 * at its own pace, so that nothing is lost however many there are.
 */
#include "compat.bpf.h"
#include "event.h"
#include "filter.bpf.h"
#include "sock.bpf.h"

static __always_inline void existing_begin(struct sock_event *e, __u16 kind)
{
	e->h.kind = kind;
	e->h.size = sizeof(*e);
	e->h.time = bpf_ktime_get_ns();
	e->h.cpu = bpf_get_smp_processor_id();
}

static __always_inline void existing_facts(struct sock_event *e,
					   const struct tcp_sock *tp)
{
	int state = tp->inet_conn.icsk_inet.sk.__sk_common.skc_state;

	sock_facts(e, tp);
	e->old_state = state;
	e->new_state = state;
	if (state == STATE_LISTEN) {
		e->unread = tp->inet_conn.icsk_inet.sk.sk_ack_backlog;
		e->unsent = tp->inet_conn.icsk_inet.sk.sk_max_ack_backlog;
	}
}

/*
 * The sockets whose holders are asked for, by address, and how many references
 * to its file there are beside the iterator's own, once it was found: as many
 * descriptors, or more. Looked at by on_task_file_wanted() alone.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EVENT_MAX_WANTED);
	__type(key, __u64);
	__type(value, __u32);
} wanted __weak SEC(".maps");

static __always_inline int holder(struct bpf_iter__task_file *ctx,
				  bool only_wanted)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct sock_event e = {};
	const struct tcp_sock *tp;
	__u32 *references;
	__u64 address;

	if (!task || !file)
		return 0;
	address = file_tcp_sock(file, &tp);
	if (!address)
		return 0;
	if (only_wanted) {
		references = bpf_map_lookup_elem(&wanted, &address);
		if (!references)
			return 0;
		*references = file_references(file) - 1;
	}
	filter_note(tp, address, task);
	existing_begin(&e, EVENT_HOLDER);
	e.h.sock = address;
	/* Else iter/tcp, which goes first, has told what this socket is. */
	if (tp)
		existing_facts(&e, tp);
	e.fd = ctx->fd;
	e.h.flags = EVENT_F_TASK;
	e.h.pid = task->tgid;
	e.h.tid = task->pid;
	e.h.start_time = task->group_leader->start_time;
	bpf_probe_read_kernel_str(e.h.comm, sizeof(e.h.comm), task->comm);
	bpf_seq_write(ctx->meta->seq, &e, sizeof(e));
	return 0;
}

SEC("iter/task_file")
int on_task_file(struct bpf_iter__task_file *ctx)
{
	return holder(ctx, false);
}

SEC("iter/task_file")
int on_task_file_wanted(struct bpf_iter__task_file *ctx)
{
	return holder(ctx, true);
}

/* A socket that was there before is: stalls are to be looked for. */
__u8 held_up_before = 0;

SEC("iter/tcp")
int on_tcp(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct sock_event e = {};
	const struct tcp_sock *tp;

	if (!skc)
		return 0;
	tp = bpf_skc_to_tcp_sock(skc);
	if (!tp)
		return 0;
	if (sock_is_held_up(tp))
		held_up_before = 1;
	filter_note(tp, (__u64)tp, 0);
	existing_begin(&e, EVENT_EXISTING);
	existing_facts(&e, tp);
	bpf_seq_write(ctx->meta->seq, &e, sizeof(e));
	return 0;
}
