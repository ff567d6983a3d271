// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments sent again, and why the first copy did not do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "loss.h"
#include "rule.h"
#include "unanswered.h"
#include "words.h"

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
	finding_add_number(f, "rto_us", rto, "timer of %s", text);
}

static bool match_syn(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	unsigned int most;

	if (!loss_match(c, RESENT_SYN, f))
		return false;
	most = tcp->syn_retries + tcp->syn_linear + 1;
	finding_add_number(f, "syn", tcp->retransmits + 1, "SYN %u of %u",
			   tcp->retransmits + 1, most);
	finding_add_number(f, "syns_at_most", most, NULL);
	finding_add_number(f, "tcp_syn_retries", tcp->syn_retries, NULL);
	add_timer(c, f);
	add_drop(c, f);
	unanswered_add(c, f);
	return true;
}

static bool match_local_drop(const struct evidence_case *c, struct finding *f)
{
	const struct segment_event *e = c->segment;
	bool sure;

	if (e->err || e->tcp.state == STATE_SYN_SENT ||
	    e->tcp.state == STATE_SYN_RECV || !c->drop)
		return false;
	evidence_trigger(f, loss_trigger(loss_mechanism(c, &sure)));
	add_drop(c, f);
	return true;
}

/* Why the kernel could not send it; a positive number is a queue's. */
static const char *failure(const struct evidence_case *c)
{
	switch (-(int64_t)c->segment->err) {
	case EBUSY:
		return "the earlier copy still waits in a queue of this host";
	case ENOMEM:
	case ENOBUFS:
		return "there was no memory for it";
	case EHOSTUNREACH:
	case ENETUNREACH:
		return "this host has no route to the peer";
	case EPERM:
	case EACCES:
		return "a policy of this host refused it";
	case EAGAIN:
		return "the peer has taken back the window that it was in";
	case -1: /* NET_XMIT_DROP */
		return "the queue of the device was full";
	default:
		return NULL;
	}
}

/* It never was on the wire, so nobody's loss but this host's. */
static bool match_unsent(const struct evidence_case *c, struct finding *f)
{
	const struct segment_event *e = c->segment;
	char place[96], text[200] = "";
	const char *why = failure(c);
	const struct drop *drop;
	bool sure;

	if (!e->err || !why)
		return false;
	evidence_trigger(f, loss_trigger(loss_mechanism(c, &sure)));
	finding_add_string(f, "errno", words_send_error(e->err), "not sent: %s",
			   words_send_error(e->err));
	finding_add_string(f, "failure", why, NULL);
	drop = evidence_own_copy(c);
	if (drop) {
		struct evidence_case own = *c;

		own.drop = drop;
		evidence_add_drop(&own, f, "dropped by", place, sizeof(place));
		snprintf(text, sizeof(text), " (%s)", place);
	}
	finding_add_fragment(f, "refused_by", text);
	add_timer(c, f);
	return true;
}

static bool match_tail_loss_probe(const struct evidence_case *c,
				  struct finding *f)
{
	return loss_match(c, RESENT_PROBE, f);
}

static bool match_timeout(const struct evidence_case *c, struct finding *f)
{
	if (!loss_match(c, RESENT_TIMEOUT, f))
		return false;
	add_timer(c, f);
	return true;
}

/* A window shrunk to zero makes the same timer fire without any loss. */
static bool match_zero_window(const struct evidence_case *c, struct finding *f)
{
	if (!loss_match(c, RESENT_ZERO_WINDOW, f))
		return false;
	finding_add_number(f, "window", c->segment->tcp.snd_wnd,
			   "the peer's window is 0");
	add_timer(c, f);
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
		       "SYN {syn} of {syns_at_most}{dropped}",
		.effect = "connect() of {owner} keeps waiting",
		.advice = "{look}",
		.reference = "RFC 6298, 5; RFC 9293, 3.8.3; "
			     "tcp_retransmit_timer()",
	},
	{
		.id = "rtx.local-drop",
		.what = WHAT_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT,
		.needs = 1 << EVENT_DROP,
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
		.id = "rtx.unsent",
		.what = WHAT_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT,
		.needs_told = KERNEL_TELLS_UNSENT,
		.match = match_unsent,
		.meaning = "the retransmission itself failed: nothing was on "
			   "the wire",
		.why = "{owner}'s segment was to be sent again and was not on "
		       "the wire: {failure}{refused_by}",
		.effect = "the peer got nothing; the kernel tries again when "
			  "the timer expires next",
		.advice = "this is not the network: look at this host's "
			  "queues, memory, routes or firewall as named",
		.reference = "__tcp_retransmit_skb() (Linux 6.17 and later "
			     "tell it)",
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
		.id = "rtx.zero-window",
		.what = WHAT_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT,
		.match = match_zero_window,
		.meaning = "the peer's window was shrunk to zero: the timer "
			   "probes with what was sent into it",
		.why = "{peer} took back its window, to zero, after {owner} "
		       "had sent into it: the kernel repeats a segment to "
		       "learn when there is room again",
		.effect = "{owner}'s data waits until {peer} opens its window; "
			  "nothing needs to be lost",
		.advice = "the application at the other end does not read, or "
			  "its receive buffer was made smaller",
		.reference = "RFC 9293, 3.8.6; tcp_retransmit_timer()",
	},
};

RULE_FAMILY(retransmit_rules, "Retransmissions by a timer, or lost here",
	    rules);
