// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs that no TCP socket of this host sent, though they come from it. */
#include <stdio.h>
#include <string.h>

#include "act.h"
#include "evidence.h"
#include "origin.h"
#include "rule.h"
#include "words.h"

/* --- a firewall --- */

/*
 * Without the RST itself: it was received, and its receiver's segment dropped
 * here. Had the segment been a later one, the RST could be the remote host's
 * answer to an earlier one.
 */
static enum confidence confidence_by_drop(const struct evidence_case *c)
{
	const struct flow *receiver = c->peer;

	if (stack_mentions(c->stack, "nf_send_reset") ||
	    stack_mentions(c->stack, "nf_send_reset6"))
		return CONFIDENCE_CERTAIN;
	if (conn_is_local(c->conn) || c->flow)
		return CONFIDENCE_CERTAIN;
	if (c->segment->tcp.state == STATE_SYN_SENT && receiver &&
	    !receiver->retransmits)
		return CONFIDENCE_CERTAIN;
	return CONFIDENCE_LIKELY;
}

static void add_chain(const struct evidence_case *c, struct finding *f,
		      const char *hook)
{
	char rules[64] = "", text[64] = "";
	const char *same;

	if (c->event->kind == EVENT_PACKET)
		origin_chain(c->stack, &same, rules, sizeof(rules));
	if (*hook) {
		snprintf(text, sizeof(text), " in its %s chain", hook);
		finding_add_string(f, "hook", hook, "at the %s hook", hook);
	}
	finding_add_fragment(f, "in_chain", text);
	if (*rules)
		finding_add_string(f, "rules", rules, "by a rule of %s", rules);
}

/* "": neither the RST's stack nor that of what it answers has one. */
static const char *which_hook(const struct evidence_case *c)
{
	const char *hook = "";
	char rules[64];
	struct stack stack;

	if (c->event->kind == EVENT_PACKET)
		origin_chain(c->stack, &hook, rules, sizeof(rules));
	if (!*hook && c->drop) {
		stack_read(&stack, c->host, &c->drop->event);
		hook = words_chain(&stack, 0);
	}
	return hook ? hook : "";
}

static void add_rejected(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_segment *seg = c->drop ? &c->drop->event.seg : NULL;
	const char *what = "a segment";

	if (seg && seg->flags & TCP_SYN)
		what = seg->flags & TCP_ACK ? "the SYN+ACK" : "the SYN";
	finding_add_fragment(f, "rejected", what);
	if (!c->drop)
		return;
	finding_add_string(f, "drop_reason", "NETFILTER_DROP", "%s was dropped",
			   what);
	finding_add_event(f, c->drop->seq);
}

/* Who would have got it, had the firewall let it pass. */
static void add_listener(const struct evidence_case *c, struct finding *f,
			 const char *hook)
{
	const struct flow *listener;
	char who[96];

	if (f->owner.pid || strcmp(hook, "INPUT") != 0)
		return;
	listener = flow_find_listener(c->flows, c->conn, c->event->time, false);
	if (!listener || !listener->owner->pid)
		return;
	f->owner = *listener->owner;
	words_party(&f->owner, who, sizeof(who));
	finding_add_string(f, "listener", f->owner.comm, "%s listens there",
			   who);
}

static bool match_firewall(const struct evidence_case *c, struct finding *f)
{
	const char *hook;
	unsigned int at;

	if (c->event->kind == EVENT_PACKET) {
		if (origin_of(c->stack, &at) != ORIGIN_FIREWALL)
			return false;
	} else if (c->turned) {
		f->confidence = confidence_by_drop(c);
	} else {
		return false;
	}
	evidence_trigger(f, "segment");
	hook = which_hook(c);
	add_chain(c, f, hook);
	add_rejected(c, f);
	add_listener(c, f, hook);
	return true;
}

/* --- a process, with a segment of its own making --- */

static bool match_raw(const struct evidence_case *c, struct finding *f)
{
	const char *kind;
	unsigned int at;

	if (c->event->kind != EVENT_PACKET ||
	    origin_of(c->stack, &at) != ORIGIN_RAW)
		return false;
	act_of_task(c, f);
	evidence_trigger(f, "send");
	kind = strcmp(c->stack->frames[at], "packet_sendmsg") != 0 ? "raw"
								   : "packet";
	finding_add_string(f, "socket", kind, NULL);
	return true;
}

/* --- passing through --- */

static bool match_forwarded(const struct evidence_case *c, struct finding *f)
{
	char who[96];
	unsigned int at;

	if (c->event->kind != EVENT_PACKET ||
	    origin_of(c->stack, &at) != ORIGIN_FORWARDED)
		return false;
	/* A VPN or a virtual machine hands its packets in itself. */
	if (stack_has(c->stack, "tun_get_user") &&
	    c->stack->context == STACK_PROCESS) {
		act_of_task(c, f);
		words_party(&f->actor, who, sizeof(who));
		finding_add_string(f, "handed_in_by", f->actor.comm,
				   "%s handed it in through a TUN or TAP "
				   "device",
				   who);
	}
	evidence_trigger(f, "segment");
	return true;
}

static const struct rule rules[] = {
	{
		.id = "rst.firewall-reject",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_PACKET | 1 << EVENT_RESET_RECEIVED,
		.match = match_firewall,
		.meaning = "a firewall rule of this host rejects with a RST",
		.why = "the firewall of this host rejected {rejected} of "
		       "{peer}{in_chain} and sent a RST in the name of "
		       "{local}",
		.effect = "{reset_effect}",
		.advice = "if the connection should be allowed, look for a "
			  "rule that rejects with tcp-reset in that network "
			  "namespace: \"nft list ruleset\", \"iptables -S\", "
			  "\"ip6tables -S\"",
		.reference = "nft(8), reject; nf_send_reset(), "
			     "nf_send_reset6()",
	},
	{
		.id = "rst.raw",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_PACKET,
		.match = match_raw,
		.meaning = "a process sent a RST of its own making",
		.why = "{actor} wrote a RST itself and sent it through a "
		       "{socket} socket, in the name of {local}",
		.effect = "{reset_effect}",
		.advice = "a scanner, an intrusion prevention system, a "
			  "load balancer or a tool such as tcpkill; ask what "
			  "{actor} is for",
		.reference = "raw(7), packet(7); raw_sendmsg(), "
			     "rawv6_sendmsg(), packet_sendmsg()",
	},
	{
		.id = "rst.forwarded",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_PACKET,
		.match = match_forwarded,
		.meaning = "a RST between two other hosts passed through",
		.why = "a RST from {local} to {remote} came in and was "
		       "forwarded: this host did not send it",
		.effect = "{reset_effect}",
		.advice = "the reason lies at {local}, or at a firewall on "
			  "the way from there",
		.reference = "RFC 1812, 5.2; ip_forward(), ip6_forward()",
	},
};

RULE_FAMILY(reset_outside_rules, "RST sent, but not by a TCP socket", rules);
