// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs from other hosts. */
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "rule.h"
#include "words.h"

/*
 * The sender is another host: no socket here is the other end, the address is
 * not this host's own, and no firewall here dropped what the RST answers (it
 * may have answered in the peer's name).
 */
static bool from_remote(const struct evidence_case *c)
{
	return !c->peer && !conn_is_local(c->conn) && !c->drop;
}

static bool received_in(const struct evidence_case *c, struct finding *f,
			uint32_t states)
{
	const struct tcp_snapshot *tcp;
	char when[32];
	uint64_t us;

	if (c->event->kind != EVENT_RESET_RECEIVED || !from_remote(c))
		return false;
	tcp = &c->segment->tcp;
	if (!(states & 1 << tcp->state))
		return false;
	snprintf(f->trigger, sizeof(f->trigger), "segment");
	if (tcp->state == STATE_SYN_SENT)
		return true;
	us = host_jiffies_us(c->host, tcp->jiffies - tcp->last_sent);
	words_duration(us * 1000, when, sizeof(when));
	if (tcp->bytes_out)
		finding_add_number(f, "since_last_sent_us", us,
				   "we had last sent %s before", when);
	return true;
}

/* A receiver that never got data has no such time. */
static void add_last_received(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	uint64_t us =
		host_jiffies_us(c->host, tcp->jiffies - tcp->last_received);
	char when[32];

	if (!tcp->bytes_in)
		return;
	words_duration(us * 1000, when, sizeof(when));
	finding_add_number(f, "since_last_received_us", us,
			   "last received %s before", when);
}

/* What we had sent last, how long ago, and whether it got there. */
static void add_history(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	uint32_t unacked = tcp->snd_nxt - tcp->snd_una;
	char when[32], what[48], text[240];
	uint64_t us;

	if (tcp->bytes_out) {
		us = host_jiffies_us(c->host, tcp->jiffies - tcp->last_sent);
		words_duration(us * 1000, when, sizeof(when));
		words_count(unacked, "byte", what, sizeof(what));
		snprintf(text, sizeof(text),
			 ", which had last sent %s before and was acknowledged "
			 "all but %s",
			 when, what);
		if (!unacked)
			snprintf(text, sizeof(text),
				 ", which had last sent %s before and was "
				 "acknowledged all",
				 when);
		finding_add_number(f, "unacknowledged", unacked,
				   unacked ? "%u B not acknowledged" : NULL,
				   unacked);
	} else {
		snprintf(text, sizeof(text), ", which had sent nothing");
	}
	finding_add_fragment(f, "history", text);
	add_last_received(c, f);
}

static bool match_refused(const struct evidence_case *c, struct finding *f)
{
	return received_in(c, f, 1 << STATE_SYN_SENT);
}

static bool match_before_accept(const struct evidence_case *c,
				struct finding *f)
{
	if (c->segment->tcp.flags & SOCK_F_HAS_FILE ||
	    c->segment->tcp.flags & SOCK_F_DEAD)
		return false;
	return received_in(c, f,
			   1 << STATE_ESTABLISHED | 1 << STATE_SYN_RECV |
				   1 << STATE_CLOSE_WAIT);
}

static bool match_mid_stream(const struct evidence_case *c, struct finding *f)
{
	if (!(c->segment->tcp.flags & SOCK_F_HAS_FILE))
		return false;
	if (!received_in(c, f, 1 << STATE_ESTABLISHED | 1 << STATE_CLOSE_WAIT))
		return false;
	add_history(c, f);
	return true;
}

static bool match_after_close(const struct evidence_case *c, struct finding *f)
{
	return received_in(c, f,
			   1 << STATE_FIN_WAIT1 | 1 << STATE_FIN_WAIT2 |
				   1 << STATE_CLOSING | 1 << STATE_LAST_ACK);
}

/* Neither of these two reaches tcp_reset(): the dropped segment tells. */
static bool is_dropped_reset(const struct evidence_case *c)
{
	return c->event->kind == EVENT_DROP && from_remote(c) &&
	       c->segment->seg.flags & TCP_RST;
}

static bool match_handshake(const struct evidence_case *c, struct finding *f)
{
	/* Dropped by a listener itself it would be a RST out of nowhere. */
	if (!is_dropped_reset(c) || c->flow ||
	    !(stack_has(c->stack, "tcp_v4_rcv") ||
	      stack_has(c->stack, "tcp_v6_rcv")) ||
	    stack_has(c->stack, "tcp_v4_do_rcv") ||
	    stack_has(c->stack, "tcp_v6_do_rcv") ||
	    !strcmp(c->reason, "NO_SOCKET") ||
	    !flow_find_listener(c->flows, c->conn, c->event->time, false))
		return false;
	snprintf(f->trigger, sizeof(f->trigger), "segment");
	f->confidence = CONFIDENCE_LIKELY;
	return true;
}

static bool is_past(const struct flow_mark *mark, const struct evidence_case *c)
{
	return mark->time && mark->time <= c->event->time;
}

/* RFC 5961, 3.2: in the window but not exact: a challenge ACK, no more. */
static bool match_ignored(const struct evidence_case *c, struct finding *f)
{
	const struct flow *flow = c->flow;

	if (!is_dropped_reset(c) || !flow || flow->listener ||
	    is_past(&flow->past->gone, c) ||
	    is_past(&flow->resets->received, c))
		return false;
	if (strcmp(c->reason, "TCP_RESET") != 0 &&
	    strcmp(c->reason, "TCP_INVALID_SEQUENCE") != 0 &&
	    strcmp(c->reason, "TCP_INVALID_END_SEQUENCE") != 0)
		return false;
	snprintf(f->trigger, sizeof(f->trigger), "segment");
	return true;
}

static const struct rule rules[] = {
	{
		.id = "rst-received.refused",
		.what = WHAT_RST_RECEIVED,
		.triggers = 1 << EVENT_RESET_RECEIVED,
		.match = match_refused,
		.meaning = "in SYN_SENT: the remote host refused",
		.why = "{remote} answered the SYN of {owner} with a RST: "
		       "nothing listens there, or a firewall on the way "
		       "rejects it",
		.effect = "connect() of {owner} fails with ECONNREFUSED",
		.advice = "check the server and the port on the remote host",
		.reference = "RFC 9293, 3.10.7.3; tcp_reset()",
	},
	{
		.id = "rst-received.before-accept",
		.what = WHAT_RST_RECEIVED,
		.triggers = 1 << EVENT_RESET_RECEIVED,
		.match = match_before_accept,
		.meaning = "the client reset before accept()",
		.why = "{remote} connected and reset the connection before "
		       "{owner} accepted it",
		.effect = "accept() still succeeds; the first read fails with "
			  "ECONNRESET",
		.advice = "if there are many, the server accepts too slowly, "
			  "or a health check or scanner is at work",
		.reference = "RFC 9293, 3.10.7.4; tcp_reset()",
	},
	{
		.id = "rst-received.mid-stream",
		.what = WHAT_RST_RECEIVED,
		.triggers = 1 << EVENT_RESET_RECEIVED,
		.match = match_mid_stream,
		.meaning = "during an open connection",
		.why = "{remote} reset the open connection of {owner}{history}",
		.effect = "{owner_effect}",
		.advice = "the reason lies on the remote host, or on a "
			  "middlebox that forgot the connection: look there "
			  "at the same time",
		.reference = "RFC 9293, 3.10.7.4; tcp_reset()",
	},
	{
		.id = "rst-received.after-close",
		.what = WHAT_RST_RECEIVED,
		.triggers = 1 << EVENT_RESET_RECEIVED,
		.match = match_after_close,
		.meaning = "after we sent FIN: the remote had data unread or "
			   "was gone",
		.why = "{owner} had sent its FIN (state {state}); {remote} "
		       "answered with a RST: it had data unread, or had "
		       "already dropped the connection",
		.effect = "none for an application that was done; data that "
			  "the remote had not read is lost",
		.advice = "if the data matters, wait for the peer's end of "
			  "file before closing",
		.reference = "RFC 9293, 3.10.7.4; RFC 2525, 2.17; tcp_reset()",
	},
	{
		.id = "rst-received.handshake",
		.what = WHAT_RST_RECEIVED,
		.triggers = 1 << EVENT_DROP,
		.match = match_handshake,
		.meaning = "on a half-open request",
		.why = "{remote} sent a SYN and, instead of completing the "
		       "handshake, a RST",
		.effect = "none: the application never sees it",
		.advice = "a half-open scan, a load balancer's probe, or a "
			  "client whose SYN was spoofed",
		.reference = "RFC 9293, 3.10.7.4; tcp_check_req()",
	},
	{
		.id = "rst-received.ignored",
		.what = WHAT_RST_RECEIVED,
		.triggers = 1 << EVENT_DROP,
		.needs_told = KERNEL_TELLS_WHY_DROPPED,
		.match = match_ignored,
		.meaning = "out of window or inexact: challenge ACK, nothing "
			   "changed",
		.why = "{remote} sent a RST whose sequence number was not the "
		       "one expected: it was not obeyed",
		.effect = "none: the connection of {owner} goes on",
		.advice = "a late RST of an older connection, or an attempt "
			  "to break this one",
		.reference = "RFC 5961, 3.2; tcp_validate_incoming()",
	},
};

RULE_FAMILY(reset_received_rules, "RST received from another host", rules);
