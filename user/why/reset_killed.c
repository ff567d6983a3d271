// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs of connections that somebody destroyed from outside: tcp_abort(). */
#include <stdio.h>
#include <string.h>

#include "act.h"
#include "evidence.h"
#include "rule.h"
#include "words.h"

/*
 * All who close or disconnect a socket of their own set it to CLOSE before
 * they send the RST. tcp_abort() sends it first. MPTCP does, too.
 */
static bool looks_aborted(const struct evidence_case *c)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	return c->stack->context == STACK_UNKNOWN &&
	       c->event->flags & EVENT_F_OWNED && tcp->flags & SOCK_F_FULL &&
	       tcp->state != STATE_CLOSE && !(tcp->flags & SOCK_F_MPTCP);
}

static bool by_tcp_abort(const struct evidence_case *c)
{
	return evidence_is_act(c) && c->segment->tcp.state != STATE_CLOSE &&
	       stack_calls(c->stack, "tcp_abort", "tcp_send_active_reset");
}

/* What the one whose socket it was learns of it, and whose it was. */
static void add_victim(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	bool own = f->owner.pid && f->owner.pid == f->actor.pid &&
		   f->owner.start_time == f->actor.start_time;
	char who[96], text[192];

	words_party(&f->owner, who, sizeof(who));
	if (own)
		snprintf(text, sizeof(text), "its own connection");
	else if (f->owner.pid)
		snprintf(text, sizeof(text), "the connection of %s", who);
	else
		snprintf(text, sizeof(text), "this connection");
	finding_add_fragment(f, "whose", text);
	if (tcp->flags & SOCK_F_DEAD)
		snprintf(text, sizeof(text),
			 "no process of this host notices: it was closed "
			 "already");
	else if (tcp->flags & SOCK_F_MPTCP)
		snprintf(text, sizeof(text),
			 "%s's MPTCP connection loses this subflow, and stalls "
			 "if it has no other",
			 who);
	else if (!(tcp->flags & SOCK_F_HAS_FILE))
		snprintf(text, sizeof(text),
			 "who accepts it gets ECONNABORTED on its first read "
			 "or write");
	else
		snprintf(text, sizeof(text),
			 "%s gets ECONNABORTED on its next read or write", who);
	finding_add_fragment(f, "victim_effect", text);
	if (f->owner.pid)
		finding_add_string(f, "own", own ? "yes" : "no", NULL);
}

/* Programs are called "bpf_prog_TAG_NAME" in a stack; the name is optional. */
static void add_program(const struct evidence_case *c, struct finding *f)
{
	const struct stack *stack = c->stack;
	char text[64];

	for (unsigned int i = 0; i < stack->count; i++) {
		const char *name = stack->frames[i];

		if (strncmp(name, "bpf_prog_", 9) != 0)
			continue;
		name = strchr(name + 9, '_');
		if (!name)
			return;
		snprintf(text, sizeof(text), " (%s)", name + 1);
		finding_add_fragment(f, "bpf_program", text);
		finding_add_string(f, "program", name + 1, NULL);
		return;
	}
}

static bool match_bpf_destroyed(const struct evidence_case *c,
				struct finding *f)
{
	/* The kfunc may have no symbol, but who runs the program has. */
	if (!by_tcp_abort(c) || (!stack_has(c->stack, "bpf_sock_destroy") &&
				 !stack_has(c->stack, "bpf_iter_run_prog")))
		return false;
	act_of_task(c, f);
	evidence_trigger(f, "bpf-sock-destroy");
	add_program(c, f);
	add_victim(c, f);
	return true;
}

static bool by_netlink(const struct stack *stack)
{
	static const char *const functions[] = {
		"tcp_diag_destroy",
		"inet_diag_cmd_exact",
		"sock_diag_rcv_msg",
		"netlink_rcv_skb",
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (stack_has(stack, functions[i]))
			return true;
	return false;
}

static bool match_killed(const struct evidence_case *c, struct finding *f)
{
	if (!evidence_is_act(c))
		return false;
	if (looks_aborted(c))
		f->confidence = CONFIDENCE_LIKELY;
	else if (!by_tcp_abort(c) || !by_netlink(c->stack))
		return false;
	act_of_task(c, f);
	evidence_trigger(f, "sock-destroy");
	add_victim(c, f);
	return true;
}

static const struct rule rules[] = {
	{
		.id = "rst.bpf-destroyed",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_bpf_destroyed,
		.meaning = "a BPF program destroyed the socket "
			   "(bpf_sock_destroy)",
		.why = "a BPF program{bpf_program} that {actor} ran over the "
		       "sockets of this host destroyed {whose} "
		       "(bpf_sock_destroy)",
		.effect = "{victim_effect}; {reset_effect}",
		.advice =
			"look for what loaded that program: \"bpftool prog\", "
			"\"bpftool link\"; a load balancer that lost a "
			"backend does this (Cilium)",
		.reference = "bpf_sock_destroy(), tcp_abort(); RFC 9293, "
			     "3.10.5 (ABORT)",
	},
	{
		.id = "rst.killed",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_killed,
		.meaning = "somebody destroyed the socket from outside "
			   "(SOCK_DESTROY, as \"ss -K\" does)",
		.why = "{actor} destroyed {whose} through the kernel's socket "
		       "diagnosis (SOCK_DESTROY, as \"ss -K\" does)",
		.effect = "{victim_effect}; {reset_effect}",
		.advice = "ask who runs {actor}, and why; it takes "
			  "CAP_NET_ADMIN to do that",
		.reference = "sock_diag(7); tcp_diag_destroy(), tcp_abort(); "
			     "RFC 9293, 3.10.5 (ABORT)",
	},
};

RULE_FAMILY(reset_killed_rules, "RST sent, by who destroyed the socket", rules);
