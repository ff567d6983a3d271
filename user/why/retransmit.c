// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments sent again, and why the first copy did not do. */
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "rule.h"
#include "words.h"

#define ICSK_TIME_LOSS_PROBE 5 /* include/net/inet_connection_sock.h */

enum ca_state {
	CA_OPEN = 0,
	CA_DISORDER = 1,
	CA_CWR = 2,
	CA_RECOVERY = 3,
	CA_LOSS = 4
};

/* On the wire: with err set the retransmission itself failed. */
static bool is_data(const struct evidence_case *c)
{
	const struct segment_event *e = c->segment;

	return !e->err && e->tcp.state != STATE_SYN_SENT &&
	       e->tcp.state != STATE_SYN_RECV;
}

static bool by_timer(const struct evidence_case *c)
{
	return stack_has(c->stack, "tcp_retransmit_timer");
}

static bool by_loss_probe(const struct evidence_case *c)
{
	return stack_has(c->stack, "tcp_send_loss_probe");
}

/* Which mechanism noticed: for the trigger of rtx.local-drop. */
static const char *mechanism(const struct evidence_case *c)
{
	if (by_timer(c))
		return "timer:rto";
	if (by_loss_probe(c))
		return "timer:tlp";
	if (stack_has(c->stack, "tcp_rack_reo_timeout"))
		return "timer:rack";
	return "segment";
}

static void add_drop(const struct evidence_case *c, struct finding *f)
{
	char place[96], text[200];

	if (!c->drop)
		return;
	evidence_add_drop(c, f, "earlier copy dropped by", place,
			  sizeof(place));
	snprintf(text, sizeof(text),
		 "; the earlier copy was dropped on this host by %s", place);
	finding_add_fragment(f, "dropped", text);
}

static void add_timer(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	uint64_t rto = host_jiffies_us(c->host, tcp->rto);
	char text[32];

	words_duration(rto * 1000, text, sizeof(text));
	finding_add_number(f, "retransmits", tcp->retransmits,
			   "retransmission %u", tcp->retransmits);
	finding_add_number(f, "rto_us", rto, "next after %s", text);
}

static bool match_syn(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (c->segment->err || tcp->state != STATE_SYN_SENT)
		return false;
	if (c->stack->context == STACK_UNKNOWN)
		f->confidence = CONFIDENCE_LIKELY;
	else if (!by_timer(c))
		return false;
	evidence_trigger(f, "timer:rto");
	finding_add_number(f, "syn", tcp->retransmits + 1, "SYN %u",
			   tcp->retransmits + 1);
	finding_add_number(f, "tcp_syn_retries", tcp->syn_retries, NULL);
	add_timer(c, f);
	add_drop(c, f);
	return true;
}

static bool match_local_drop(const struct evidence_case *c, struct finding *f)
{
	if (!is_data(c) || !c->drop)
		return false;
	evidence_trigger(f, mechanism(c));
	add_drop(c, f);
	return true;
}

static bool match_tail_loss_probe(const struct evidence_case *c,
				  struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (!is_data(c))
		return false;
	if (c->stack->context == STACK_UNKNOWN) {
		if (tcp->pending != ICSK_TIME_LOSS_PROBE ||
		    (tcp->ca_state != CA_OPEN && tcp->ca_state != CA_CWR))
			return false;
		f->confidence = CONFIDENCE_LIKELY;
	} else if (!by_loss_probe(c)) {
		return false;
	}
	evidence_trigger(f, "timer:tlp");
	return true;
}

/* A window shrunk to zero makes the same timer fire without any loss. */
static bool match_timeout(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (!is_data(c) || !tcp->snd_wnd)
		return false;
	if (c->stack->context == STACK_UNKNOWN) {
		if (tcp->ca_state != CA_LOSS || !tcp->retransmits ||
		    tcp->pending)
			return false;
		f->confidence = CONFIDENCE_LIKELY;
	} else if (!by_timer(c)) {
		return false;
	}
	evidence_trigger(f, "timer:rto");
	add_timer(c, f);
	return true;
}

static bool match_fast(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	/*
	 * In recovery because of SACKs; the segment itself may leave later,
	 * when pacing or the queue below lets it (tcp_tsq_write()).
	 */
	if (!is_data(c) || tcp->ca_state != CA_RECOVERY ||
	    !stack_has(c->stack, "tcp_xmit_retransmit_queue") ||
	    !(stack_has(c->stack, "tcp_ack") || tcp->sacked_out) ||
	    stack_has(c->stack, "tcp_rack_reo_timeout"))
		return false;
	evidence_trigger(f, "segment");
	finding_add_number(f, "sacked_segments", tcp->sacked_out,
			   "%u segments behind it had arrived",
			   tcp->sacked_out);
	return true;
}

static const struct rule rules[] = {
	{
		.id = "rtx.syn",
		.what = WHAT_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT,
		.match = match_syn,
		.meaning = "SYN unanswered; names the local drop when the "
			   "receiver is on this host",
		.why = "{remote} has not answered the SYN of {owner}: this is "
		       "SYN {syn}{dropped}",
		.effect = "connect() of {owner} keeps waiting",
		.advice = "a refusal would have come back at once: silence "
			  "means a firewall that drops, a host that is down, "
			  "or a full accept queue",
		.reference = "RFC 6298, 5; RFC 9293, 3.8.3; "
			     "tcp_retransmit_timer()",
	},
	{
		.id = "rtx.local-drop",
		.what = WHAT_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT,
		.match = match_local_drop,
		.meaning = "the earlier copy was dropped on this host",
		.why = "{owner}'s segment was sent again: the earlier copy was "
		       "dropped on this host by {dropped_by}",
		.effect = "the data arrives later; throughput falls",
		.advice = "this loss is made here: look at the rule, queue or "
			  "buffer that is named",
		.reference = "kfree_skb_reason()",
	},
	{
		.id = "rtx.tail-loss-probe",
		.what = WHAT_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT,
		.match = match_tail_loss_probe,
		.meaning = "tail loss probe: the last segment sent again "
			   "early, to provoke an answer",
		.why = "{peer} did not acknowledge the last segment of "
		       "{owner} within about two round trips: the kernel "
		       "probes before the timeout",
		.effect = "none if the segment was only late; else the loss "
			  "is repaired early",
		.advice = "harmless by itself; many of them mean loss at the "
			  "end of bursts, or delayed ACKs",
		.reference = "RFC 8985, 7; tcp_send_loss_probe()",
	},
	{
		.id = "rtx.timeout",
		.what = WHAT_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT,
		.match = match_timeout,
		.meaning = "retransmission timeout",
		.why = "{peer} acknowledged nothing of {owner}'s until the "
		       "retransmission timer expired",
		.effect = "the connection stalled for that time and starts "
			  "again slowly",
		.advice = "the peer is gone or unreachable, or whole flights "
			  "are lost on the way",
		.reference = "RFC 6298, 5; tcp_retransmit_timer()",
	},
	{
		.id = "rtx.fast",
		.what = WHAT_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT,
		.match = match_fast,
		.meaning = "fast retransmit: later segments arrived, this one "
			   "did not",
		.why = "{peer} reported later segments of {owner} but not this "
		       "one: it was lost on the way",
		.effect = "repaired within about one round trip; the sending "
			  "rate is reduced",
		.advice = "single losses are how TCP finds its rate; look at "
			  "the path if they are many",
		.reference = "RFC 5681, 3.2; RFC 6675; "
			     "tcp_xmit_retransmit_queue()",
	},
};

RULE_FAMILY(retransmit_rules, "Retransmissions", rules);
