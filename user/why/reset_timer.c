// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs that a timer of this host's kernel sends: nobody acts, time is up. */
#include <errno.h>
#include <stdio.h>

#include "evidence.h"
#include "rule.h"
#include "words.h"

/* The kernel gives no reason at all, or none that says anything. */
static bool says_nothing(const struct evidence_case *c)
{
	return !*c->reason || evidence_reason_is(c, "NOT_SPECIFIED");
}

/*
 * The timer of keepalive probes serves orphans in FIN_WAIT2 as well. Its
 * function is static: where kallsyms does not have it, what the caller knows
 * of the socket must do, and the answer is "likely". What holds the socket's
 * lock, or runs in a system call, is no timer.
 */
static bool by_keepalive_timer(const struct evidence_case *c, struct finding *f)
{
	if (!evidence_is_act(c) || c->event->flags & EVENT_F_OWNED)
		return false;
	if (stack_has(c->stack, "tcp_keepalive_timer"))
		return true;
	f->confidence = CONFIDENCE_LIKELY;
	return c->stack->context != STACK_PROCESS &&
	       !c->segment->tcp.packets_out &&
	       !stack_has(c->stack, "tcp_write_timer");
}

/* Since the last data, or the last acknowledgment, whichever came later. */
static uint64_t silence_us(const struct evidence_case *c)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	uint32_t data = tcp->jiffies - tcp->last_received;
	uint32_t ack = tcp->jiffies - tcp->last_acked;

	if (!tcp->last_acked || data < ack) /* old recordings have only one */
		ack = data;
	return host_jiffies_us(c->host, ack);
}

static bool gave_up(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	char text[32];
	uint64_t us;

	if (!(tcp->flags & SOCK_F_KEEPALIVE) || !tcp->probes_out ||
	    !by_keepalive_timer(c, f))
		return false;
	if (evidence_reason_is(c, "TCP_KEEPALIVE_TIMEOUT"))
		f->confidence = CONFIDENCE_CERTAIN;
	else if (!says_nothing(c))
		return false;
	us = silence_us(c);
	evidence_trigger(f, "timer:keepalive");
	words_count(tcp->probes_out, "keepalive probe", text, sizeof(text));
	finding_add_fragment(f, "probes_sent", text);
	finding_add_number(f, "probes", tcp->probes_out, "%s unanswered", text);
	words_duration(us * 1000, text, sizeof(text));
	finding_add_fragment(f, "silence", text);
	finding_add_number(f, "silent_us", us, "silent for %s", text);
	finding_add_fragment(f, "error",
			     words_errno(tcp->err_soft ? tcp->err_soft
						       : ETIMEDOUT));
	return true;
}

static bool match_user_timeout(const struct evidence_case *c, struct finding *f)
{
	uint32_t ms = c->segment->tcp.user_timeout;
	char text[32];

	if (!ms || !gave_up(c, f))
		return false;
	words_duration(ms * 1000000ULL, text, sizeof(text));
	finding_add_fragment(f, "limit", text);
	finding_add_number(f, "user_timeout_ms", ms, "TCP_USER_TIMEOUT %s",
			   text);
	return true;
}

static bool match_keepalive_timeout(const struct evidence_case *c,
				    struct finding *f)
{
	return !c->segment->tcp.user_timeout && gave_up(c, f);
}

static bool match_fin_wait2_timeout(const struct evidence_case *c,
				    struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (tcp->state != STATE_FIN_WAIT2 || !(tcp->flags & SOCK_F_DEAD) ||
	    !by_keepalive_timer(c, f))
		return false;
	if (!says_nothing(c) && !evidence_reason_is(c, "TCP_STATE"))
		return false;
	evidence_trigger(f, "timer:fin-wait2");
	evidence_add_ended(c, f);
	return true;
}

static const struct rule rules[] = {
	{
		.id = "rst.user-timeout",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_user_timeout,
		.meaning = "keepalive probes unanswered for longer than "
			   "TCP_USER_TIMEOUT",
		.why = "{remote} had been silent for {silence}, longer than "
		       "{owner} wants to wait (TCP_USER_TIMEOUT {limit}), and "
		       "left {probes_sent} unanswered: with that option set "
		       "it is time that counts, not how many probes",
		.effect = "{owner} gets {error} on its next read or write; if "
			  "the RST arrives, {reset_effect}",
		.advice = "look for what broke the path or the other host; if "
			  "it was only slow, a longer TCP_USER_TIMEOUT",
		.reference = "RFC 5482; RFC 1122, 4.2.3.6; "
			     "tcp_keepalive_timer()",
	},
	{
		.id = "rst.keepalive-timeout",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_keepalive_timeout,
		.meaning = "keepalive probes unanswered",
		.why = "{remote} left {probes_sent} of {owner}'s connection "
		       "unanswered and had been silent for {silence}: the "
		       "kernel gave it up for dead",
		.effect = "{owner} gets {error} on its next read or write; if "
			  "the RST arrives, {reset_effect}",
		.advice = "the other host is gone, or something in between (a "
			  "firewall, a NAT) forgot the idle connection: probe "
			  "earlier than that does (TCP_KEEPIDLE, "
			  "net.ipv4.tcp_keepalive_time)",
		.reference = "RFC 1122, 4.2.3.6; tcp_keepalive_timer()",
	},
	{
		.id = "rst.fin-wait2-timeout",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_fin_wait2_timeout,
		.meaning = "a closed connection waited in FIN_WAIT2, and the "
			   "peer's FIN did not come in time",
		.why = "the FIN of {peer} did not come, and the kernel no "
		       "longer waits for it (net.ipv4.tcp_fin_timeout, "
		       "TCP_LINGER2){ended}",
		.effect = "{reset_effect}",
		.advice = "the peer should close as well once it has read end "
			  "of file; raise net.ipv4.tcp_fin_timeout if it "
			  "needs longer",
		.reference = "RFC 9293, 3.6; tcp(7), tcp_fin_timeout; "
			     "tcp_keepalive_timer()",
	},
};

RULE_FAMILY(reset_timer_rules, "RST sent, by a timer of this host", rules);
