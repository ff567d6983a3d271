// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * TCP segments thrown away on this host. kfree_skb fires for drops alone, so
 * traffic that flows costs nothing here.
 */
#include "filter.bpf.h"
#include "maps.bpf.h"
#include "skb.bpf.h"
#include "sock.bpf.h"
#include "stack.bpf.h"
#include "turn.bpf.h"

/*
 * @skb belongs to whoever drops it: parse before reserving, since most drops
 * on a host are not TCP and must not use up the ring.
 */
static __always_inline int dropped(__u64 *ctx, const struct sk_buff *skb,
				   const void *location, bool first)
{
	struct tcp_segment seg = {};
	struct event_conn conn = {};
	const struct tcp_sock *tp;
	struct segment_event *e;
	const struct sock *rx;
	struct sock *tx = 0;

	if (kfree_is_purge(ctx) || !segment_from_skb(&seg, &conn, skb))
		return 0;
	if (first)
		turn_take(EVENT_DROP, (__u64)skb, 0);
	else if (!turn_was_missed(EVENT_DROP, (__u64)skb, 0))
		return 0;
	/*
	 * In: the receiver, where the kernel tells. Out: skb->sk is the sender,
	 * but no pointer that the verifier lets us take a snapshot through.
	 */
	conn.netns = skb_netns(skb);
	rx = kfree_rx_sk(ctx);
	BPF_CORE_READ_INTO(&tx, skb, sk);
	if (rx)
		BPF_CORE_READ_INTO(&conn.netns, rx, __sk_common.skc_net.net,
				   ns.inum);
	else if (tx && !conn.netns)
		conn.netns =
			BPF_CORE_READ(tx, __sk_common.skc_net.net, ns.inum);
	if (!filter_wants_packet(EVENT_DROP, &conn, (__u64)(rx ?: tx),
				 seg.flags & TCP_SYN, false))
		return 0;
	e = event_reserve(EVENT_DROP, sizeof(*e));
	if (!e)
		return 0;
	e->h.sock = (__u64)(rx ?: tx);
	e->seg = seg;
	e->conn = conn;
	e->location = (__u64)location;
	e->reason = kfree_reason(ctx);
	if (first)
		event_stack_often(e, ctx);
	else
		event_stack(e, ctx);
	tp = rx ? bpf_skc_to_tcp_sock((void *)rx) : 0;
	if (tp)
		tcp_snapshot_take(&e->tcp, tp);
	event_submit(&e->h);
	return 0;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(on_drop, const struct sk_buff *skb, const void *location)
{
	return dropped(ctx, skb, location, true);
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(on_drop_missed, const struct sk_buff *skb, const void *location)
{
	return dropped(ctx, skb, location, false);
}
