// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections that never came to be. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "act.h"
#include "evidence.h"
#include "failure.h"
#include "rule.h"
#include "unanswered.h"
#include "words.h"

static bool failed_connect(const struct evidence_case *c)
{
	return c->sock->old_state == STATE_SYN_SENT &&
	       c->sock->new_state == STATE_CLOSE;
}

static uint64_t waited_for(const struct evidence_case *c)
{
	if (!c->flow || !c->flow->born || c->event->time <= c->flow->born)
		return 0;
	return c->event->time - c->flow->born;
}

static void add_attempt(const struct evidence_case *c, struct finding *f)
{
	unsigned int syns = c->sock->retransmits + 1;
	uint64_t waited = waited_for(c);
	char text[32], sent[32];

	/* Tried is not sent. */
	if (c->flow && c->flow->symptoms->send_err)
		syns = c->flow->retransmits + 1;
	words_duration(waited, text, sizeof(text));
	finding_add_number(f, "syns", syns, "%u SYN%s in %s", syns,
			   syns == 1 ? "" : "s", text);
	words_count(syns, "SYN", sent, sizeof(sent));
	finding_add_fragment(f, "syns_sent", sent);
	finding_add_fragment(f, "waited", text);
	finding_add_number(f, "waited_us", waited / 1000, NULL);
	finding_add_number(f, "tcp_syn_retries", c->sock->syn_retries,
			   "tcp_syn_retries %u", c->sock->syn_retries);
}

static void add_drop(const struct evidence_case *c, struct finding *f)
{
	char place[96], text[200];
	unsigned int count;

	unanswered_add(c, f);
	if (!c->drop)
		return;
	/* Nothing but SYNs is sent in SYN_SENT. */
	count = drops_count(c->drops, c->conn, c->flow->born,
			    c->drop->event.reason);
	finding_add_number(f, "syns_dropped", count, NULL);
	evidence_add_drop(c, f, "the last was dropped by", place,
			  sizeof(place));
	snprintf(text, sizeof(text),
		 "; %u of them %s dropped on this host by %s", count,
		 count == 1 ? "was" : "were", place);
	finding_add_fragment(f, "dropped", text);
}

#define NSEC_PER_MSEC 1000000ULL

/*
 * The timer is cut to end with the user timeout. After all retries it is not
 * that which ended them, unless the time is just right.
 */
static bool by_user_timeout(const struct evidence_case *c)
{
	uint64_t limit = c->sock->user_timeout * NSEC_PER_MSEC;
	uint64_t waited = waited_for(c);

	if (!limit || waited + limit / 10 < limit)
		return false;
	return c->sock->retransmits < c->sock->syn_retries ||
	       waited < limit + 500 * NSEC_PER_MSEC;
}

/* (From 6.5 tcp_syn_linear_timeouts adds to the retries: never fewer.) */
static bool match_timeout(const struct evidence_case *c, struct finding *f)
{
	const struct sock_event *e = c->sock;
	bool cut = by_user_timeout(c);
	char limit[64], timeout[32];

	if (!failed_connect(c) || e->err != ETIMEDOUT ||
	    (!cut && e->retransmits < e->syn_retries))
		return false;
	evidence_trigger(f, "timer:rto");
	add_attempt(c, f);
	words_duration(e->user_timeout * NSEC_PER_MSEC, timeout,
		       sizeof(timeout));
	if (cut)
		snprintf(limit, sizeof(limit), "TCP_USER_TIMEOUT is %s",
			 timeout);
	else
		snprintf(limit, sizeof(limit), "tcp_syn_retries is %u",
			 e->syn_retries);
	finding_add_fragment(f, "which_limit", limit);
	if (e->user_timeout)
		finding_add_number(f, "user_timeout_ms", e->user_timeout,
				   "TCP_USER_TIMEOUT %s", timeout);
	add_drop(c, f);
	return true;
}

/* An ICMP error is refused by the same errno as a RST, which may be lost. */
static bool may_be_refused(const struct evidence_case *c)
{
	return c->sock->err == ECONNREFUSED && c->after_loss && !c->drop &&
	       !failure_is_told_by_icmp(c);
}

/* By a RST it is told already: see failed() in judge.c. */
static bool match_unreachable(const struct evidence_case *c, struct finding *f)
{
	if (!failed_connect(c) || !failure_is_unreachable(c->sock->err) ||
	    may_be_refused(c))
		return false;
	failure_add_origin(c, f);
	add_attempt(c, f);
	return true;
}

static bool match_aborted(const struct evidence_case *c, struct finding *f)
{
	if (!failed_connect(c) || c->sock->err ||
	    !(c->event->flags & EVENT_F_OWNED) || !c->flow ||
	    c->flow->resets->received.time)
		return false;
	if (!act_of_flow(&c->flow->past->act, &f->actor, f->trigger,
			 sizeof(f->trigger)))
		return false;
	add_attempt(c, f);
	add_drop(c, f);
	return true;
}

static const struct rule rules[] = {
	{
		.id = "connect.unreachable",
		.what = WHAT_CONNECT_FAILED,
		.triggers = 1 << EVENT_STATE,
		.wants = 1 << EVENT_ERROR,
		.match = match_unreachable,
		.meaning = "an ICMP error, or a route that was lost",
		.why = "{owner} cannot reach {remote}: {how} ({syns_sent} in "
		       "{waited})",
		.effect = "connect() of {owner} fails with {failed_with}; no "
			  "RST was "
			  "involved",
		.advice = "look at the firewall that rejects, at the routes, "
			  "and whether the address is right and its host up "
			  "(where there is no route from the start, connect() "
			  "fails before there is anything to see)",
		.reference = "RFC 1122, 4.2.3.9; RFC 792; RFC 4443, 3.1; "
			     "tcp_v4_err(), tcp_v6_err()",
	},
	{
		.id = "connect.timeout",
		.what = WHAT_CONNECT_FAILED,
		.triggers = 1 << EVENT_STATE,
		.match = match_timeout,
		.meaning = "SYN retries exhausted, or TCP_USER_TIMEOUT over",
		.why = "{remote} answered none of {syns_sent} that {owner} "
		       "sent in {waited} ({which_limit}){dropped}",
		.effect = "connect() of {owner} fails with ETIMEDOUT",
		.advice = "{look}",
		.reference = "RFC 1122, 4.2.3.5; tcp_write_timeout()",
	},
	{
		.id = "connect.aborted",
		.what = WHAT_CONNECT_FAILED,
		.triggers = 1 << EVENT_STATE,
		.match = match_aborted,
		.meaning = "given up by the application",
		.why = "{actor} {act} while its connect() was still waiting "
		       "for {remote}, after {syns_sent} in {waited}{dropped}",
		.effect = "the connection attempt ends; nothing is sent",
		.advice = "an application timeout shorter than the kernel's: "
			  "the remote end was slow, or silent",
		.reference = "RFC 9293, 3.10.4 (CLOSE in SYN-SENT); "
			     "__tcp_close()",
	},
};

RULE_FAMILY(connect_rules, "Connections that never came to be", rules);
