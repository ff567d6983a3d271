// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RST segments, sent and received. */
#include "filter.bpf.h"
#include "maps.bpf.h"
#include "skb.bpf.h"
#include "sock.bpf.h"
#include "stack.bpf.h"
#include "turn.bpf.h"

#define RCV_SHUTDOWN 1 /* of sk_shutdown, include/net/sock.h */

/*
 * A RST answers a segment (skb set; the 4-tuple is the segment's, since a
 * listener's addresses are wildcards and there may be no socket at all), or
 * is an act on a socket (skb NULL; traced after the transmit).
 */
static __always_inline int reset_sent(__u64 *ctx, const struct sock *sk,
				      const struct sk_buff *skb,
				      const struct hit *hit, bool first)
{
	bool has_skb = hit->how, has_sock = hit->what;
	struct event_conn conn = { .uid = (__u32)-1 };
	const struct tcp_timewait_sock *tw;
	const struct tcp_sock *tp;
	struct tcp_segment seg = {};
	struct segment_event *e;

	if (has_sock && sk) {
		tp = bpf_skc_to_tcp_sock((void *)sk);
		if (tp)
			conn_from_sock(&conn, tp);
		else
			conn_from_common(&conn, &sk->__sk_common);
	}
	if (has_skb && skb) {
		segment_from_skb(&seg, &conn, skb);
		conn.netns = skb_netns(skb) ?: conn.netns;
	}
	/* Who acts may be meant: a listener's owner does not hold the lock. */
	if (!filter_wants_packet(EVENT_RESET_SENT, &conn,
				 has_sock ? (__u64)sk : 0, seg.flags & TCP_SYN,
				 true))
		return 0;
	e = event_reserve(EVENT_RESET_SENT, sizeof(*e));
	if (!e)
		return 0;
	e->reason = send_reset_reason(ctx);
	e->conn = conn;
	e->seg = seg;
	if (has_sock)
		e->h.sock = (__u64)sk;
	/*
	 * Nothing of the above is used below, but what is in memory: so to the
	 * verifier all ways that lead here are one, and it goes on only once.
	 */
	barrier();
	if (first)
		event_stack_often(e, ctx);
	else
		event_stack(e, ctx);
	event_task(&e->h);
	if (!e->h.sock || !sk) {
		event_submit(&e->h);
		return 0;
	}
	e->tcp.state = sk->__sk_common.skc_state;
	tp = bpf_skc_to_tcp_sock((void *)sk);
	tw = bpf_skc_to_tcp_timewait_sock((void *)sk);
	if (tp) {
		tcp_snapshot_take(&e->tcp, tp);
		if (event_is_owned(sk))
			e->h.flags |= EVENT_F_OWNED;
	}
	if (tw)
		e->substate = tw->tw_sk.tw_substate;
	event_submit(&e->h);
	return 0;
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(on_send_reset, const struct sock *sk, const struct sk_buff *skb)
{
	struct hit hit = { tp_arg_value(ctx, 0), tp_arg_value(ctx, 1) };

	turn_take(EVENT_RESET_SENT, hit.what, hit.how);
	return reset_sent(ctx, sk, skb, &hit, true);
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(on_send_reset_missed, const struct sock *sk,
	     const struct sk_buff *skb)
{
	struct hit hit = { tp_arg_value(ctx, 0), tp_arg_value(ctx, 1) };

	if (!turn_was_missed(EVENT_RESET_SENT, hit.what, hit.how))
		return 0;
	return reset_sent(ctx, sk, skb, &hit, false);
}

static __always_inline int reset_received(__u64 *ctx, const struct sock *sk)
{
	const struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);
	struct segment_event *e;

	if (!tp || !filter_wants_sock(EVENT_RESET_RECEIVED, tp))
		return 0;
	e = event_reserve(EVENT_RESET_RECEIVED, sizeof(*e));
	if (!e)
		return 0;
	e->h.sock = (__u64)sk;
	e->reason = EVENT_NO_REASON;
	conn_from_sock(&e->conn, tp);
	tcp_snapshot_take(&e->tcp, tp);
	/*
	 * tcp_reset() is also called where no RST came in, when there is data
	 * that nobody will read (tcp_rcv_state_process()): the stack tells. To
	 * walk it costs more than all else here.
	 */
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		event_stack(e, ctx);
	if (event_is_owned(sk)) {
		e->h.flags |= EVENT_F_OWNED;
		event_task(&e->h);
	}
	event_submit(&e->h);
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(on_receive_reset, const struct sock *sk)
{
	turn_take(EVENT_RESET_RECEIVED, (__u64)sk, 0);
	return reset_received(ctx, sk);
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(on_receive_reset_missed, const struct sock *sk)
{
	if (!turn_was_missed(EVENT_RESET_RECEIVED, (__u64)sk, 0))
		return 0;
	return reset_received(ctx, sk);
}
