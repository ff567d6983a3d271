// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "act.h"
#include "case.h"
#include "catalogue.h"
#include "decode.h"
#include "evidence.h"
#include "failure.h"
#include "loss.h"
#include "origin.h"
#include "particulars.h"
#include "words.h"

/* --- is there something to explain? --- */

/*
 * Data after close calls tcp_reset() on the local socket: the event fires, but
 * no RST came in. A real one is seen by tcp_validate_incoming(), or in
 * SYN_SENT.
 */
static bool is_false_reset(const struct evidence_case *c)
{
	return c->segment->tcp.state != STATE_SYN_SENT &&
	       stack_calls(c->stack, "tcp_rcv_state_process", "tcp_reset");
}

/*
 * The RST came from this host: its sender's finding tells it. A half-open
 * request is no flow; what sent the RST, or had its place, may be one.
 */
static bool sent_from_here(const struct evidence_case *c)
{
	uint64_t time = c->event->time;
	struct span before = { 0, time + CASE_SAME_RESET_NS };
	const struct flow *sender;

	if (c->event->kind == EVENT_DROP && !(c->segment->seg.flags & TCP_RST))
		return false;
	if (c->flow && case_close_in_time(c->flow->resets->answered.time, time))
		return true;
	if (c->event->kind != EVENT_DROP)
		return false;
	sender = flow_find_peer(c->flows, c->conn, before);
	return sender && (case_close_in_time(sender->resets->sent.time, time) ||
			  case_close_in_time(sender->resets->aside.time, time));
}

static bool failed(const struct evidence_case *c, enum finding_what *what)
{
	const struct sock_event *e = c->sock;
	const struct flow *flow = c->flow;

	if (e->new_state != STATE_CLOSE || e->old_state == STATE_LISTEN)
		return false;
	if (flow &&
	    (flow->resets->received.time ||
	     case_close_in_time(flow->resets->answered.time, e->h.time)))
		return false; /* told by the RST */
	if (e->old_state == STATE_SYN_SENT) {
		*what = WHAT_CONNECT_FAILED;
		/* By a RST that came before the watch. */
		return !(e->err == ECONNREFUSED && case_just_begun(c) &&
			 !failure_is_told_by_icmp(c));
	}
	*what = WHAT_CONNECTION_FAILED;
	return (e->err == ETIMEDOUT || failure_is_unreachable(e->err)) &&
	       !(flow && flow->resets->sent.time);
}

/* Told when it is seen first, and when it is over: not at every look. */
static bool is_news(const struct evidence_case *c)
{
	const struct flow *flow = c->flow;

	return flow && (flow->symptoms->stall.seq == c->seq ||
			flow->symptoms->stall_over.seq == c->seq);
}

/* False: nothing to explain. *only_if_known: no finding without a rule. */
static bool wants_finding(const struct evidence_case *c,
			  enum finding_what *what, bool *only_if_known)
{
	*only_if_known = false;
	switch (c->event->kind) {
	case EVENT_RESET_SENT:
		*what = WHAT_RST_SENT;
		return true;
	case EVENT_RESET_RECEIVED:
		*what = WHAT_RST_RECEIVED;
		*only_if_known = case_just_begun(c);
		return !is_false_reset(c) && !sent_from_here(c) &&
		       !origin_is_told(c);
	case EVENT_PACKET:
		*what = WHAT_RST_SENT;
		*only_if_known = true;
		return !origin_is_repeated(c);
	case EVENT_RETRANSMIT:
		*what = WHAT_RETRANSMIT;
		return true;
	case EVENT_RETRANSMIT_SYNACK:
		*what = WHAT_SYNACK_RETRANSMIT;
		return true;
	case EVENT_DROP:
		*what = WHAT_RST_RECEIVED;
		*only_if_known = true;
		return !sent_from_here(c);
	case EVENT_STATE:
		return failed(c, what);
	case EVENT_STALLED:
		*what = WHAT_STALLED;
		return is_news(c);
	default:
		return false;
	}
}

/* --- the finding --- */

static void match_rules(const struct evidence_case *c, struct finding *f)
{
	unsigned char blank[FINDING_HEAD];

	memcpy(blank, f, sizeof(blank));
	for (unsigned int i = 0; catalogue[i]; i++) {
		for (unsigned int r = 0; r < catalogue[i]->count; r++) {
			const struct rule *rule = &catalogue[i]->rules[r];

#ifdef TCPWHY_WITHOUT_RULE /* see tests/without-each-rule */
			if (!strcmp(rule->id, TCPWHY_WITHOUT_RULE))
				continue;
#endif
			if (!(rule->triggers & 1U << c->event->kind))
				continue;
			f->confidence = CONFIDENCE_CERTAIN;
			if (rule->match(c, f)) {
				f->rule = rule;
				return;
			}
			/* A failed match leaves no trace. */
			memcpy(f, blank, sizeof(blank));
		}
	}
}

/* Its stack need not reach down to the softirq. */
static bool is_of_segment(const struct evidence_case *c)
{
	return c->event->kind == EVENT_RESET_RECEIVED ||
	       (c->event->kind == EVENT_RESET_SENT &&
		c->segment->seg.present) ||
	       c->stack->context == STACK_SOFTIRQ;
}

static void describe_unknown(const struct evidence_case *c, struct finding *f)
{
	f->confidence = CONFIDENCE_UNKNOWN;
	if (c->event->kind == EVENT_RESET_SENT && !c->segment->seg.present &&
	    c->stack->context == STACK_PROCESS)
		act_of_task(c, f);
	else
		snprintf(f->trigger, sizeof(f->trigger), "%s",
			 is_of_segment(c)		    ? "segment"
			 : c->stack->context == STACK_TIMER ? "timer"
							    : "unknown");
	if (c->segment && c->segment->err)
		finding_add_number(f, "errno", -(int64_t)c->segment->err,
				   "not sent: %s",
				   words_send_error(c->segment->err));
	if (c->sock && c->sock->err)
		finding_add_number(f, "errno", c->sock->err, "%s",
				   words_errno(c->sock->err));
	snprintf(f->why, sizeof(f->why),
		 "no rule of tcpwhy explains this; what was seen is below");
	snprintf(f->advice, sizeof(f->advice),
		 "the function names below say where in the kernel it came "
		 "from");
}

static const char *proof_words(enum resent_proof proof)
{
	return proof == PROOF_DSACK
		       ? "needless: the peer had it (D-SACK)"
		       : "needless: the kernel took it back (undo)";
}

/* One more of its kind; what is known of its need is told with it. */
static void settle_resent(const struct evidence_case *c, const struct moment *m,
			  struct finding *f)
{
	enum resent_proof proof = resent_take_proof(m->flow, m->seq);
	bool sure;

	resent_count(m->flow, c->segment->err ? RESENT_FAILED
					      : loss_mechanism(c, &sure));
	if (proof == PROOF_NONE)
		return;
	f->spurious = true;
	finding_add_string(f, "proof", resent_proof_name(proof), "%s",
			   proof_words(proof));
}

/*
 * What was lost while the connection lived may be what explains the end of it:
 * no rule can be certain then, whatever it saw. Nor where the kernel did not
 * tell of the RST itself, or a drop may be forgotten.
 */
static void limit_confidence(const struct evidence_case *c, struct finding *f)
{
	f->after_loss = c->after_loss;
	f->lost = c->lost;
	if ((c->concluded || c->drop_missed || c->after_loss) &&
	    f->confidence == CONFIDENCE_CERTAIN)
		f->confidence = CONFIDENCE_LIKELY;
	if (c->drop_missed)
		finding_add_string(f, "drops_known", "not-all",
				   "drops before are not all known");
}

bool judge_is_ordinary(const struct event_header *e)
{
	const struct sock_event *sock = event_sock(e);

	return sock &&
	       (e->kind != EVENT_STATE || sock->new_state != STATE_CLOSE ||
		sock->old_state == STATE_LISTEN);
}

static void tell(const struct evidence_case *c, const struct moment *m,
		 struct finding *f)
{
	const struct rule *rule = f->rule;

	if (!rule)
		describe_unknown(c, f);
	if (f->detail != FINDING_BRIEF)
		particulars_add(c, f);
	if (m->event->kind == EVENT_RETRANSMIT && m->flow)
		settle_resent(c, m, f);
	if (!rule)
		return;
	f->what = rule->what;
	if (f->detail == FINDING_BRIEF)
		return;
	words_expand(rule->why, c, f, f->why, sizeof(f->why));
	words_expand(rule->effect, c, f, f->effect, sizeof(f->effect));
	words_expand(rule->advice, c, f, f->advice, sizeof(f->advice));
}

bool judge_moment(const struct judge *judge, const struct moment *m,
		  enum finding_detail detail, struct finding *f)
{
	struct evidence_case c;
	struct stack stack;
	bool only_if_known;

	if (!m->conn || judge_is_ordinary(m->event))
		return false;
	case_build(&c, &stack, judge, m);
	finding_clear(f);
	if (!wants_finding(&c, &f->what, &only_if_known))
		return false;
	if (origin_is_firewall(&c))
		case_turn_round(&c);
	f->detail = detail;
	f->time = m->event->time;
	f->seq = m->seq;
	particulars_begin(&c, f);
	finding_add_event(f, m->seq);
	match_rules(&c, f);
	if (!f->rule && only_if_known)
		return false;
	limit_confidence(&c, f);
	tell(&c, m, f);
	return true;
}
