// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs sent in answer to a segment. */
#include <stdio.h>

#include "act.h"
#include "elsewhere.h"
#include "evidence.h"
#include "rule.h"
#include "words.h"

static bool reason_is(const struct evidence_case *c, const char *reason)
{
	return c->segment->seg.present && evidence_reason_is(c, reason);
}

/* How the application closed: which of the three made it a RST. */
enum closed_how {
	CLOSED_CLOSE,
	CLOSED_SHUTDOWN,
	CLOSED_LINGER2,
};

static enum closed_how closed_how(const struct segment_event *e)
{
	/* Only an orphan has a mini-socket, and only an orphan obeys LINGER2.
	 */
	if (!(e->tcp.flags & SOCK_F_FULL))
		return CLOSED_CLOSE;
	if (!(e->tcp.flags & SOCK_F_DEAD))
		return CLOSED_SHUTDOWN;
	return e->tcp.linger2 < 0 ? CLOSED_LINGER2 : CLOSED_CLOSE;
}

static void add_closed_how(const struct evidence_case *c, struct finding *f)
{
	static const char *const names[] = { "close", "shutdown", "linger2" };
	enum closed_how how = closed_how(c->segment);
	const struct flow *flow = c->flow;

	finding_add_string(f, "closed_how", names[how], NULL);
	if (how == CLOSED_LINGER2) {
		finding_add_fragment(f, "so",
				     "with TCP_LINGER2 negative the kernel "
				     "resets instead of waiting for its FIN");
		finding_add_number(f, "linger2", c->segment->tcp.linger2,
				   "TCP_LINGER2 negative");
		return;
	}
	/* shutdown(SHUT_WR) alone would have let it read on. */
	if (how == CLOSED_CLOSE && flow && flow->past->act.mark.time &&
	    flow->past->act.kind == ACT_SHUTDOWN)
		finding_add_fragment(f, "so",
				     "it has closed the socket since, so "
				     "nobody could read them");
	else
		finding_add_fragment(f, "so", "nobody could read them");
}

/*
 * TCP_ABORT_ON_DATA: on the full socket, after tcp_done(); no segment reaches
 * a socket in CLOSE otherwise. TIMEWAIT_SOCKET: on the mini-socket that stands
 * in for an orphan in FIN_WAIT2; the peer may still send FIN there, so only
 * data is the peer's mistake. With TCP_LINGER2 < 0 it need be no more than the
 * ACK of our FIN.
 */
static bool match_data_after_close(const struct evidence_case *c,
				   struct finding *f)
{
	const struct segment_event *e = c->segment;
	bool full = e->tcp.flags & SOCK_F_FULL;
	char text[32];

	if (!e->seg.present || e->seg.flags & TCP_SYN)
		return false;
	if (reason_is(c, "TCP_TIMEWAIT_SOCKET")) {
		if (e->substate != STATE_FIN_WAIT2 || !e->seg.len)
			return false;
	} else if (evidence_no_reason(c)) {
		if (!full || e->tcp.state != STATE_CLOSE ||
		    (!e->seg.len && closed_how(e) != CLOSED_LINGER2))
			return false;
	} else if (!reason_is(c, "TCP_ABORT_ON_DATA")) {
		return false;
	}
	evidence_trigger(f, "segment");
	finding_add_number(f, "segment_bytes", e->seg.len,
			   "segment of %u B to a closed socket", e->seg.len);
	words_count(e->seg.len, "byte", text, sizeof(text));
	finding_add_fragment(f, "sent", e->seg.len ? text : "an ACK");
	evidence_add_ended(c, f);
	add_closed_how(c, f);
	return true;
}

/* What became of a connection that has no socket any more. */
static void add_fate(const struct evidence_case *c, struct finding *f)
{
	if (evidence_add_ended(c, f))
		return;
	if (!c->flow)
		finding_add_fragment(f, "ended",
				     "; tcpwhy has never seen it: it is older, "
				     "or never was");
	else if (!c->flow->destroyed)
		finding_add_fragment(f, "ended", "; tcpwhy did not see it end");
	else
		finding_add_fragment(f, "ended",
				     "; nothing tcpwhy saw ended it: it "
				     "vanished without a FIN or RST");
}

static bool match_connection_gone(const struct evidence_case *c,
				  struct finding *f)
{
	const struct tcp_segment *seg = &c->segment->seg;

	if (!reason_is(c, "NO_SOCKET") || seg->flags & TCP_SYN ||
	    !(seg->flags & (TCP_ACK | TCP_FIN)))
		return false;
	evidence_trigger(f, "segment");
	evidence_add_segment(c, f);
	add_fate(c, f);
	return true;
}

/*
 * A LISTEN socket takes no ACK. What is of no connection reaches the listener;
 * so does an ACK that fits no handshake under way, whose request may have
 * expired: without a memory of the connection that cannot be told apart.
 */
static bool match_stale_segment(const struct evidence_case *c,
				struct finding *f)
{
	const struct segment_event *e = c->segment;

	if (!e->seg.present || e->tcp.state != STATE_LISTEN ||
	    e->seg.flags & TCP_SYN || !(e->seg.flags & TCP_ACK))
		return false;
	if (evidence_no_reason(c) ? stack_has(c->stack, "tcp_check_req")
				  : !reason_is(c, "TCP_FLAGS"))
		return false;
	evidence_trigger(f, "segment");
	evidence_add_segment(c, f);
	if (c->flow) {
		add_fate(c, f);
		return true;
	}
	f->confidence = CONFIDENCE_LIKELY;
	finding_add_fragment(f, "ended",
			     "; tcpwhy has never seen it: it is older, or its "
			     "handshake was never completed");
	return true;
}

/* "it called close() ", "it was killed by SIGKILL "; "" if not known. */
static void add_how_it_stopped(const struct flow *past, struct finding *f,
			       char *how, size_t size)
{
	char who[96] = "it", act[64], trigger[32];
	struct party party;

	*how = '\0';
	if (!act_of_flow(&past->past->act, &party, trigger, sizeof(trigger)))
		return;
	if (party.pid != past->owner->pid)
		words_party(&party, who, sizeof(who));
	act_words(trigger, act, sizeof(act));
	snprintf(how, size, "%s %s ", who, act);
	finding_add_string(f, "past_listener_end", trigger, NULL);
}

/* A listener that was there says more than "closed". */
static void add_past_listener(const struct evidence_case *c, struct finding *f)
{
	const struct flow *past =
		flow_find_listener(c->flows, c->conn, c->event->time, true);
	char who[96], when[32], how[170], text[320];

	if (!past || !past->owner->pid) {
		finding_add_string(f, "past_listener", "",
				   "nobody listened there while tcpwhy "
				   "watched");
		return;
	}
	words_party(past->owner, who, sizeof(who));
	evidence_ago(c, past->past->ended.time, when, sizeof(when));
	add_how_it_stopped(past, f, how, sizeof(how));
	snprintf(text, sizeof(text), "; %s listened there until %s%s before",
		 who, how, when);
	finding_add_fragment(f, "listened_before", text);
	finding_add_string(f, "past_listener", past->owner->comm,
			   "%s listened there until %s before", who, when);
	finding_add_number(f, "past_listener_pid", past->owner->pid, NULL);
	finding_add_event(f, past->past->ended.seq);
}

static bool match_port_closed(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_segment *seg = &c->segment->seg;

	if (!reason_is(c, "NO_SOCKET") || !(seg->flags & TCP_SYN) ||
	    seg->flags & TCP_ACK)
		return false;
	evidence_trigger(f, "segment");
	add_past_listener(c, f);
	if (!elsewhere_add(c, f))
		f->confidence = CONFIDENCE_LIKELY;
	return true;
}

static const struct rule rules[] = {
	{
		.id = "rst.data-after-close",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.wants_told = KERNEL_TELLS_ANSWERS,
		.match = match_data_after_close,
		.meaning = "the peer sent data after the application had "
			   "closed",
		.why = "{peer} sent {sent} on a connection that "
		       "{owner} had already closed in both directions{ended}: "
		       "{so}",
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
		.wants_told = KERNEL_TELLS_NO_SOCKET,
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
		.id = "rst.stale-segment",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_stale_segment,
		.meaning = "a segment of an unknown connection to a port "
			   "with a listener",
		.why = "{peer} sent on a connection that {local} does not "
		       "know, though {owner} listens there{ended}",
		.effect = "{reset_effect}",
		.advice =
			"look for what ended the connection on this side "
			"without the peer learning of it: a restart of the "
			"server, a crash, a firewall or NAT that forgot it; a "
			"handshake completed too late is another reason",
		.reference = "RFC 9293, 3.10.7.2 (LISTEN, second); "
			     "tcp_rcv_state_process()",
	},
	{
		.id = "rst.port-closed",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.wants_told = KERNEL_TELLS_NO_SOCKET,
		.match = match_port_closed,
		.meaning = "SYN to a port where nothing listens",
		.why = "the kernel refused the SYN of {peer}: nothing listens "
		       "on {local}{listened_before}{listens_elsewhere}",
		.effect = "{reset_effect}",
		.advice = "start the server, or check the address and port; "
			  "\"ss -ltnp\" lists what listens",
		.reference = "RFC 9293, 3.5.2 (group 1); tcp_v4_rcv(), "
			     "tcp_v6_rcv()",
	},
};

RULE_FAMILY(reset_answer_rules, "RST sent, in answer to a segment", rules);
