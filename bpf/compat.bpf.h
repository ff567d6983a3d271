/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every difference between kernels, in one place, each with its reason.
 * None is told by version: BTF says what the running kernel has.
 */
#ifndef TCPWHY_COMPAT_BPF_H
#define TCPWHY_COMPAT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "config.h"
#include "event.h"

/*
 * Argument @n of a tracepoint as a number. Verifiers of 6.2 to 6.12 believe
 * that tracepoint pointers are never NULL and remove our test for it; a number
 * that was read from memory they cannot reason about. Verifiers from 6.13 on
 * do want the pointer itself tested: do both.
 */
static __always_inline __u64 tp_arg_value(const __u64 *ctx, int n)
{
	__u64 value = 0;
	const __u64 *at = ctx;

	/* Else clang reads the typed argument through at, too: refused. */
	barrier_var(at);
	bpf_probe_read_kernel(&value, sizeof(value), at + n);
	return value;
}

/*
 * Optional trailing arguments. Reading one past the real count is refused at
 * load time, so each read stands in a branch that config makes dead.
 */
static __always_inline __s32 send_reset_reason(const __u64 *ctx)
{
	if (config.send_reset_reason_arg == 2)
		return (__s32)ctx[2];
	return EVENT_NO_REASON;
}

static __always_inline __s32 retransmit_err(const __u64 *ctx)
{
	if (config.retransmit_err_arg == 2)
		return (__s32)ctx[2];
	return 0; /* before 6.17 it fires only when the transmit worked */
}

static __always_inline __s32 kfree_reason(const __u64 *ctx)
{
	if (config.kfree_reason_arg == 2)
		return (__s32)ctx[2];
	return EVENT_NO_REASON;
}

/*
 * What a socket leaves in its queues when it goes: each one that was closed in
 * order leaves the FIN that it received. Nobody misses that.
 */
static __always_inline bool kfree_is_purge(const __u64 *ctx)
{
	return config.kfree_purge_reason >= 0 &&
	       kfree_reason(ctx) == config.kfree_purge_reason;
}

/* The receiving socket of a dropped packet; 6.11 and later. */
static __always_inline const struct sock *kfree_rx_sk(const __u64 *ctx)
{
	if (config.kfree_rx_sk_arg == 3 && tp_arg_value(ctx, 3))
		return (const struct sock *)ctx[3];
	return 0;
}

/*
 * The TCP flags of a queued skb: __u8 up to 6.14, __u16 since. CO-RE knows the
 * size on the running kernel; the low byte is what all of them share.
 */
static __always_inline __u8 skb_cb_flags(const struct tcp_skb_cb *cb)
{
	return (__u8)BPF_CORE_READ_BITFIELD_PROBED(cb, tcp_flags);
}

/* A subflow of MPTCP? Kernels without CONFIG_MPTCP have no such field. */
static __always_inline bool sock_is_mptcp(const struct tcp_sock *tp)
{
	return bpf_core_field_exists(tp->is_mptcp) && tp->is_mptcp;
}

/* net.ipv4.tcp_syn_retries: int before 5.15, __u8 since. */
static __always_inline __u8 net_syn_retries(const struct net *net)
{
	return (__u8)BPF_CORE_READ_BITFIELD(net, ipv4.sysctl_tcp_syn_retries);
}

/* ... and how many more come before those, one timeout apart: 6.5. */
static __always_inline __u8 net_syn_linear(const struct net *net)
{
	if (!bpf_core_field_exists(net->ipv4.sysctl_tcp_syn_linear_timeouts))
		return 0;
	return (__u8)BPF_CORE_READ_BITFIELD(
		net, ipv4.sysctl_tcp_syn_linear_timeouts);
}

struct port_range {
	__u16 low, high;
};

/*
 * From where a port is chosen that nobody asked for: two numbers up to 6.6,
 * packed into one since; wherever they are not, any port may be.
 */
static __always_inline void net_port_range(const struct net *net,
					   struct port_range *range)
{
	/* Not const: BPF_CORE_READ() declares a variable of what it reads. */
	struct local_ports *ports = (void *)&net->ipv4.ip_local_ports;
	struct local_ports___before_6_7 *old = (void *)ports;
	__u32 packed;

	if (bpf_core_field_exists(struct local_ports, range)) {
		packed = BPF_CORE_READ(ports, range);
		range->low = (__u16)packed;
		range->high = packed >> 16;
	} else if (bpf_core_field_exists(struct local_ports___before_6_7,
					 range)) {
		range->low = BPF_CORE_READ(old, range[0]);
		range->high = BPF_CORE_READ(old, range[1]);
	}
}

/*
 * Has the last reference to the file of @sk been dropped? It has been when
 * close() or the end of a process closes the socket, not in shutdown(). The
 * count was a plain one up to 6.12, where 0 means none; since then it is
 * biased, and negative means none.
 */
static __always_inline bool sock_file_released(const struct sock *sk)
{
	struct socket *socket = sk->sk_socket;
	struct file *file;

	if (!socket)
		return false;
	file = socket->file;
	if (!file)
		return true; /* the kernel's own socket */
	if (bpf_core_field_exists(struct file, f_ref))
		return file->f_ref.refcnt.counter < 0;
	return !((struct file___before_6_13 *)file)->f_count.counter;
}

/* How many descriptors, and others, refer to @file: see above. */
static __always_inline __u32 file_references(struct file *file)
{
	if (bpf_core_field_exists(struct file, f_ref))
		return BPF_CORE_READ(file, f_ref.refcnt.counter) + 1;
	return BPF_CORE_READ((struct file___before_6_13 *)file,
			     f_count.counter);
}

#define IPPROTO_TCP   6
#define SOCKFS_MAGIC  0x534F434B /* include/uapi/linux/magic.h */

#define IPPROTO_MPTCP 262

/* The first TCP socket of an MPTCP socket (5.6, if it is built in); else 0. */
static __always_inline __u64 mptcp_first(const struct sock *sk)
{
	__u16 protocol;

	if (!bpf_core_field_exists(struct mptcp_sock, first))
		return 0;
	/* Not BPF_CORE_READ(): its variable would be const, as *sk is. */
	BPF_CORE_READ_INTO(&protocol, sk, sk_protocol);
	if (protocol != IPPROTO_MPTCP)
		return 0;
	return (__u64)BPF_CORE_READ((struct mptcp_sock *)sk, first);
}

/* The MPTCP socket that @tp, marked as MPTCP's, works for; NULL: not yet. */
static __always_inline const struct sock *mptcp_of(const struct tcp_sock *tp)
{
	struct mptcp_subflow_context *subflow;

	if (!bpf_core_field_exists(struct mptcp_subflow_context, conn))
		return 0;
	subflow = tp->inet_conn.icsk_ulp_data;
	return subflow ? BPF_CORE_READ(subflow, conn) : 0;
}

/*
 * The address of the TCP socket behind @file, or of the first behind MPTCP's, 0
 * if it is none; and the socket itself in *@tp, where bpf_sock_from_file()
 * exists (5.11) and it is not MPTCP's. Else what is found has no type that the
 * verifier lets us read a tcp_sock through.
 */
static __always_inline __u64 file_tcp_sock(struct file *file,
					   const struct tcp_sock **tp)
{
	struct socket *socket;
	struct sock *sk;

	*tp = 0;
	if (bpf_core_enum_value_exists(enum bpf_func_id,
				       BPF_FUNC_sock_from_file)) {
		socket = bpf_sock_from_file(file);
		if (!socket)
			return 0;
		sk = socket->sk;
		if (!sk)
			return 0;
		*tp = bpf_skc_to_tcp_sock(sk);
		return *tp ? (__u64)*tp : mptcp_first(sk);
	}
	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != SOCKFS_MAGIC)
		return 0;
	sk = BPF_CORE_READ((struct socket *)file->private_data, sk);
	if (!sk)
		return 0;
	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return mptcp_first(sk);
	return (__u64)sk;
}

/*
 * What lies below the registers that the current task entered the kernel with:
 * where the entry's code goes on. bpf_task_pt_regs() exists since 5.15; 0: not
 * known.
 */
static __always_inline __u64 task_entry(void)
{
	__u64 word = 0;
	long regs;

	if (!bpf_core_enum_value_exists(enum bpf_func_id,
					BPF_FUNC_task_pt_regs))
		return 0;
	regs = bpf_task_pt_regs(bpf_get_current_task_btf());
	bpf_probe_read_kernel(&word, sizeof(word),
			      (void *)(regs - sizeof(word)));
	return word;
}

#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000

/*
 * The current task, with direct reads where bpf_get_current_task_btf() exists
 * (5.11), else through probe reads. Its name is read as two words: faster than
 * bpf_get_current_comm().
 */
static __always_inline void task_facts(struct event_header *h)
{
	__u64 *comm = (__u64 *)h->comm;
	struct task_struct *task;
	__u32 flags;

	if (bpf_core_enum_value_exists(enum bpf_func_id,
				       BPF_FUNC_get_current_task_btf)) {
		task = bpf_get_current_task_btf();
		flags = task->flags;
		comm[0] = ((const __u64 *)task->comm)[0];
		comm[1] = ((const __u64 *)task->comm)[1];
		if (flags & PF_EXITING)
			h->exit_code = task->exit_code;
		/* Its leader only where it must be: see skb_netns(). */
		if (task->pid == task->tgid)
			h->start_time = task->start_time;
		else
			h->start_time =
				BPF_CORE_READ(task, group_leader, start_time);
	} else {
		task = (struct task_struct *)bpf_get_current_task();
		flags = BPF_CORE_READ(task, flags);
		bpf_get_current_comm(h->comm, sizeof(h->comm));
		if (flags & PF_EXITING)
			h->exit_code = BPF_CORE_READ(task, exit_code);
		h->start_time = BPF_CORE_READ(task, group_leader, start_time);
	}
	if (flags & PF_EXITING)
		h->flags |= EVENT_F_EXITING;
	if (flags & PF_KTHREAD)
		h->flags |= EVENT_F_KTHREAD;
}

#endif /* TCPWHY_COMPAT_BPF_H */
