// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs sent by an act of this host: no segment provoked them. */
#include <string.h>

#include "act.h"
#include "evidence.h"
#include "rule.h"
#include "words.h"

#define SHUTDOWN_BOTH 3 /* SHUTDOWN_MASK, include/net/sock.h */

static bool is_act(const struct evidence_case *c)
{
	return evidence_is_act(c) && !(c->segment->tcp.flags & SOCK_F_MPTCP);
}

/* Payload that came and was not read; the FIN counts in rcv_nxt, not here. */
static uint32_t unread_bytes(const struct tcp_snapshot *tcp)
{
	uint32_t unread = tcp->rcv_nxt - tcp->copied_seq;

	return unread && tcp->flags & SOCK_F_FIN_SEEN ? unread - 1 : unread;
}

/*
 * __tcp_close() looks at unread data first, then at SO_LINGER; only the
 * latter goes through tcp_disconnect(). A child that nobody accepted has no
 * file: that one is its listener's doing. A disconnect by connect(AF_UNSPEC)
 * has not shut down both directions before.
 */
static bool match_linger_zero(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (!is_act(c) || !(tcp->flags & SOCK_F_LINGER) || tcp->lingertime ||
	    !(tcp->flags & SOCK_F_HAS_FILE) || tcp->state != STATE_CLOSE ||
	    tcp->shutdown != SHUTDOWN_BOTH)
		return false;
	if (c->stack->context == STACK_UNKNOWN)
		f->confidence = CONFIDENCE_LIKELY;
	else if (!stack_calls(c->stack, "__tcp_close", "tcp_disconnect"))
		return false;
	act_of_task(c, f);
	finding_add_number(f, "linger_s", 0, "linger 0 s");
	return true;
}

/*
 * Called straight from __tcp_close() are also TCP_LINGER2 and the limits on
 * orphans and memory: where the kernel gives a reason, it decides; else there
 * must be bytes unread, which the kernel tests before the others.
 */
static bool match_unread_data(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	uint32_t unread = unread_bytes(tcp);
	char text[32];

	if (!is_act(c) || tcp->state != STATE_CLOSE || !unread)
		return false;
	if (*c->reason && strcmp(c->reason, "TCP_ABORT_ON_CLOSE") != 0 &&
	    strcmp(c->reason, "NOT_SPECIFIED") != 0)
		return false;
	if (c->stack->context == STACK_UNKNOWN) {
		if (strcmp(c->reason, "TCP_ABORT_ON_CLOSE") != 0)
			return false;
	} else if (!stack_calls(c->stack, "__tcp_close",
				"tcp_send_active_reset")) {
		return false;
	}
	act_of_task(c, f);
	finding_add_number(f, "unread_bytes", unread, "%u B unread", unread);
	words_count(unread, "byte", text, sizeof(text));
	finding_add_fragment(f, "unread", text);
	return true;
}

static const struct rule rules[] = {
	{
		.id = "rst.linger-zero",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_linger_zero,
		.meaning = "close() with SO_LINGER on and a zero timeout",
		.why = "{actor} {act} with SO_LINGER on and a zero timeout: "
		       "the kernel drops the connection instead of closing it",
		.effect = "{reset_effect}",
		.advice = "do not set SO_LINGER {1,0} unless dropping unsent "
			  "data is what you want",
		.reference = "RFC 9293, 3.10.5 (ABORT); __tcp_close(), "
			     "tcp_disconnect()",
	},
	{
		.id = "rst.unread-data",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_unread_data,
		.meaning = "closed (close, exit or a killing signal) with "
			   "bytes from the peer still unread",
		.why = "{actor} {act} with {unread} from {peer} "
		       "still unread: the kernel sends a RST instead of a FIN, "
		       "so that the peer learns its data was lost",
		.effect = "{reset_effect}",
		.advice = "read until end of file before closing; "
			  "shutdown(SHUT_WR) first if you only want to say "
			  "that you are done",
		.reference = "RFC 2525, 2.17; RFC 9293, 3.6.1; __tcp_close()",
	},
};

RULE_FAMILY(reset_act_rules, "RST sent, by an act of this host", rules);
