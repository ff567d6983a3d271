// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments sent again: data, SYN, FIN, and the SYN-ACK of a listener. */
#include "filter.bpf.h"
#include "maps.bpf.h"
#include "skb.bpf.h"
#include "sock.bpf.h"
#include "stack.bpf.h"

/* A queued skb has no headers: what it carries is in its control block. */
static __always_inline void segment_from_queue(struct tcp_segment *seg,
					       const struct sk_buff *skb)
{
	struct tcp_skb_cb *cb = (void *)&skb->cb;

	seg->present = 1;
	seg->seq = BPF_CORE_READ(cb, seq);
	seg->end_seq = BPF_CORE_READ(cb, end_seq);
	seg->gso_segs = BPF_CORE_READ(cb, tcp_gso_segs);
	seg->sacked = BPF_CORE_READ(cb, sacked);
	seg->flags = skb_cb_flags(cb);
	seg->len = seg->end_seq - seg->seq - (seg->flags & 1) -
		   (seg->flags >> 1 & 1);
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(on_retransmit, const struct sock *sk, const struct sk_buff *skb)
{
	const struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);
	struct segment_event *e;

	if (!tp || !filter_wants_sock(EVENT_RETRANSMIT, tp))
		return 0;
	e = event_reserve(EVENT_RETRANSMIT, sizeof(*e));
	if (!e)
		return 0;
	e->h.sock = (__u64)sk;
	e->reason = EVENT_NO_REASON;
	e->err = retransmit_err(ctx);
	conn_from_sock(&e->conn, tp);
	tcp_snapshot_take(&e->tcp, tp);
	segment_from_queue(&e->seg, skb);
	e->at_mtu_probe = e->seg.seq == tp->mtu_probe.probe_seq_start;
	event_stack_often(e, ctx);
	if (event_is_owned(sk)) {
		e->h.flags |= EVENT_F_OWNED;
		event_task(&e->h);
	}
	event_submit(&e->h);
	return 0;
}

/* enum tcp_ca_state of the kernel */
#define CA_RECOVERY 3

/*
 * A recovery ends: by now the kernel knows if it was needless. It fires for
 * all changes of that state, and most of them are none of ours.
 */
SEC("tp_btf/tcp_cong_state_set")
int BPF_PROG(on_recovery, const struct sock *sk, __u8 new)
{
	const struct tcp_sock *tp;
	struct segment_event *e;
	__u8 old;

	if (new >= CA_RECOVERY)
		return 0;
	tp = bpf_skc_to_tcp_sock((void *)sk);
	if (!tp)
		return 0;
	old = BPF_CORE_READ_BITFIELD(&tp->inet_conn, icsk_ca_state);
	if (old < CA_RECOVERY)
		return 0;
	if (!filter_wants_sock(EVENT_RECOVERY, tp))
		return 0;
	e = event_reserve(EVENT_RECOVERY, sizeof(*e));
	if (!e)
		return 0;
	e->h.sock = (__u64)sk;
	e->reason = EVENT_NO_REASON;
	e->substate = new;
	conn_from_sock(&e->conn, tp);
	tcp_snapshot_take(&e->tcp, tp);
	event_submit_quietly(&e->h);
	return 0;
}

/* @sk is the listener (the child for TCP Fast Open): its backlog tells. */
SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(on_retransmit_synack, const struct sock *sk,
	     const struct request_sock *req)
{
	const struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);
	const struct tcp_request_sock *treq;
	struct event_conn conn = {};
	struct segment_event *e;

	treq = bpf_skc_to_tcp_request_sock((void *)req);
	if (!tp || !treq)
		return 0;
	conn_from_common(&conn, &req->__req_common);
	if (!filter_wants_packet(EVENT_RETRANSMIT_SYNACK, &conn, 0, true,
				 false))
		return 0;
	e = event_reserve(EVENT_RETRANSMIT_SYNACK, sizeof(*e));
	if (!e)
		return 0;
	e->h.sock = (__u64)sk;
	e->reason = EVENT_NO_REASON;
	e->conn = conn;
	e->conn.uid = sk->sk_uid.val;
	tcp_snapshot_take(&e->tcp, tp);
	e->req.sock = (__u64)req;
	e->req.num_retrans = req->num_retrans;
	e->req.num_timeout = BPF_CORE_READ_BITFIELD(req, num_timeout);
	e->req.acked = BPF_CORE_READ_BITFIELD(&treq->req, acked);
	e->req.fastopen = treq->tfo_listener;
	event_stack_often(e, ctx);
	event_submit(&e->h);
	return 0;
}
