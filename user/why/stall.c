// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections that stand still, though nothing was lost. */
#include <stdio.h>

#include "evidence.h"
#include "rule.h"
#include "words.h"

/* The peer was looked at together with us. */
#define SAME_LOOK_NS 1000000000ULL

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static void add_reader(const struct evidence_case *c, struct finding *f,
		       uint64_t stalled)
{
	const struct flow *peer = c->peer;
	char who[96], text[240], unread[32];

	if (!peer ||
	    distance(peer->symptoms->shut_time, c->event->time) > SAME_LOOK_NS)
		return;
	words_party(peer->owner, who, sizeof(who));
	words_count(peer->symptoms->shut_unread, "byte", unread,
		    sizeof(unread));
	snprintf(text, sizeof(text), ": it has %s unread", unread);
	finding_add_fragment(f, "unread_there", text);
	finding_add_number(f, "peer_unread_bytes", peer->symptoms->shut_unread,
			   "%s has read nothing of %u B for %.1f s", who,
			   peer->symptoms->shut_unread, (double)stalled / 1e9);
}

/* How long nothing could be sent, as of the case's event. */
static uint64_t stalled_for(const struct evidence_case *c)
{
	const struct flow *flow = c->flow;
	uint64_t before =
		host_jiffies_us(c->host, flow->symptoms->stall_idle) * 1000;
	uint64_t now = c->event->time;

	return before + (now > flow->symptoms->stall.time
				 ? now - flow->symptoms->stall.time
				 : 0);
}

static bool match_zero_window(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	bool over = c->segment->role == STALL_OVER;
	uint64_t stalled;
	uint32_t unsent = tcp->write_seq - tcp->snd_nxt;
	char text[32], who[96], then[240];

	if (!c->flow ||
	    (!over && (c->segment->role != STALL_SENDER || tcp->snd_wnd)))
		return false;
	stalled = stalled_for(c);
	words_duration(stalled, text, sizeof(text));
	evidence_trigger(f, "timer:probe");
	finding_add_fragment(f, "stalled", text);
	finding_add_number(f, "stalled_us", stalled / 1000, "for %s", text);
	finding_add_number(f, "over", over, over ? "over now" : NULL);
	finding_add_fragment(f, "reads",
			     over ? "reads again" : "does not read");
	finding_add_fragment(f, "has_been", over ? "was" : "has been");
	if (over) {
		finding_add_event(f, c->flow->symptoms->stall.seq);
		finding_add_fragment(f, "then",
				     "data flows again; nothing was "
				     "lost");
		return true;
	}
	words_party(&f->owner, who, sizeof(who));
	snprintf(then, sizeof(then),
		 "%s can send nothing; nothing is lost, and the connection is "
		 "kept as long as the probes are answered",
		 who);
	finding_add_fragment(f, "then", then);
	add_reader(c, f, stalled);
	finding_add_number(f, "unsent", unsent, "%u B wait to be sent", unsent);
	finding_add_number(f, "probes", tcp->backoff, "%u window probe%s",
			   tcp->backoff, tcp->backoff == 1 ? "" : "s");
	return true;
}

static const struct rule rules[] = {
	{
		.id = "stall.zero-window",
		.what = WHAT_STALLED,
		.triggers = 1 << EVENT_STALLED,
		.match = match_zero_window,
		.meaning = "the peer's window is zero and probes go on",
		.why = "{peer} {reads}{unread_there}; its window {has_been} "
		       "closed to {owner} for {stalled}",
		.effect = "{then}",
		.advice = "find out why the receiving process does not read "
			  "(busy, blocked, stopped), not what the network does",
		.reference = "RFC 9293, 3.8.6.1; tcp_send_probe0()",
	},
};

RULE_FAMILY(stall_rules, "Connections that stand still", rules);
