// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs sent because a listener ended: of connections that nobody accepted. */
#include <string.h>

#include "act.h"
#include "evidence.h"
#include "rule.h"
#include "words.h"

/* The listener had ended a moment before, on another CPU. */
static bool is_late_child(const struct evidence_case *c)
{
	return stack_has(c->stack, "tcp_disconnect") &&
	       (stack_has(c->stack, "inet_csk_reqsk_queue_add") ||
		stack_has(c->stack, "inet_csk_complete_hashdance"));
}

/*
 * A connection that no process has a file of, dropped by tcp_disconnect(). A
 * late child may be a copy (sk_clone()) of a listener that was an orphan
 * already, else an orphan is one that was accepted.
 */
static bool is_unaccepted(const struct evidence_case *c)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	bool accepted = tcp->flags & SOCK_F_HAS_FILE ||
			(tcp->flags & SOCK_F_DEAD && !is_late_child(c));

	return evidence_is_act(c) && tcp->state == STATE_CLOSE && !accepted &&
	       !(tcp->flags & SOCK_F_MPTCP) &&
	       (evidence_reason_is(c, "TCP_STATE") || evidence_no_reason(c));
}

/* By what the listener's own end has told, if it was seen. */
static void act_of_listener(const struct flow *listener, struct finding *f)
{
	if (!listener || !act_of_flow(&listener->past->act, &f->actor,
				      f->trigger, sizeof(f->trigger)))
		evidence_trigger(f, "listener-closed");
}

/* "ss -K" of the listener: its owner did nothing. */
static void act_of_killer(const struct evidence_case *c, struct finding *f)
{
	act_of_task(c, f);
	evidence_trigger(f, "sock-destroy");
}

/*
 * The kernel runs through the accept queue when the listener is closed or
 * disconnected, in the context of the process that does it: the last to hold
 * it, or the one that called shutdown(). Also where several held it, that is
 * its owner.
 */
static bool find_act(const struct evidence_case *c, const struct flow *listener,
		     struct finding *f)
{
	if (stack_has(c->stack, "inet_csk_listen_stop")) {
		if (stack_has(c->stack, "tcp_abort")) {
			act_of_killer(c, f);
			return true;
		}
		act_of_task(c, f);
		f->owner = f->actor;
		return true;
	}
	if (!is_late_child(c)) {
		if (c->stack->context != STACK_UNKNOWN || !listener)
			return false;
		f->confidence = CONFIDENCE_LIKELY;
	}
	act_of_listener(listener, f);
	if (!f->owner.pid)
		f->owner = f->actor;
	return true;
}

static void add_closing(struct finding *f)
{
	char act[64];

	if (!strcmp(f->trigger, "sock-destroy"))
		finding_add_fragment(f, "stopped",
				     "destroyed the listener (SOCK_DESTROY, as "
				     "\"ss -K\" does)");
	else if (!strcmp(f->trigger, "listener-closed"))
		finding_add_fragment(f, "stopped", "closed its listener");
	else {
		act_words(f->trigger, act, sizeof(act));
		finding_add_fragment(f, "stopped", act);
	}
}

static bool match_listener_closed(const struct evidence_case *c,
				  struct finding *f)
{
	const struct flow *listener =
		flow_find_listener(c->flows, c->conn, c->event->time, true);

	if (!is_unaccepted(c) || !find_act(c, listener, f))
		return false;
	if (listener)
		finding_add_event(f, listener->past->ended.seq);
	add_closing(f);
	finding_add_fragment(f, "waiting",
			     is_late_child(c) ? "was just being established"
					      : "waited for accept()");
	finding_add_string(f, "accepted", "no", "never accepted");
	evidence_add_unread(c, f);
	return true;
}

static const struct rule rules[] = {
	{
		.id = "rst.listener-closed",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_listener_closed,
		.meaning = "a listener was closed, shut down or destroyed; its "
			   "connections that nobody had accepted are reset",
		.why = "{actor} {stopped} while the connection of {peer} "
		       "{waiting} on {local}: nobody can accept "
		       "it any more, so the kernel resets it",
		.effect = "{reset_effect}",
		.advice = "before closing a listener let another one take "
			  "over (pass it on, or SO_REUSEPORT with "
			  "net.ipv4.tcp_migrate_req=1), and accept what waits",
		.reference = "inet_csk_listen_stop(), inet_child_forget(), "
			     "inet_csk_reqsk_queue_add()",
	},
};

RULE_FAMILY(reset_listener_rules, "RST sent, by the end of a listener", rules);
