// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs sent because a process closed or disconnected its connection. */
#include "act.h"
#include "evidence.h"
#include "rule.h"
#include "words.h"

#define SHUTDOWN_BOTH 3 /* SHUTDOWN_MASK, include/net/sock.h */

/* The socket is closed first, then the RST is sent: tcp_close() and relatives.
 */
static bool is_act(const struct evidence_case *c)
{
	return evidence_is_act(c) && !(c->segment->tcp.flags & SOCK_F_MPTCP) &&
	       c->segment->tcp.state == STATE_CLOSE;
}

/* Called by connect(AF_UNSPEC); one of the two may be inlined. */
static bool is_disconnect(const struct evidence_case *c)
{
	return stack_calls(c->stack, "__inet_stream_connect",
			   "tcp_disconnect") ||
	       stack_calls(c->stack, "inet_stream_connect", "tcp_disconnect");
}

/* A FIN is never sent before the data in front of it: it is among these. */
static uint32_t unsent_bytes(const struct tcp_snapshot *tcp)
{
	return tcp->write_seq - tcp->snd_nxt;
}

/*
 * In CLOSING and LAST_ACK the connection is over but for what is on its way,
 * and tcp_disconnect() sends a RST only if something is not on its way yet.
 * The state is CLOSE by now: where the kernel gives no reason, the state
 * before tells it.
 */
static bool match_disconnect_unsent(const struct evidence_case *c,
				    struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	uint8_t before = evidence_state_before_close(c);
	uint32_t unsent = unsent_bytes(tcp);
	bool known = before == STATE_LAST_ACK || before == STATE_CLOSING;
	char text[32];

	if (!is_act(c) || !unsent || !(tcp->flags & SOCK_F_HAS_FILE))
		return false;
	if (!evidence_reason_is(c, "TCP_DISCONNECT_WITH_DATA") &&
	    !(evidence_no_reason(c) && known &&
	      stack_has(c->stack, "tcp_disconnect")))
		return false;
	act_of_task(c, f);
	finding_add_fragment(f, "before",
			     known ? words_state(before)
				   : "LAST_ACK or CLOSING");
	finding_add_fragment(f, "lingering",
			     is_disconnect(c)
				     ? ""
				     : " with SO_LINGER on and a zero timeout");
	/* The last of them is the FIN. */
	if (unsent > 1)
		words_count(unsent - 1, "byte", text, sizeof(text));
	finding_add_fragment(f, "unsent", unsent > 1 ? text : "the FIN");
	finding_add_number(f, "unsent_bytes", unsent - 1, "%u B unsent",
			   unsent - 1);
	return true;
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
	    !(tcp->flags & SOCK_F_HAS_FILE) || tcp->shutdown != SHUTDOWN_BOTH)
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
 * must be bytes unread, which the kernel tests before the others, when the
 * socket is not an orphan yet.
 */
static bool match_unread_data(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	bool given = evidence_reason_is(c, "TCP_ABORT_ON_CLOSE");
	uint32_t unread = evidence_unread(tcp);
	char text[32];

	if (!is_act(c) || !unread)
		return false;
	if (!given && (!evidence_no_reason(c) || tcp->flags & SOCK_F_DEAD))
		return false;
	if (c->stack->context == STACK_UNKNOWN) {
		if (!given)
			return false;
	} else if (!stack_calls(c->stack, "__tcp_close",
				"tcp_send_active_reset")) {
		return false;
	}
	act_of_task(c, f);
	evidence_add_unread(c, f);
	words_count(unread, "byte", text, sizeof(text));
	finding_add_fragment(f, "unread", text);
	return true;
}

/*
 * Of an orphan in FIN_WAIT2, whose FIN is acknowledged: with that, nothing of
 * what was written is outstanding. The limits on orphans and memory are looked
 * at after this.
 */
static bool match_linger2(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (!is_act(c) || tcp->linger2 >= 0 || !(tcp->flags & SOCK_F_DEAD))
		return false;
	if (!evidence_reason_is(c, "TCP_ABORT_ON_LINGER") &&
	    !(evidence_no_reason(c) && tcp->snd_una == tcp->write_seq &&
	      stack_calls(c->stack, "__tcp_close", "tcp_send_active_reset")))
		return false;
	act_of_task(c, f);
	finding_add_number(f, "linger2", tcp->linger2, "TCP_LINGER2 negative");
	return true;
}

/*
 * Without a stack: a process did it, with the socket's lock, to a socket that
 * it still holds, and did not shut both directions down, as close() does.
 */
static bool match_disconnect(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (!is_act(c) || !(tcp->flags & SOCK_F_HAS_FILE) ||
	    tcp->flags & SOCK_F_DEAD)
		return false;
	if (!evidence_reason_is(c, "TCP_STATE") && !evidence_no_reason(c))
		return false;
	if (c->stack->context == STACK_UNKNOWN) {
		if (!(c->event->flags & EVENT_F_OWNED) ||
		    tcp->shutdown == SHUTDOWN_BOTH)
			return false;
		f->confidence = CONFIDENCE_LIKELY;
	} else if (!is_disconnect(c)) {
		return false;
	}
	act_of_task(c, f);
	evidence_trigger(f, "connect-unspec");
	evidence_add_unread(c, f);
	if (unsent_bytes(tcp))
		finding_add_number(f, "unsent_bytes", unsent_bytes(tcp),
				   "%u B unsent", unsent_bytes(tcp));
	return true;
}

static const struct rule rules[] = {
	{
		.id = "rst.disconnect-unsent",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_disconnect_unsent,
		.meaning = "both ends had closed, and what was still unsent "
			   "was thrown away (SO_LINGER with a zero timeout, or "
			   "connect(AF_UNSPEC), in LAST_ACK or CLOSING)",
		.why = "{actor} {act}{lingering} in {before}, with {unsent} "
		       "still unsent: both ends had closed, but the kernel "
		       "throws away what {peer} was to get, and tells it",
		.effect = "{reset_effect}",
		.advice = "let the kernel send what was written: close() "
			  "without SO_LINGER {1,0}; look for why the peer did "
			  "not read (a window of zero)",
		.reference = "RFC 9293, 3.10.5 (ABORT); tcp_disconnect()",
	},
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
	{
		.id = "rst.linger2",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_linger2,
		.meaning = "closed in FIN_WAIT2 with TCP_LINGER2 below zero",
		.why = "{actor} {act} in FIN_WAIT2 with TCP_LINGER2 below "
		       "zero: "
		       "it had asked the kernel not to wait for the FIN of "
		       "{peer}, so the connection ends at once, by a RST",
		.effect = "{reset_effect}",
		.advice =
			"leave TCP_LINGER2 alone, or set the seconds to "
			"wait for the peer's FIN; net.ipv4.tcp_fin_timeout is "
			"the default",
		.reference = "tcp(7), TCP_LINGER2; RFC 9293, 3.6; "
			     "__tcp_close()",
	},
	{
		.id = "rst.disconnect",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_disconnect,
		.meaning = "connect(AF_UNSPEC) on a connected socket",
		.why = "{actor} {act} to dissolve the connection: the kernel "
		       "drops it with a RST, so that the socket can be used "
		       "again",
		.effect = "{reset_effect}",
		.advice = "close() the socket and make a new one: "
			  "connect(AF_UNSPEC) never ends a connection in an "
			  "orderly way",
		.reference = "connect(2); RFC 9293, 3.10.5 (ABORT); "
			     "__inet_stream_connect(), tcp_disconnect()",
	},
};

RULE_FAMILY(reset_act_rules, "RST sent, by an act of this host", rules);
