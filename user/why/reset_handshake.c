// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * RSTs sent in answer to a segment that fits no handshake: in SYN_SENT, in
 * SYN_RECV, on a listener's half-open request, or too late for any of them.
 */
#include <stdio.h>

#include "evidence.h"
#include "rule.h"
#include "words.h"

static bool answers(const struct evidence_case *c, uint8_t flags, uint8_t mask)
{
	const struct tcp_segment *seg = &c->segment->seg;

	return seg->present && (seg->flags & mask) == flags;
}

/* Sequence numbers wrap (RFC 9293, 3.4). */
static bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* --- a SYN+ACK for which nobody waits --- */

/* Did the connection of the case begin here with a connect()? */
static bool began_here(const struct evidence_case *c)
{
	return c->flow && c->flow->path_len &&
	       c->flow->path[0] == STATE_SYN_SENT;
}

static void add_our_syn(const struct evidence_case *c, struct finding *f)
{
	char who[96], text[128];

	if (!began_here(c)) {
		/* Somebody else may have sent it in our name. */
		f->confidence = CONFIDENCE_LIKELY;
		finding_add_fragment(f, "our_syn",
				     "a SYN that tcpwhy has not seen");
		return;
	}
	if (c->flow->established)
		f->confidence = CONFIDENCE_LIKELY; /* or it came twice */
	words_party(c->flow->owner, who, sizeof(who));
	snprintf(text, sizeof(text), "the SYN of %s", who);
	finding_add_fragment(f, "our_syn", text);
}

/* It meets no socket, or whoever listens on the client's port by now. */
static bool match_late_synack(const struct evidence_case *c, struct finding *f)
{
	uint8_t state = c->segment->tcp.state;

	if (!answers(c, TCP_SYN | TCP_ACK, TCP_SYN | TCP_ACK))
		return false;
	if (state == STATE_LISTEN) {
		if (evidence_no_reason(c) ? stack_has(c->stack, "tcp_check_req")
					  : !evidence_reason_is(c, "TCP_FLAGS"))
			return false;
	} else if (!evidence_reason_is(c, "NO_SOCKET")) {
		return false;
	}
	evidence_trigger(f, "segment");
	add_our_syn(c, f);
	evidence_add_ended(c, f);
	return true;
}

/* --- in SYN_SENT --- */

/* RFC 9293, 3.10.7.3, first: SND.UNA < SEG.ACK =< SND.NXT. */
static bool ack_is_acceptable(const struct segment_event *e)
{
	return seq_before(e->tcp.snd_una, e->seg.ack) &&
	       !seq_before(e->tcp.snd_nxt, e->seg.ack);
}

static void add_ack(const struct evidence_case *c, struct finding *f)
{
	const struct segment_event *e = c->segment;

	finding_add_number(f, "segment_ack", e->seg.ack,
			   "acknowledges %u instead of %u", e->seg.ack,
			   e->tcp.snd_nxt);
	finding_add_number(f, "expected_ack", e->tcp.snd_nxt, NULL);
}

static bool in_syn_sent(const struct evidence_case *c, const char *reason)
{
	if (c->segment->tcp.state != STATE_SYN_SENT ||
	    !answers(c, TCP_ACK, TCP_ACK))
		return false;
	return evidence_no_reason(c) || evidence_reason_is(c, reason);
}

static bool match_old_connection(const struct evidence_case *c,
				 struct finding *f)
{
	if (!in_syn_sent(c, "TCP_INVALID_ACK_SEQUENCE") ||
	    ack_is_acceptable(c->segment))
		return false;
	evidence_trigger(f, "segment");
	finding_add_fragment(
		f, "answer",
		c->segment->seg.flags & TCP_SYN
			? "a SYN+ACK for another SYN of the same ports"
			: "an ACK of an older connection of the same ports");
	add_ack(c, f);
	return true;
}

/*
 * An acceptable ACK is refused in SYN_SENT for nothing but its timestamp; the
 * echo itself is not in the event.
 */
static bool match_bad_timestamp(const struct evidence_case *c,
				struct finding *f)
{
	if (!in_syn_sent(c, "TCP_RFC7323_PAWS") ||
	    !ack_is_acceptable(c->segment))
		return false;
	if (evidence_no_reason(c))
		f->confidence = CONFIDENCE_LIKELY;
	evidence_trigger(f, "segment");
	return true;
}

/* --- in SYN_RECV --- */

/*
 * A full socket is in SYN_RECV after a simultaneous open, or after TCP Fast
 * Open; any other handshake has a mere request, whose bad ACKs reach the
 * listener.
 */
static bool match_bad_handshake_ack(const struct evidence_case *c,
				    struct finding *f)
{
	const struct segment_event *e = c->segment;
	bool unsent = seq_before(e->tcp.snd_nxt, e->seg.ack);
	bool old = seq_before(e->seg.ack, e->tcp.snd_una);

	if (e->tcp.state != STATE_SYN_RECV || !answers(c, TCP_ACK, TCP_ACK))
		return false;
	if (evidence_no_reason(c)) {
		if ((!unsent && !old) || stack_has(c->stack, "tcp_check_req"))
			return false;
	} else if (!evidence_reason_is(c, "TCP_OLD_ACK") &&
		   !evidence_reason_is(c, "TCP_TOO_OLD_ACK") &&
		   !evidence_reason_is(c, "TCP_ACK_UNSENT_DATA")) {
		return false;
	}
	evidence_trigger(f, "segment");
	finding_add_fragment(f, "wrong",
			     unsent ? "what was never sent"
				    : "what was acknowledged before");
	add_ack(c, f);
	if (c->flow && c->flow->path_len)
		finding_add_string(f, "handshake",
				   began_here(c) ? "simultaneous-open"
						 : "fastopen",
				   began_here(c) ? "both ends sent a SYN"
						 : "TCP Fast Open");
	return true;
}

/* --- on a half-open request --- */

/*
 * tcp_check_req() answers with a RST for two reasons, and gives both the same
 * name: a SYN where there should be an ACK, and a full accept queue.
 */
static bool is_refused_request(const struct evidence_case *c)
{
	uint8_t state = c->segment->tcp.state;

	if (state != STATE_LISTEN && state != STATE_SYN_RECV)
		return false;
	return evidence_no_reason(c) ? stack_has(c->stack, "tcp_check_req")
				     : evidence_reason_is(c, "INVALID_SYN");
}

static bool match_bad_syn(const struct evidence_case *c, struct finding *f)
{
	if (!is_refused_request(c) || !answers(c, TCP_SYN, TCP_SYN))
		return false;
	evidence_trigger(f, "segment");
	return true;
}

static bool match_accept_queue_full(const struct evidence_case *c,
				    struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (!is_refused_request(c) || !answers(c, TCP_ACK, TCP_SYN | TCP_ACK) ||
	    tcp->state != STATE_LISTEN ||
	    tcp->ack_backlog <= tcp->max_ack_backlog)
		return false;
	evidence_trigger(f, "segment");
	finding_add_number(f, "accept_queue", tcp->ack_backlog,
			   "%u not accepted yet", tcp->ack_backlog);
	finding_add_number(f, "accept_queue_max", tcp->max_ack_backlog,
			   "backlog %u", tcp->max_ack_backlog);
	return true;
}

/* --- on the remainder of the connection before --- */

static bool match_port_reused(const struct evidence_case *c, struct finding *f)
{
	const struct segment_event *e = c->segment;

	if (!evidence_reason_is(c, "TCP_TIMEWAIT_SOCKET") ||
	    e->substate != STATE_FIN_WAIT2 ||
	    !answers(c, TCP_SYN, TCP_SYN | TCP_ACK))
		return false;
	evidence_trigger(f, "segment");
	finding_add_string(f, "half_closed", "FIN_WAIT2",
			   "the connection before is in FIN_WAIT2");
	evidence_add_ended(c, f);
	return true;
}

static const struct rule rules[] = {
	{
		.id = "rst.late-synack",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.wants_told = KERNEL_TELLS_NO_SOCKET,
		.match = match_late_synack,
		.meaning = "SYN+ACK for a connect that was given up",
		.why = "{peer} answered {our_syn} with a SYN+ACK that no "
		       "socket "
		       "waits for{ended}",
		.effect = "{remote} forgets its half-open connection; its "
			  "application never learns of it",
		.advice = "give connect() more time, or find out why the "
			  "answer took so long; without a connect() from here "
			  "somebody forges this address",
		.reference = "RFC 9293, 3.5.2 (group 1); tcp_v4_rcv(), "
			     "tcp_v6_rcv()",
	},
	{
		.id = "rst.port-reused",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.wants_told = KERNEL_TELLS_NO_SOCKET | KERNEL_TELLS_ANSWERS,
		.match = match_port_reused,
		.meaning = "a SYN for a 4-tuple that is still half-closed here",
		.why = "{peer} sent a SYN from the port of a connection whose "
		       "end here still waits for its FIN{ended}",
		.effect = "{reset_effect}; the old connection is forgotten, so "
			  "the next SYN is accepted",
		.advice = "find out why the client never sent a FIN (a "
			  "crash?), and let the kernel choose its port instead "
			  "of bind()",
		.reference = "RFC 9293, 3.10.7.4 (fourth, SYN); "
			     "tcp_timewait_state_process()",
	},
	{
		.id = "rst.bad-syn",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_bad_syn,
		.meaning = "an unacceptable SYN during the handshake",
		.why = "{peer} sent another SYN, with another number, while "
		       "its handshake with {owner} was under way: the "
		       "half-open connection is dropped",
		.effect = "{reset_effect}; {owner} never learns of it",
		.advice = "a client that restarted and took the same port, two "
			  "clients behind one address, or a forged SYN; a "
			  "client that tries again succeeds",
		.reference = "RFC 9293, 3.10.7.4 (fourth, SYN-RECEIVED); "
			     "tcp_check_req()",
	},
	{
		.id = "rst.accept-queue-full",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_accept_queue_full,
		.meaning = "tcp_abort_on_overflow=1 and the accept queue is "
			   "full",
		.why = "{owner} does not accept fast enough: {accept_queue} "
		       "wait already, its backlog is {accept_queue_max}; as "
		       "tcp_abort_on_overflow is 1 the handshake of {peer} was "
		       "reset instead of left to be tried again",
		.effect = "{reset_effect}",
		.advice = "accept faster, or listen() with a larger backlog "
			  "(net.core.somaxconn limits it); with "
			  "tcp_abort_on_overflow=0 clients try again",
		.reference = "tcp(7), tcp_abort_on_overflow; tcp_check_req()",
	},
	{
		.id = "rst.old-connection",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_old_connection,
		.meaning = "SYN_SENT got an unacceptable ACK: the peer still "
			   "has an old connection",
		.why = "{peer} answered the SYN of {owner} with {answer}",
		.effect = "connect() of {owner} goes on, the SYN is sent "
			  "again; {reset_effect}",
		.advice = "find out what ended the older connection here "
			  "without the peer learning of it (a crash, a "
			  "restart, a firewall); let the kernel choose the "
			  "client's port",
		.reference = "RFC 9293, 3.5.1 and 3.10.7.3; "
			     "tcp_rcv_synsent_state_process()",
	},
	{
		.id = "rst.bad-timestamp",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.wants_told = KERNEL_TELLS_ANSWERS,
		.match = match_bad_timestamp,
		.meaning = "PAWS refused the answer in SYN_SENT",
		.why = "{peer} answered the SYN of {owner} with the echo of a "
		       "timestamp that was not in it: the answer is refused",
		.effect = "connect() of {owner} goes on, the SYN is sent "
			  "again; {reset_effect}",
		.advice = "look for a NAT, a load balancer or a proxy of SYNs "
			  "on the way that mixes up timestamps (RFC 7323); it "
			  "may also be the late answer to an older SYN",
		.reference = "RFC 7323, 3.2 and 5; "
			     "tcp_rcv_synsent_state_process()",
	},
	{
		.id = "rst.bad-handshake-ack",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_bad_handshake_ack,
		.meaning = "a wrong ACK in SYN_RECV",
		.why = "{peer} acknowledged {wrong} while its handshake with "
		       "{owner} was under way",
		.effect = "{owner} still waits in SYN_RECV for the right ACK; "
			  "{reset_effect}",
		.advice = "an ACK of an older connection of the same ports, or "
			  "a forged one",
		.reference = "RFC 9293, 3.10.7.4 (fifth, SYN-RECEIVED); "
			     "tcp_rcv_state_process()",
	},
};

RULE_FAMILY(reset_handshake_rules,
	    "RST sent, in answer to a segment of a handshake", rules);
