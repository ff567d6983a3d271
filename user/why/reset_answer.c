// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs sent in answer to a segment. */
#include <stdio.h>

#include "evidence.h"
#include "rule.h"
#include "words.h"

static bool reason_is(const struct evidence_case *c, const char *reason)
{
	return c->segment->seg.present && evidence_reason_is(c, reason);
}

/*
 * TCP_ABORT_ON_DATA: on the full socket, after tcp_done(). TIMEWAIT_SOCKET:
 * on the mini-socket that stands in for an orphan in FIN_WAIT2; the peer may
 * still send FIN there, so only data is the peer's mistake.
 */
static bool match_data_after_close(const struct evidence_case *c,
				   struct finding *f)
{
	const struct segment_event *e = c->segment;
	char text[32];

	if (reason_is(c, "TCP_TIMEWAIT_SOCKET")) {
		if (e->substate != STATE_FIN_WAIT2 || !e->seg.len)
			return false;
	} else if (!reason_is(c, "TCP_ABORT_ON_DATA")) {
		return false;
	} else if (e->tcp.linger2 < 0) {
		return false; /* the application asked for it: TCP_LINGER2 */
	}
	evidence_trigger(f, "segment");
	finding_add_number(f, "segment_bytes", e->seg.len,
			   "segment of %u B to a closed socket", e->seg.len);
	words_count(e->seg.len, "byte", text, sizeof(text));
	finding_add_fragment(f, "sent", text);
	evidence_add_ended(c, f);
	return true;
}

/* Half of it is gone since, and its other end was not told. */
static void add_ended_by_reset(const struct evidence_case *c, struct finding *f)
{
	char when[32], text[64];

	evidence_ago(c, c->flow->reset_received.time, when, sizeof(when));
	snprintf(text, sizeof(text), "; a RST had ended it %s before", when);
	finding_add_fragment(f, "ended", text);
	finding_add_string(f, "ended_by", "rst", "a RST had ended it %s before",
			   when);
	finding_add_event(f, c->flow->reset_received.seq);
}

static bool match_connection_gone(const struct evidence_case *c,
				  struct finding *f)
{
	const struct tcp_segment *seg = &c->segment->seg;

	if (!reason_is(c, "NO_SOCKET") || seg->flags & TCP_SYN ||
	    !(seg->flags & (TCP_ACK | TCP_FIN)))
		return false;
	evidence_trigger(f, "segment");
	finding_add_number(f, "segment_bytes", seg->len,
			   seg->flags & TCP_FIN ? "FIN, %u B"
			   : seg->len		? "data, %u B"
						: "bare ACK, %u B",
			   seg->len);
	evidence_add_ended(c, f);
	if (c->flow && c->flow->reset_received.time)
		add_ended_by_reset(c, f);
	else if (c->flow && !f->actor.pid)
		finding_add_fragment(f, "ended",
				     "; nothing tcpwhy saw ended it: it "
				     "vanished without a FIN or RST");
	return true;
}

/* A listener that was there says more than "closed". */
static void add_past_listener(const struct evidence_case *c, struct finding *f)
{
	const struct flow *past =
		flow_find_listener(c->flows, c->conn, c->event->time, true);
	char who[96], when[32], text[200];

	if (!past || !past->owner.pid) {
		finding_add_string(f, "past_listener", "",
				   "nobody listened there while tcpwhy "
				   "watched");
		return;
	}
	words_party(&past->owner, who, sizeof(who));
	evidence_ago(c, past->ended.time, when, sizeof(when));
	snprintf(text, sizeof(text), "; %s listened there until %s before", who,
		 when);
	finding_add_fragment(f, "listened_before", text);
	finding_add_string(f, "past_listener", past->owner.comm,
			   "%s listened there until %s before", who, when);
	finding_add_number(f, "past_listener_pid", past->owner.pid, NULL);
	finding_add_event(f, past->ended.seq);
}

static bool match_port_closed(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_segment *seg = &c->segment->seg;

	if (!reason_is(c, "NO_SOCKET") || !(seg->flags & TCP_SYN) ||
	    seg->flags & TCP_ACK)
		return false;
	evidence_trigger(f, "segment");
	add_past_listener(c, f);
	return true;
}

static const struct rule rules[] = {
	{
		.id = "rst.data-after-close",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_data_after_close,
		.meaning = "the peer sent data after the application had "
			   "closed",
		.why = "{peer} sent {sent} on a connection that "
		       "{owner} had already closed in both directions{ended}: "
		       "nobody could read them",
		.effect = "{reset_effect}",
		.advice = "agree on who closes first; the side that closes "
			  "should read to end of file before",
		.reference = "RFC 9293, 3.6.1 and RFC 1122, 4.2.2.13; "
			     "tcp_rcv_state_process(), "
			     "tcp_timewait_state_process()",
	},
	{
		.id = "rst.connection-gone",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_connection_gone,
		.meaning = "data, ACK or FIN for a connection this host no "
			   "longer knows (half-open)",
		.why = "{peer} sent on a connection that {local} no longer "
		       "knows{ended}",
		.effect = "{reset_effect}",
		.advice =
			"look for what ended the connection on this side "
			"without the peer learning of it: a crash, a restart, "
			"a firewall or NAT that forgot it, an idle timeout",
		.reference = "RFC 9293, 3.5.1 (half-open connections); "
			     "tcp_v4_rcv(), tcp_v6_rcv()",
	},
	{
		.id = "rst.port-closed",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_port_closed,
		.meaning = "SYN to a port where nothing listens",
		.why = "nothing listens on {local}{listened_before}, so the "
		       "kernel refused the SYN of {peer}",
		.effect = "{reset_effect}",
		.advice = "start the server, or check the address and port; "
			  "\"ss -ltnp\" lists what listens",
		.reference = "RFC 9293, 3.5.2 (group 1); tcp_v4_rcv(), "
			     "tcp_v6_rcv()",
	},
};

RULE_FAMILY(reset_answer_rules, "RST sent, in answer to a segment", rules);
