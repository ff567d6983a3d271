// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections that the kernel gave up, without a RST. */
#include <errno.h>
#include <stdio.h>

#include "evidence.h"
#include "failure.h"
#include "rule.h"
#include "words.h"

static bool failed_open(const struct evidence_case *c)
{
	return c->sock->old_state != STATE_SYN_SENT &&
	       c->sock->new_state == STATE_CLOSE;
}

/* Probes of a closed window count apart from data sent again. */
static bool was_probing(const struct evidence_case *c)
{
	return !c->sock->retransmits && c->sock->probes_out;
}

static void add_tries(const struct evidence_case *c, struct finding *f)
{
	const struct flow *flow = c->flow;
	unsigned int sent = c->sock->retransmits;
	uint64_t first = 0;
	char tries[48], text[96], waited[32];

	if (was_probing(c)) {
		sent = c->sock->probes_out;
		words_count(sent, "window probe", tries, sizeof(tries));
		if (flow)
			first = flow->symptoms->stall.time;
	} else {
		/* Those by which something was sent before the first timeout,
		 * a loss probe, count too. */
		if (flow && flow->symptoms->stuck.time) {
			first = flow->symptoms->stuck.time;
			if (flow->symptoms->stuck_count > sent)
				sent = flow->symptoms->stuck_count;
		}
		words_count(sent, "retransmission", tries, sizeof(tries));
	}
	if (first && c->event->time > first) {
		words_duration(c->event->time - first, waited, sizeof(waited));
		snprintf(text, sizeof(text), "%s in %s", tries, waited);
		finding_add_number(f, "waited_us",
				   (c->event->time - first) / 1000, NULL);
	} else {
		snprintf(text, sizeof(text), "%s", tries);
	}
	finding_add_number(f, "retransmissions", sent, "%s", text);
	finding_add_fragment(f, "tries", text);
	if (c->sock->unsent)
		finding_add_number(f, "unsent", c->sock->unsent,
				   "%u B never sent", c->sock->unsent);
}

/* An orphan's error reaches nobody. */
static void add_told(const struct evidence_case *c, struct finding *f)
{
	const char *error = words_errno(c->sock->err);
	char who[96], text[200];

	words_party(&f->owner, who, sizeof(who));
	if (c->sock->flags & SOCK_F_DEAD)
		snprintf(text, sizeof(text), "nobody is told: %s had closed",
			 who);
	else
		snprintf(text, sizeof(text),
			 "%s gets %s from its next read or write", who, error);
	finding_add_fragment(f, "told", text);
}

static void add_drop(const struct evidence_case *c, struct finding *f)
{
	char place[96], text[200];

	if (!c->drop)
		return;
	evidence_add_drop(c, f, "one was dropped by", place, sizeof(place));
	snprintf(text, sizeof(text),
		 "; of them or of the answers at least "
		 "one was dropped on this host by %s",
		 place);
	finding_add_fragment(f, "dropped", text);
}

static void add_all(const struct evidence_case *c, struct finding *f)
{
	add_tries(c, f);
	add_told(c, f);
}

static bool match_unreachable(const struct evidence_case *c, struct finding *f)
{
	if (!failed_open(c) || !failure_is_unreachable(c->sock->err))
		return false;
	failure_add_origin(c, f);
	add_all(c, f);
	return true;
}

/* With it set nothing else limits how long data is sent again. */
static bool match_user_timeout(const struct evidence_case *c, struct finding *f)
{
	const struct sock_event *e = c->sock;
	char text[32];

	if (!failed_open(c) || e->err != ETIMEDOUT || !e->user_timeout ||
	    !(e->retransmits || e->probes_out))
		return false;
	if (was_probing(c)) /* tcp_retries2 limits the probes all the same */
		f->confidence = CONFIDENCE_LIKELY;
	evidence_trigger(f, "timer:rto");
	words_duration(e->user_timeout * 1000000ULL, text, sizeof(text));
	finding_add_fragment(f, "limit", text);
	finding_add_number(f, "user_timeout_ms", e->user_timeout,
			   "TCP_USER_TIMEOUT %s", text);
	add_all(c, f);
	add_drop(c, f);
	return true;
}

static bool match_timeout(const struct evidence_case *c, struct finding *f)
{
	const struct sock_event *e = c->sock;

	if (!failed_open(c) || e->err != ETIMEDOUT || e->user_timeout ||
	    !(e->retransmits || e->probes_out))
		return false;
	evidence_trigger(f, was_probing(c) ? "timer:probe" : "timer:rto");
	add_all(c, f);
	add_drop(c, f);
	return true;
}

static const struct rule rules[] = {
	{
		.id = "conn.unreachable",
		.what = WHAT_CONNECTION_FAILED,
		.triggers = 1 << EVENT_STATE,
		.wants = 1 << EVENT_ERROR,
		.match = match_unreachable,
		.meaning = "an ICMP error, or a lost route, ended it",
		.why = "the connection of {owner} with {peer} was given up: "
		       "{how} ({tries})",
		.effect = "{told}; what was not acknowledged is lost; no RST "
			  "is sent",
		.advice = "look at the routes and firewalls on the way, and "
			  "whether the remote host is up",
		.reference = "RFC 1122, 4.2.3.9; tcp_v4_err(), "
			     "tcp_write_timeout()",
	},
	{
		.id = "conn.user-timeout",
		.what = WHAT_CONNECTION_FAILED,
		.triggers = 1 << EVENT_STATE,
		.match = match_user_timeout,
		.meaning = "TCP_USER_TIMEOUT on data that was not acknowledged",
		.why = "{peer} acknowledged nothing of {owner}'s for longer "
		       "than its TCP_USER_TIMEOUT of {limit}: {tries}{dropped}",
		.effect = "{told}; what was not acknowledged is lost; no RST "
			  "is sent",
		.advice = "the application set that limit; the peer is gone or "
			  "slow, or the way is broken",
		.reference = "RFC 5482; RFC 9293, 3.8.3; tcp_write_timeout()",
	},
	{
		.id = "conn.timeout",
		.what = WHAT_CONNECTION_FAILED,
		.triggers = 1 << EVENT_STATE,
		.match = match_timeout,
		.meaning = "data retries exhausted",
		.why = "{peer} answered {owner} no more: {tries}, then the "
		       "kernel gave up{dropped}",
		.effect = "{told}; what was not acknowledged is lost; no RST "
			  "is sent",
		.advice = "the peer's host is down or unreachable, or "
			  "something on the way forgot the connection; "
			  "net.ipv4.tcp_retries2 says how long to try "
			  "(tcp_orphan_retries for closed sockets)",
		.reference = "RFC 9293, 3.8.3; RFC 1122, 4.2.3.5; "
			     "tcp_write_timeout()",
	},
};

RULE_FAMILY(connection_rules, "Connections that the kernel gave up", rules);
