// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Where on this host a segment was dropped, in words. */
#include <stdio.h>
#include <string.h>

#include "words.h"

/* The function that runs a netfilter hook, and the hook's chain. */
static const struct {
	const char *function;
	const char *chain;
} hooks[] = {
	{ "ip_local_deliver", "INPUT" },
	{ "ip6_input", "INPUT" },
	{ "ip_rcv", "PREROUTING" },
	{ "ipv6_rcv", "PREROUTING" },
	{ "ip_sabotage_in", "PREROUTING" },
	{ "ip_forward", "FORWARD" },
	{ "ip6_forward", "FORWARD" },
	{ "__ip_local_out", "OUTPUT" },
	{ "ip_local_out", "OUTPUT" },
	{ "__ip6_local_out", "OUTPUT" },
	{ "ip6_local_out", "OUTPUT" },
	{ "ip6_xmit", "OUTPUT" },
	{ "ip_output", "POSTROUTING" },
	{ "ip6_output", "POSTROUTING" },
	{ "ip_mc_output", "POSTROUTING" },
	{ "__netif_receive_skb_core", "INGRESS" },
	{ "__dev_queue_xmit", "EGRESS" },
};

const char *words_chain(const struct stack *stack, unsigned int from)
{
	for (unsigned int i = from; i < stack->count; i++)
		for (size_t h = 0; h < sizeof(hooks) / sizeof(hooks[0]); h++)
			if (!strcmp(stack->frames[i], hooks[h].function))
				return hooks[h].chain;
	return NULL;
}

/* The kernel's reason (include/net/dropreason-core.h), and what it means. */
static const struct {
	const char *reason;
	const char *words;
} reasons[] = {
	{ "QDISC_DROP", "a queue (qdisc) on the way out" },
	{ "QDISC_OVERLIMIT", "a queue (qdisc) on the way out: it is full" },
	{ "QDISC_CONGESTED", "a queue (qdisc) on the way out: congestion" },
	{ "CAKE_FLOOD", "a queue (qdisc cake) on the way out" },
	{ "FQ_BAND_LIMIT", "a queue (qdisc fq) on the way out: it is full" },
	{ "FQ_HORIZON_LIMIT", "a queue (qdisc fq) on the way out" },
	{ "FQ_FLOW_LIMIT", "a queue (qdisc fq) on the way out: it is full" },
	{ "TC_INGRESS", "a tc filter or BPF program, ingress" },
	{ "TC_EGRESS", "a tc filter or BPF program, egress" },
	{ "XDP", "an XDP program" },
	{ "BPF_CGROUP_EGRESS", "a BPF program of a cgroup, egress" },
	{ "SECURITY_HOOK", "a security module" },
	{ "TCP_LISTEN_OVERFLOW", "the listener: its accept queue is full" },
	{ "SOCKET_RCVBUFF", "the receiver: its receive buffer is full" },
	{ "PROTO_MEM", "the receiver: its receive buffer is full" },
	{ "TCP_OFO_QUEUE_PRUNE", "the receiver: its receive buffer is full" },
	{ "TCP_OFO_DROP", "the receiver: its receive buffer is full" },
	{ "SOCKET_BACKLOG", "the receiver: too much waits while the "
			    "application has the socket (backlog)" },
	{ "TCP_ZEROWINDOW", "the receiver: its window is zero" },
	{ "TCP_OVERWINDOW", "the receiver: it is beyond its window" },
	{ "TCP_CSUM", "the receiver: the TCP checksum is wrong" },
	{ "SKB_CSUM", "the receiver: the checksum is wrong" },
	{ "IP_CSUM", "the receiver: the IP checksum is wrong" },
	{ "TCP_RFC7323_PAWS", "the receiver: its timestamp is too old" },
	{ "TCP_MINTTL", "the receiver: its TTL is below IP_MINTTL" },
	{ "NO_SOCKET", "the receiver: there is no such connection" },
	{ "IP_OUTNOROUTES", "routing: there is no route" },
	{ "IP_INNOROUTES", "routing: there is no route" },
	{ "IP_INADDRERRORS", "routing: the address is not for this host" },
	{ "IP_RPFILTER", "routing: the reverse path filter (rp_filter)" },
	{ "NEIGH_CREATEFAIL", "the neighbour table: no entry" },
	{ "NEIGH_FAILED", "the neighbour table: the next hop does not answer" },
	{ "NEIGH_QUEUEFULL", "the neighbour table: too much waits for it" },
	{ "NEIGH_DEAD", "the neighbour table: its entry was removed" },
	{ "PKT_TOO_BIG", "routing: it is larger than the next link takes" },
	{ "CPU_BACKLOG", "this host's input queue (netdev_max_backlog)" },
	{ "FULL_RING", "the device: its queue is full" },
	{ "DEV_READY", "the device: it is not ready" },
	{ "DEV_HDR", "the device: its header could not be built" },
	{ "NOMEM", "want of memory" },
	{ "SKB_GSO_SEG", "segmentation: want of memory" },
	{ "IPV6DISABLED", "IPv6: it is disabled here" },
};

/* Where there is no reason (before 5.17, or not for this place). */
static const struct {
	const char *function;
	const char *words;
} places[] = {
	{ "tcp_add_backlog", "the receiver: too much waits while the "
			     "application has the socket (backlog)" },
	{ "tcp_data_queue", "the receiver: its receive buffer is full" },
	{ "__dev_xmit_skb", "a queue (qdisc) on the way out" },
	{ "qdisc_drop", "a queue (qdisc) on the way out" },
	{ "veth_xmit", "the device: the other end of the veth pair is down" },
	{ "tun_net_xmit", "the device: nobody reads from the tun device" },
	{ "do_xdp_generic", "an XDP program" },
	{ "ip_error", "routing: no route, or one that leads nowhere" },
	{ "ip6_pkt_drop", "routing: no route, or one that leads nowhere" },
	{ "dst_discard_out", "routing: a route that leads nowhere" },
	{ "enqueue_to_backlog", "this host's input queue "
				"(netdev_max_backlog)" },
};

static const char *known_place(const struct stack *stack, const char *reason,
			       const char *location)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reason && !strcmp(reason, reasons[i].reason))
			return reasons[i].words;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (stack_has(stack, places[i].function) ||
		    (location && !strcmp(location, places[i].function)))
			return places[i].words;
	return NULL;
}

/*
 * The kernel has one reason for both; but a socket without a filter leaves the
 * program of the cgroup.
 */
static const char *filter_place(const struct stack *stack, const char *reason,
				const struct tcp_snapshot *receiver)
{
	if ((!reason || strcmp(reason, "SOCKET_FILTER") != 0) &&
	    !stack_has(stack, "sk_filter_trim_cap"))
		return NULL;
	return receiver->flags & SOCK_F_NO_FILTER
		       ? "a BPF program of the receiver's cgroup"
		       : "the receiver's socket filter, or a BPF program of "
			 "its cgroup";
}

void words_drop_place(const struct host *host, const struct segment_event *e,
		      char *text, size_t size)
{
	const char *reason = drop_reason(host, e);
	const char *function = host_symbol(host, e->location);
	const char *chain, *known;
	struct stack stack;

	stack_read(&stack, host, e);
	if ((reason && !strcmp(reason, "NETFILTER_DROP")) ||
	    stack_has(&stack, "nf_hook_slow")) {
		chain = words_chain(&stack, 0);
		snprintf(text, size, "netfilter%s%s%s", chain ? ", " : "",
			 chain ? chain : "", chain ? " chain" : "");
		return;
	}
	known = filter_place(&stack, reason, &e->tcp);
	if (!known)
		known = known_place(&stack, reason, function);
	if (known)
		snprintf(text, size, "%s", known);
	else
		snprintf(text, size, "%s()",
			 function ? function : "the kernel");
}

/*
 * A receiver that has the bytes throws away the segment that brings them
 * again; a socket that goes, what was in it.
 */
bool words_drop_is_loss(const struct host *host, const struct segment_event *e)
{
	static const char *const harmless[] = {
		"TCP_OLD_DATA", "TCP_OLD_SEQUENCE", "TCP_OFOMERGE",
		"TCP_OLD_ACK",	"TCP_TOO_OLD_ACK",  "QUEUE_PURGE",
		"TCP_RESET",	"TCP_CLOSE",	    "SKB_CONSUMED",
	};
	const char *reason = drop_reason(host, e);

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (reason && !strcmp(reason, harmless[i]))
			return false;
	return true;
}

bool words_drop_is_common(const struct host *host,
			  const struct segment_event *e)
{
	const char *reason = drop_reason(host, e);

	/* Without reasons (before 5.17) they cannot be told from the others. */
	return !words_drop_is_loss(host, e) ||
	       (reason && (!strcmp(reason, "NO_SOCKET") ||
			   !strcmp(reason, "NOT_SPECIFIED")));
}
