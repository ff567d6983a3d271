/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sock → who holds it, its 4-tuple, and its TCP snapshot. */
#ifndef TCPWHY_SOCK_BPF_H
#define TCPWHY_SOCK_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "compat.bpf.h"
#include "event.h"
#include "task.bpf.h"

#define AF_INET	 2
#define AF_INET6 10

/* enum sock_flags of the kernel: bits of skc_flags */
#define SOCK_DEAD	 0
#define SOCK_DONE	 1 /* set by tcp_fin() alone */
#define SOCK_KEEPOPEN	 3
#define SOCK_LINGER	 4

#define ICSK_TIME_PROBE0 3 /* include/net/inet_connection_sock.h */

/* Does the current task hold @sk? Tasks own its lock, softirqs never. */
static __always_inline bool event_is_owned(const struct sock *sk)
{
	return sk->sk_lock.owned;
}

static __always_inline void addr_from_v4(__u8 addr[16], __be32 v4)
{
	__u32 *word = (__u32 *)addr;

	word[0] = 0;
	word[1] = 0;
	word[2] = bpf_htonl(0xffff);
	word[3] = v4;
}

static __always_inline void addr_from_v6(__u8 addr[16],
					 const struct in6_addr *v6)
{
	__u32 *word = (__u32 *)addr;

	word[0] = v6->in6_u.u6_addr32[0];
	word[1] = v6->in6_u.u6_addr32[1];
	word[2] = v6->in6_u.u6_addr32[2];
	word[3] = v6->in6_u.u6_addr32[3];
}

/* What any kind of socket has, but for its namespace. */
static __always_inline void conn_ends(struct event_conn *conn,
				      const struct sock_common *skc)
{
	conn->family = skc->skc_family;
	conn->lport = skc->skc_num;
	conn->rport = bpf_ntohs(skc->skc_dport);
	conn->uid = (__u32)-1;
	conn->bound = skc->skc_bound_dev_if & CONN_INTERFACE;
	if (conn->family == AF_INET) {
		addr_from_v4(conn->laddr, skc->skc_rcv_saddr);
		addr_from_v4(conn->raddr, skc->skc_daddr);
	} else {
		addr_from_v6(conn->laddr, &skc->skc_v6_rcv_saddr);
		addr_from_v6(conn->raddr, &skc->skc_v6_daddr);
		if (BPF_CORE_READ_BITFIELD_PROBED(skc, skc_ipv6only))
			conn->bound |= CONN_V6ONLY;
	}
}

/* Full, request or time-wait; probe reads: see skb_netns(). */
static __always_inline void conn_from_common(struct event_conn *conn,
					     const struct sock_common *skc)
{
	conn_ends(conn, skc);
	BPF_CORE_READ_INTO(&conn->netns, skc, skc_net.net, ns.inum);
}

/*
 * inet_sport outlives skc_num, which reads 0 once the port is released: at
 * the change to CLOSE of unbound clients and of accepted sockets.
 */
static __always_inline void conn_from_sock(struct event_conn *conn,
					   const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;

	conn_ends(conn, &sk->__sk_common);
	conn->netns = sk->__sk_common.skc_net.net->ns.inum;
	if (!conn->lport)
		conn->lport = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
	conn->uid = sk->sk_uid.val;
}

static __always_inline __u32 sock_flags(const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	unsigned long kernel_flags = sk->__sk_common.skc_flags;
	__u32 flags = SOCK_F_FULL;

	if (kernel_flags & (1 << SOCK_DEAD))
		flags |= SOCK_F_DEAD;
	if (kernel_flags & (1 << SOCK_DONE))
		flags |= SOCK_F_FIN_SEEN;
	if (kernel_flags & (1 << SOCK_LINGER))
		flags |= SOCK_F_LINGER;
	if (kernel_flags & (1 << SOCK_KEEPOPEN))
		flags |= SOCK_F_KEEPALIVE;
	if (sk->sk_socket)
		flags |= SOCK_F_HAS_FILE;
	if (sock_is_mptcp(tp))
		flags |= SOCK_F_MPTCP;
	if (BPF_CORE_READ_BITFIELD(tp, syn_data))
		flags |= SOCK_F_SYN_DATA;
	if (!sk->sk_filter)
		flags |= SOCK_F_NO_FILTER;
	return flags;
}

/* The limit for SYN retransmissions: TCP_SYNCNT, else the namespace's sysctl.
 */
static __always_inline __u8 sock_syn_retries(const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;

	if (tp->inet_conn.icsk_syn_retries)
		return tp->inet_conn.icsk_syn_retries;
	return net_syn_retries(sk->__sk_common.skc_net.net);
}

/* Fill what a struct sock_event says of @tp; states are the caller's. */
static __always_inline void sock_facts(struct sock_event *e,
				       const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;

	e->h.sock = (__u64)tp;
	e->fd = -1;
	conn_from_sock(&e->conn, tp);
	e->shutdown = sk->sk_shutdown;
	e->retransmits = tp->inet_conn.icsk_retransmits;
	e->flags = (__u8)sock_flags(tp);
	e->err = sk->sk_err;
	e->bytes_out = tp->bytes_sent - tp->bytes_retrans;
	e->bytes_in = tp->bytes_received;
	e->unread = tp->rcv_nxt - tp->copied_seq;
	e->unsent = tp->write_seq - tp->snd_nxt;
	e->snd_una = tp->snd_una;
	e->rcv_nxt = tp->rcv_nxt;
	e->err_soft = sk->sk_err_soft;
	e->user_timeout = tp->inet_conn.icsk_user_timeout;
	e->probes_out = tp->inet_conn.icsk_probes_out;
	e->total_retrans = tp->total_retrans;
	e->dsacks = tp->dsack_dups;
}

/*
 * A closed window keeps it from sending: all was acknowledged, more waits, and
 * at least one probe went out.
 */
static __always_inline bool sock_is_held_up(const struct tcp_sock *tp)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;

	return icsk->icsk_pending == ICSK_TIME_PROBE0 && icsk->icsk_backoff &&
	       !tp->snd_wnd && tp->write_seq != tp->snd_nxt;
}

/* What tcp_out_of_memory() compares. */
static __always_inline __u32 sock_memory_pages(const struct sock *sk)
{
	const struct proto *prot = sk->__sk_common.skc_prot;

	return prot->memory_allocated->counter;
}

static __always_inline __u32 sock_memory_limit(const struct sock *sk)
{
	const struct proto *prot = sk->__sk_common.skc_prot;
	long limit = 0;

	bpf_probe_read_kernel(&limit, sizeof(limit), &prot->sysctl_mem[2]);
	return limit;
}

static __always_inline void tcp_snapshot_take(struct tcp_snapshot *s,
					      const struct tcp_sock *tp)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;
	const struct sock *sk = &icsk->icsk_inet.sk;

	s->state = sk->__sk_common.skc_state;
	s->ca_state = BPF_CORE_READ_BITFIELD(icsk, icsk_ca_state);
	s->retransmits = icsk->icsk_retransmits;
	s->backoff = icsk->icsk_backoff;
	s->pending = icsk->icsk_pending;
	s->probes_out = icsk->icsk_probes_out;
	s->shutdown = sk->sk_shutdown;
	s->syn_retries = sock_syn_retries(tp);
	s->flags = sock_flags(tp);
	s->err = sk->sk_err;
	s->jiffies = (__u32)bpf_jiffies64();
	s->last_sent = tp->lsndtime;
	s->last_received = icsk->icsk_ack.lrcvtime;
	s->rto = icsk->icsk_rto;
	s->srtt_us = tp->srtt_us;
	s->user_timeout = icsk->icsk_user_timeout;
	s->linger2 = tp->linger2;
	if (s->state == STATE_SYN_SENT)
		s->syn_linear = net_syn_linear(sk->__sk_common.skc_net.net);
	else
		s->last_acked = tp->rcv_tstamp;
	s->lingertime = sk->sk_lingertime;
	s->rcv_nxt = tp->rcv_nxt;
	s->copied_seq = tp->copied_seq;
	s->snd_una = tp->snd_una;
	s->snd_nxt = tp->snd_nxt;
	s->write_seq = tp->write_seq;
	s->snd_wnd = tp->snd_wnd;
	s->rcv_wnd = tp->rcv_wnd;
	s->snd_cwnd = tp->snd_cwnd;
	s->packets_out = tp->packets_out;
	s->lost_out = tp->lost_out;
	s->sacked_out = tp->sacked_out;
	s->retrans_out = tp->retrans_out;
	s->total_retrans = tp->total_retrans;
	s->undo_marker = tp->undo_marker;
	s->undo_retrans = tp->undo_retrans;
	s->ack_backlog = sk->sk_ack_backlog;
	s->max_ack_backlog = sk->sk_max_ack_backlog;
	s->defer_accept = icsk->icsk_accept_queue.rskq_defer_accept;
	s->bytes_out = tp->bytes_sent - tp->bytes_retrans;
	s->bytes_in = tp->bytes_received;
	s->memory_pages = sock_memory_pages(sk);
	s->memory_limit = sock_memory_limit(sk);
	s->wmem_queued = sk->sk_wmem_queued;
	s->rmem_alloc = sk->sk_backlog.rmem_alloc.counter;
	s->rcvbuf = sk->sk_rcvbuf;
	s->mss = tp->mss_cache;
	s->pmtu = icsk->icsk_pmtu_cookie;
	s->probe_size = BPF_CORE_READ_BITFIELD(icsk, icsk_mtup.probe_size);
	s->dsacks = tp->dsack_dups;
	s->err_soft = sk->sk_err_soft;
}

#endif /* TCPWHY_SOCK_BPF_H */
