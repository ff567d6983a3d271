// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * RSTs that no TCP socket sends: a firewall's, a raw socket's, another host's
 * passing through. The kernel has no tracepoint for them but the one through
 * which each packet leaves: this program is attached only where it is worth
 * that (user/source/firewall.h), and does as little as it can.
 */
#include "filter.bpf.h"
#include "maps.bpf.h"
#include "skb.bpf.h"
#include "sock.bpf.h"
#include "stack.bpf.h"

/*
 * A RST has no data, or a line of text (RFC 9293, 3.10.7): with all headers it
 * is short. Most of what moves bytes is not.
 */
#define LONGEST_RESET 256

#define SOCK_STREAM   1

/*
 * Is @sk one whose RSTs tcp_send_reset tells? The kernel answers for others
 * through a socket of its own, which is a raw one.
 */
static __always_inline bool is_tcp_socket(const struct sock *sk)
{
	__u8 state = sk->__sk_common.skc_state;

	/* Mini-sockets: they are shorter, and have no type. */
	if (state == STATE_NEW_SYN_RECV || state == STATE_TIME_WAIT)
		return true;
	return sk->sk_type == SOCK_STREAM;
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(on_packet, const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;
	struct tcp_segment seg = {};
	struct event_conn conn = {};
	struct segment_event *e;

	if (skb->len > LONGEST_RESET || (sk && is_tcp_socket(sk)))
		return 0;
	if (!segment_from_skb(&seg, &conn, skb) || !(seg.flags & TCP_RST))
		return 0;
	conn.netns = skb_netns(skb);
	if (!filter_wants_packet(EVENT_PACKET, &conn, 0, true, true))
		return 0;
	e = event_reserve(EVENT_PACKET, sizeof(*e));
	if (!e)
		return 0;
	e->seg = seg;
	e->reason = EVENT_NO_REASON;
	/* As its sender sees it. */
	__builtin_memcpy(e->conn.laddr, conn.raddr, sizeof(conn.raddr));
	__builtin_memcpy(e->conn.raddr, conn.laddr, sizeof(conn.laddr));
	e->conn.lport = conn.rport;
	e->conn.rport = conn.lport;
	e->conn.family = conn.family;
	e->conn.uid = conn.uid;
	e->conn.netns = conn.netns;
	event_stack(e, ctx);
	event_task(&e->h);
	event_submit(&e->h);
	return 0;
}
