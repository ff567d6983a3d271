// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "origin.h"

#include <stdio.h>
#include <string.h>

#include "words.h"

/* A RST is seen in several places on its way; all within this time. */
#define SAME_RESET_NS 100000000ULL

/* The innermost of them that a stack has tells. */
static const struct {
	const char *function;
	enum origin origin;
} origins[] = {
	{ "tcp_v4_send_reset", ORIGIN_SOCKET },
	{ "tcp_v6_send_reset", ORIGIN_SOCKET },
	{ "tcp_v6_send_response", ORIGIN_SOCKET },
	{ "tcp_send_active_reset", ORIGIN_SOCKET },
	{ "nf_send_reset", ORIGIN_FIREWALL },
	{ "nf_send_reset6", ORIGIN_FIREWALL },
	{ "nft_reject_inet_eval", ORIGIN_FIREWALL },
	{ "nft_reject_ipv4_eval", ORIGIN_FIREWALL },
	{ "nft_reject_ipv6_eval", ORIGIN_FIREWALL },
	{ "nft_reject_netdev_eval", ORIGIN_FIREWALL },
	{ "nft_reject_bridge_eval", ORIGIN_FIREWALL },
	{ "reject_tg", ORIGIN_FIREWALL },
	{ "reject_tg6", ORIGIN_FIREWALL },
	{ "raw_sendmsg", ORIGIN_RAW },
	{ "rawv6_sendmsg", ORIGIN_RAW },
	{ "packet_sendmsg", ORIGIN_RAW },
};

/* A bridge, or a router where the compiler left it a place in the stack. */
static const char *const forwarders[] = {
	"ip_forward",
	"ip6_forward",
	"ip_forward_finish",
	"br_forward",
	"__br_forward",
	"br_forward_finish",
	"br_flood",
	"br_handle_frame",
	"br_handle_frame_finish",
	"br_dev_queue_push_xmit",
};

/* ip_forward() ends in a jump: what was received goes straight to output. */
static const char *const outputs[] = {
	"ip_output",	     "ip6_output",	  "ip_finish_output",
	"ip6_finish_output", "ip_finish_output2", "ip6_finish_output2",
};

static const char *const inputs[] = {
	"ip_rcv",
	"ip_rcv_finish",
	"ip_list_rcv",
	"ip_sublist_rcv",
	"ip_sublist_rcv_finish",
	"ipv6_rcv",
	"ip6_rcv_finish",
	"ipv6_list_rcv",
	"ip6_sublist_rcv",
	"ip6_list_rcv_finish",
	"ip6_sublist_rcv_finish",
	"__netif_receive_skb_one_core",
	"__netif_receive_skb_list_core",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_one_of(const char *function, const char *const *list,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(function, list[i]))
			return true;
	return false;
}

static bool forwards(const struct stack *stack, unsigned int at)
{
	const char *function = stack->frames[at];

	if (is_one_of(function, forwarders, COUNT(forwarders)))
		return true;
	return at + 1 < stack->count &&
	       is_one_of(function, outputs, COUNT(outputs)) &&
	       is_one_of(stack->frames[at + 1], inputs, COUNT(inputs));
}

enum origin origin_of(const struct stack *stack, unsigned int *at)
{
	for (*at = 0; *at < stack->count; (*at)++)
		for (size_t o = 0; o < COUNT(origins); o++)
			if (!strcmp(stack->frames[*at], origins[o].function))
				return origins[o].origin;
	for (*at = 0; *at < stack->count; (*at)++)
		if (forwards(stack, *at))
			return ORIGIN_FORWARDED;
	return ORIGIN_UNKNOWN;
}

static enum origin origin_of_reset(const struct evidence_case *c,
				   const struct reset *reset)
{
	struct stack stack;
	unsigned int at;

	if (reset->event.h.kind == EVENT_RESET_SENT)
		return ORIGIN_SOCKET;
	stack_read(&stack, c->host, &reset->event);
	return origin_of(&stack, &at);
}

static bool same_local(const struct event_conn *a, const struct event_conn *b)
{
	return a->lport == b->lport && !memcmp(a->laddr, b->laddr, 16);
}

static bool same_remote(const struct event_conn *a, const struct event_conn *b)
{
	return a->rport == b->rport && !memcmp(a->raddr, b->raddr, 16);
}

/* @a and @b are the two ends of one connection. */
static bool is_reverse(const struct event_conn *a, const struct event_conn *b)
{
	return a->lport == b->rport && a->rport == b->lport &&
	       !memcmp(a->laddr, b->raddr, 16) &&
	       !memcmp(a->raddr, b->laddr, 16);
}

static uint64_t shortly_before(const struct evidence_case *c)
{
	uint64_t time = c->event->time;

	return time > SAME_RESET_NS ? time - SAME_RESET_NS : 0;
}

bool origin_is_told(const struct evidence_case *c)
{
	const struct reset *reset = NULL;
	enum origin origin;

	while ((reset = resets_before(c->resets, reset, shortly_before(c)))) {
		if (reset->event.h.kind != EVENT_PACKET ||
		    !is_reverse(&reset->event.conn, c->conn))
			continue;
		origin = origin_of_reset(c, reset);
		if (origin == ORIGIN_FIREWALL || origin == ORIGIN_RAW)
			return true;
	}
	return false;
}

/*
 * The same one, before: at another device (of a bridge, a VLAN, a tunnel), or
 * in another network namespace of this host. On its way one of its ends, not
 * both, may get another address; its number stays.
 */
static bool is_same(const struct reset *reset, const struct segment_event *e)
{
	bool local = same_local(&reset->event.conn, &e->conn);
	bool remote = same_remote(&reset->event.conn, &e->conn);

	if (reset->event.h.kind == EVENT_RESET_SENT && local && remote)
		return true;
	return (local || remote) && reset_number(&reset->event) == e->seg.seq;
}

bool origin_is_repeated(const struct evidence_case *c)
{
	const struct reset *reset = NULL;
	unsigned int at;

	/* An end that is here tells of it itself. */
	if (origin_of(c->stack, &at) == ORIGIN_FORWARDED &&
	    (c->flow || c->peer))
		return true;
	while ((reset = resets_before(c->resets, reset, shortly_before(c)))) {
		if (reset->seq < c->seq && is_same(reset, c->segment) &&
		    origin_of_reset(c, reset) != ORIGIN_UNKNOWN)
			return true;
	}
	return false;
}

bool origin_is_firewall(const struct evidence_case *c)
{
	/* Of a segment that the receiver of the RST had sent. */
	return c->event->kind == EVENT_RESET_RECEIVED && c->drop &&
	       is_reverse(&c->drop->event.conn, c->conn);
}

/* --- which chain --- */

static const struct {
	const char *function;
	const char *rules;
} tables[] = {
	{ "ipt_do_table", "iptables" },
	{ "ip6t_do_table", "ip6tables" },
	{ "nft_do_chain_inet", "nftables inet" },
	{ "nft_do_chain_inet_ingress", "nftables inet" },
	{ "nft_do_chain_ipv4", "nftables ip" },
	{ "nft_do_chain_ipv6", "nftables ip6" },
	{ "nft_do_chain_netdev", "nftables netdev" },
	{ "nft_do_chain_bridge", "nftables bridge" },
};

static const char *rules_at(const char *function)
{
	for (size_t i = 0; i < COUNT(tables); i++)
		if (!strcmp(function, tables[i].function))
			return tables[i].rules;
	return NULL;
}

void origin_chain(const struct stack *stack, const char **hook, char *rules,
		  size_t size)
{
	const char *found = NULL;
	bool target = false; /* of iptables, run by nftables */
	unsigned int at;

	*hook = "";
	*rules = '\0';
	if (origin_of(stack, &at) != ORIGIN_FIREWALL)
		return;
	/* What comes before it is the way of the RST itself. */
	for (; at < stack->count && !found; at++) {
		target |= !strncmp(stack->frames[at], "nft_target_eval", 15);
		found = rules_at(stack->frames[at]);
	}
	snprintf(rules, size, "%s%s", found ? found : "",
		 found && target ? " (iptables-nft)" : "");
	found = words_chain(stack, at);
	*hook = found ? found : "";
}
