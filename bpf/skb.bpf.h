/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* skb → 4-tuple and TCP segment, read from the headers in the packet. */
#ifndef TCPWHY_SKB_BPF_H
#define TCPWHY_SKB_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "event.h"
#include "sock.bpf.h"

#define ETH_P_IP    0x0800
#define ETH_P_IPV6  0x86dd
#define TCP_SYN	    0x02
#define TCP_RST	    0x04
#define HEADER_NONE 0xffff /* sk_buff: this header offset is not set */

/* Packet headers as they are on the wire (RFC 791, RFC 8200, RFC 9293). */
struct wire_ipv4 {
	__u8 version_ihl;
	__u8 tos;
	__be16 tot_len;
	__be16 id;
	__be16 frag_off;
	__u8 ttl;
	__u8 protocol;
	__u16 check;
	__be32 saddr;
	__be32 daddr;
};

struct wire_ipv6 {
	__be32 version_class_flow;
	__be16 payload_len;
	__u8 nexthdr;
	__u8 hop_limit;
	struct in6_addr saddr;
	struct in6_addr daddr;
};

struct wire_tcp {
	__be16 source;
	__be16 dest;
	__be32 seq;
	__be32 ack;
	__u8 doff; /* upper 4 bits: header length in 32-bit words */
	__u8 flags;
	__be16 window;
};

/* Where in skb->head the TCP header is, and how long header and payload are. */
struct tcp_place {
	__u32 offset;
	__u32 len;
};

static __always_inline bool place_in_ipv4(struct tcp_place *place,
					  struct event_conn *conn,
					  const unsigned char *head,
					  __u32 network)
{
	struct wire_ipv4 ip;
	__u32 ihl;

	if (bpf_probe_read_kernel(&ip, sizeof(ip), head + network))
		return false;
	ihl = (ip.version_ihl & 0xf) * 4;
	if (ip.version_ihl >> 4 != 4 || ihl < sizeof(ip) ||
	    ip.protocol != IPPROTO_TCP || ip.frag_off & bpf_htons(0x1fff))
		return false;
	conn->family = AF_INET;
	addr_from_v4(conn->raddr, ip.saddr);
	addr_from_v4(conn->laddr, ip.daddr);
	place->offset = network + ihl;
	place->len = bpf_ntohs(ip.tot_len) - ihl;
	return true;
}

/*
 * In skb.bpf.c. Where TCP begins, in bytes from the address @head, if what is
 * at @offset is an extension header of type @next, or TCP; 0: it is not TCP.
 */
int ipv6_find_tcp(__u64 head, __u32 next, __u32 offset);

static __always_inline bool place_in_ipv6(struct tcp_place *place,
					  struct event_conn *conn,
					  const unsigned char *head,
					  __u32 network)
{
	struct wire_ipv6 ip;

	if (bpf_probe_read_kernel(&ip, sizeof(ip), head + network))
		return false;
	if ((bpf_ntohl(ip.version_class_flow) >> 28) != 6)
		return false;
	place->offset =
		ipv6_find_tcp((__u64)head, ip.nexthdr, network + sizeof(ip));
	if (!place->offset)
		return false;
	conn->family = AF_INET6;
	addr_from_v6(conn->raddr, &ip.saddr);
	addr_from_v6(conn->laddr, &ip.daddr);
	place->len = bpf_ntohs(ip.payload_len) + network + sizeof(ip) -
		     place->offset;
	return true;
}

/*
 * Read the TCP segment in @skb, and its 4-tuple as its receiver sees it: local
 * is the destination. False: not TCP, a later fragment, or no headers set.
 */
static __always_inline bool segment_from_skb(struct tcp_segment *seg,
					     struct event_conn *conn,
					     const struct sk_buff *skb)
{
	const unsigned char *head;
	__u16 protocol = skb->protocol;
	__u32 network = skb->network_header;
	struct tcp_place place = {};
	struct wire_tcp tcp;
	__u32 header;

	if (network == HEADER_NONE)
		return false;
	/* As a number: it is passed on, and new verifiers know its type. */
	BPF_CORE_READ_INTO(&head, skb, head);
	if (protocol == bpf_htons(ETH_P_IP)) {
		if (!place_in_ipv4(&place, conn, head, network))
			return false;
	} else if (protocol == bpf_htons(ETH_P_IPV6)) {
		if (!place_in_ipv6(&place, conn, head, network))
			return false;
	} else {
		return false;
	}
	if (bpf_probe_read_kernel(&tcp, sizeof(tcp), head + place.offset))
		return false;
	header = (tcp.doff >> 4) * 4;
	if (header < 20)
		return false;

	conn->rport = bpf_ntohs(tcp.source);
	conn->lport = bpf_ntohs(tcp.dest);
	conn->uid = (__u32)-1;
	seg->present = 1;
	seg->flags = tcp.flags;
	seg->seq = bpf_ntohl(tcp.seq);
	seg->ack = bpf_ntohl(tcp.ack);
	seg->len = place.len > header && place.len < 0x10000
			   ? place.len - header
			   : 0;
	seg->end_seq =
		seg->seq + seg->len + (tcp.flags & 1) + (tcp.flags >> 1 & 1);
	return true;
}

/*
 * 0: it is at no device. A probe read: for each pointer that is read through a
 * trusted one the verifier (6.18) searches all of the kernel's BTF, on each
 * path, and that took a quarter of our start.
 */
static __always_inline __u32 skb_netns(const struct sk_buff *skb)
{
	struct net_device *dev = 0;

	BPF_CORE_READ_INTO(&dev, skb, dev);
	return dev ? BPF_CORE_READ(dev, nd_net.net, ns.inum) : 0;
}

#endif /* TCPWHY_SKB_BPF_H */
