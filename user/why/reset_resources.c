// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * RSTs sent for want of resources. A connection that its process has closed
 * is an orphan until its end is acknowledged. tcp_check_oom() ends one early
 * if there are too many or if TCP has too much memory: at close(), and when a
 * timer sends again what an orphan has not got through. One reason stands for
 * both limits, but what the second compares is known, and is done again here.
 */
#include <stdio.h>

#include "act.h"
#include "evidence.h"
#include "rule.h"
#include "words.h"

/* SOCK_MIN_SNDBUF: 2 * (2048 + sizeof(struct sk_buff)), cache-aligned. */
#define SOCK_MIN_SNDBUF 4608

static bool in_close(const struct evidence_case *c)
{
	return c->segment->tcp.state == STATE_CLOSE &&
	       stack_calls(c->stack, "__tcp_close", "tcp_send_active_reset");
}

/*
 * tcp_out_of_resources(), which may be inlined, or its callers; of the timers
 * that may send a RST the other one is tcp_keepalive_timer().
 */
static bool in_write_timer(const struct evidence_case *c)
{
	return c->segment->tcp.state != STATE_CLOSE &&
	       (stack_has(c->stack, "tcp_out_of_resources") ||
		stack_has(c->stack, "tcp_write_timer_handler") ||
		stack_has(c->stack, "tcp_write_timer"));
}

/* __tcp_close() looks at this before: TCP_LINGER2, in FIN_WAIT2. */
static bool is_linger2(const struct tcp_snapshot *tcp)
{
	return tcp->linger2 < 0 && tcp->snd_una == tcp->write_seq;
}

static bool is_limit(const struct evidence_case *c)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	/* Older recordings do not hold the limit. */
	if (!evidence_is_act(c) || !(tcp->flags & SOCK_F_DEAD) ||
	    tcp->flags & SOCK_F_MPTCP || !tcp->memory_limit)
		return false;
	if (evidence_reason_is(c, "TCP_ABORT_ON_MEMORY"))
		return true;
	return evidence_no_reason(c) &&
	       ((in_close(c) && !is_linger2(tcp)) || in_write_timer(c));
}

/* tcp_out_of_memory(). Read a moment after the kernel did. */
static bool is_out_of_memory(const struct tcp_snapshot *tcp)
{
	return tcp->wmem_queued > SOCK_MIN_SNDBUF &&
	       tcp->memory_pages > tcp->memory_limit;
}

/* So close to the limit that it may have been above it a moment before. */
static bool was_perhaps_out_of_memory(const struct tcp_snapshot *tcp)
{
	return tcp->wmem_queued > SOCK_MIN_SNDBUF &&
	       tcp->memory_pages > tcp->memory_limit - tcp->memory_limit / 8;
}

/* A process closed it: just now, or long before the timer. */
static void add_closing(const struct evidence_case *c, struct finding *f)
{
	char who[96], act[64], when[32], trigger[32], text[224];
	struct party party;

	if (c->segment->tcp.state == STATE_CLOSE) {
		act_of_task(c, f);
		words_party(&f->actor, who, sizeof(who));
		act_words(f->trigger, act, sizeof(act));
		snprintf(text, sizeof(text), "%s %s", who, act);
		finding_add_fragment(f, "closing", text);
		return;
	}
	/* Nothing outstanding: it asks whether the peer's window is open. */
	evidence_trigger(f, c->segment->tcp.packets_out ? "timer:rto"
							: "timer:probe");
	if (!c->flow || !act_of_flow(&c->flow->past->act, &party, trigger,
				     sizeof(trigger))) {
		finding_add_fragment(f, "closing", "its process had closed it");
		return;
	}
	f->actor = party;
	finding_add_event(f, c->flow->past->act.mark.seq);
	words_party(&party, who, sizeof(who));
	act_words(trigger, act, sizeof(act));
	evidence_ago(c, c->flow->past->act.mark.time, when, sizeof(when));
	snprintf(text, sizeof(text), "%s %s %s before", who, act, when);
	finding_add_fragment(f, "closing", text);
	finding_add_string(f, "ended_by", trigger, "%s", text);
}

static void add_memory(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	finding_add_number(f, "memory_pages", tcp->memory_pages,
			   "TCP has %u of %u pages", tcp->memory_pages,
			   tcp->memory_limit);
	finding_add_number(f, "memory_limit", tcp->memory_limit, NULL);
	finding_add_number(f, "queued_bytes", tcp->wmem_queued,
			   "%u B held for sending", tcp->wmem_queued);
}

static bool match_out_of_memory(const struct evidence_case *c,
				struct finding *f)
{
	if (!is_limit(c) || !is_out_of_memory(&c->segment->tcp))
		return false;
	add_closing(c, f);
	add_memory(c, f);
	return true;
}

/* One of the two it was, and memory it was not. */
static bool match_orphan_limit(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (!is_limit(c) || is_out_of_memory(tcp))
		return false;
	if (was_perhaps_out_of_memory(tcp))
		f->confidence = CONFIDENCE_LIKELY;
	add_closing(c, f);
	add_memory(c, f);
	return true;
}

static const struct rule rules[] = {
	{
		.id = "rst.out-of-memory",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_out_of_memory,
		.meaning = "TCP had more memory than net.ipv4.tcp_mem allows, "
			   "and this connection was closed with data to send",
		.why = "{closing}, with data still to be sent, and all TCP "
		       "sockets of this host together have {memory_pages} "
		       "pages "
		       "of memory, more than the {memory_limit} that "
		       "net.ipv4.tcp_mem allows: the kernel drops what nobody "
		       "waits for",
		.effect = "{reset_effect}",
		.advice = "find who holds the memory (\"ss -tnm\", "
			  "/proc/net/sockstat); raise the third number of "
			  "net.ipv4.tcp_mem only if the host has it to spare; "
			  "the kernel's log says \"out of memory -- consider "
			  "tuning tcp_mem\"",
		.reference = "tcp(7), tcp_mem; __tcp_close(), "
			     "tcp_out_of_resources(), tcp_check_oom()",
	},
	{
		.id = "rst.orphan-limit",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_orphan_limit,
		.meaning = "more closed connections wait for their end on this "
			   "host than net.ipv4.tcp_max_orphans allows",
		.why = "{closing}, and more connections that their processes "
		       "have closed wait for their end on this host than "
		       "net.ipv4.tcp_max_orphans allows: the kernel drops this "
		       "one",
		.effect = "{reset_effect}",
		.advice = "find which peers neither read nor acknowledge "
			  "(\"ss -tno state fin-wait-1\", \"orphan\" in "
			  "/proc/net/sockstat) before you raise "
			  "net.ipv4.tcp_max_orphans; the kernel's log says "
			  "\"too many orphaned sockets\"",
		.reference = "tcp(7), tcp_max_orphans; __tcp_close(), "
			     "tcp_out_of_resources(), tcp_check_oom()",
	},
};

RULE_FAMILY(reset_resources_rules, "RST sent, for want of resources", rules);
