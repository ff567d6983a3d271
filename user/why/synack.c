// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* SYN-ACKs sent again: why the handshake does not end. */
#include <string.h>

#include "evidence.h"
#include "rule.h"

/* tcp_retransmit_timer() is that of a child made by TCP Fast Open. */
static bool by_timer(const struct evidence_case *c)
{
	return stack_has(c->stack, "reqsk_timer_handler") ||
	       stack_has(c->stack, "tcp_retransmit_timer");
}

static bool by_segment(const struct evidence_case *c)
{
	return stack_has(c->stack, "tcp_check_req");
}

static void add_attempt(const struct evidence_case *c, struct finding *f)
{
	/* The first was sent at once; the count goes up after the event. */
	unsigned int synack = c->segment->req.num_retrans + 2;

	evidence_trigger(f, by_segment(c) ? "segment"
			    : by_timer(c) ? "timer:synack"
					  : "unknown");
	finding_add_number(f, "synack", synack, "SYN-ACK %u", synack);
}

static bool dropped_for(const struct evidence_case *c, const char *reason)
{
	const char *name =
		c->drop ? drop_reason(c->host, &c->drop->event) : NULL;

	return name && !strcmp(name, reason);
}

/*
 * The client's ACK came, and nothing holds it back but the queue: it must have
 * been full then, also if it is not now. TCP_DEFER_ACCEPT marks the ACK in the
 * same way; then the drop of the ACK tells.
 */
static bool match_accept_queue_full(const struct evidence_case *c,
				    struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	bool full = tcp->ack_backlog > tcp->max_ack_backlog;
	bool overflow = dropped_for(c, "TCP_LISTEN_OVERFLOW");

	if (!c->segment->req.acked || c->segment->req.fastopen ||
	    (tcp->defer_accept && !overflow))
		return false;
	if (!full && !overflow)
		f->confidence = CONFIDENCE_LIKELY; /* no memory is the other */
	add_attempt(c, f);
	if (c->drop)
		finding_add_event(f, c->drop->seq);
	finding_add_number(f, "accept_queue", tcp->ack_backlog,
			   "%u connections wait to be accepted, the limit is "
			   "%u",
			   tcp->ack_backlog, tcp->max_ack_backlog);
	finding_add_number(f, "accept_queue_limit", tcp->max_ack_backlog, NULL);
	return true;
}

static bool match_defer_accept(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (!c->segment->req.acked || c->segment->req.fastopen ||
	    !tcp->defer_accept)
		return false;
	add_attempt(c, f);
	finding_add_number(f, "defer_accept", tcp->defer_accept,
			   "TCP_DEFER_ACCEPT, %u timeout%s", tcp->defer_accept,
			   tcp->defer_accept == 1 ? "" : "s");
	return true;
}

static bool match_local_drop(const struct evidence_case *c, struct finding *f)
{
	char place[96];
	bool ours;

	if (c->segment->req.acked || !c->drop)
		return false;
	ours = c->drop->event.seg.flags & TCP_SYN;
	add_attempt(c, f);
	finding_add_fragment(f, "lost",
			     ours ? "the SYN-ACK" : "the client's ACK");
	evidence_add_drop(c, f,
			  ours ? "the SYN-ACK before was dropped by"
			       : "the client's ACK was dropped by",
			  place, sizeof(place));
	return true;
}

static bool match_fastopen(const struct evidence_case *c, struct finding *f)
{
	if (!c->segment->req.fastopen)
		return false;
	add_attempt(c, f);
	return true;
}

static bool match_duplicate_syn(const struct evidence_case *c,
				struct finding *f)
{
	if (c->segment->req.acked || !by_segment(c))
		return false;
	add_attempt(c, f);
	return true;
}

/*
 * The client is silent only if our SYN-ACK left this host and no ACK of its
 * was dropped here.
 */
static bool match_client_silent(const struct evidence_case *c,
				struct finding *f)
{
	if (c->segment->req.acked || c->drop || !by_timer(c))
		return false;
	add_attempt(c, f);
	return true;
}

static const struct rule rules[] = {
	{
		.id = "synack.accept-queue-full",
		.what = WHAT_SYNACK_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT_SYNACK,
		.match = match_accept_queue_full,
		.meaning = "the client's ACK was dropped: the accept queue is "
			   "full",
		.why = "{owner} does not accept: {accept_queue} connections "
		       "wait, more than its limit of {accept_queue_limit}, so "
		       "the ACK with which {remote} ended the handshake was "
		       "dropped, and the SYN-ACK is sent again for another "
		       "one",
		.effect = "{remote} believes it is connected; what it sends is "
			  "dropped until {owner} accepts",
		.advice = "find out why it does not accept (busy, blocked, "
			  "stopped); or it needs a larger backlog in listen(), "
			  "up to net.core.somaxconn",
		.reference = "tcp_v4_syn_recv_sock(), tcp_check_req()",
	},
	{
		.id = "synack.defer-accept",
		.what = WHAT_SYNACK_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT_SYNACK,
		.match = match_defer_accept,
		.meaning = "TCP_DEFER_ACCEPT: the client connected and sent no "
			   "data",
		.why = "{remote} ended the handshake but has sent no data, for "
		       "which {owner} waits (TCP_DEFER_ACCEPT): its ACK was "
		       "ignored, and the SYN-ACK is sent again for another "
		       "one",
		.effect = "{owner} gets the connection with the next data or "
			  "ACK",
		.advice = "harmless, but if the client waits for the server to "
			  "speak first, do not set TCP_DEFER_ACCEPT",
		.reference = "tcp(7), TCP_DEFER_ACCEPT; tcp_check_req(), "
			     "syn_ack_recalc()",
	},
	{
		.id = "synack.local-drop",
		.what = WHAT_SYNACK_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT_SYNACK,
		.needs = 1 << EVENT_DROP,
		.match = match_local_drop,
		.meaning = "the SYN-ACK, or the client's ACK, was dropped on "
			   "this host",
		.why = "the handshake of {remote} with {owner} did not end: "
		       "{lost} was dropped on this host by {dropped_by}",
		.effect = "connecting takes a second or more longer, or fails",
		.advice = "this loss is made here: look at the rule, queue or "
			  "buffer that is named",
		.reference = "kfree_skb_reason()",
	},
	{
		.id = "synack.fastopen",
		.what = WHAT_SYNACK_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT_SYNACK,
		.match = match_fastopen,
		.meaning = "TCP Fast Open: the SYN-ACK of a connection that is "
			   "in use already is not acknowledged",
		.why = "{remote} opened a connection to {owner} with data in "
		       "its SYN (TCP Fast Open), and has not acknowledged the "
		       "SYN-ACK",
		.effect = "{owner} has the connection and the data already; it "
			  "ends with ETIMEDOUT if no ACK comes",
		.advice = "the way back is broken, or the client is gone or "
			  "spoofed",
		.reference = "RFC 7413, 4.2; tcp_fastopen_synack_timer()",
	},
	{
		.id = "synack.duplicate-syn",
		.what = WHAT_SYNACK_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT_SYNACK,
		.match = match_duplicate_syn,
		.meaning = "the client sent its SYN again",
		.why = "{remote} sent its SYN to {owner} again: it has not got "
		       "the SYN-ACK, or not in time",
		.effect = "connecting takes longer; harmless by itself",
		.advice = "the way back loses segments or is slow (more than a "
			  "second); or the client is impatient",
		.reference = "RFC 9293, 3.10.7.4; tcp_check_req()",
	},
	{
		.id = "synack.client-silent",
		.what = WHAT_SYNACK_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT_SYNACK,
		.match = match_client_silent,
		.meaning = "the client never acknowledged the SYN-ACK",
		.why = "{remote} sent a SYN but has not acknowledged the "
		       "SYN-ACK of {owner}",
		.effect = "the connection stays half-open and uses a slot in "
			  "the SYN queue",
		.advice = "the way back is broken, the client is gone, or its "
			  "address was spoofed (SYN flood)",
		.reference = "RFC 9293, 3.10.7.4; RFC 4987; "
			     "reqsk_timer_handler()",
	},
};

RULE_FAMILY(synack_rules, "SYN-ACKs sent again", rules);
