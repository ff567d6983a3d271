// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "effect.h"

#include <stdio.h>

#include "evidence.h"
#include "words.h"

void effect_in_state(const char *who, uint8_t state, uint32_t unread,
		     char *text, size_t size)
{
	char waiting[32];

	switch (state) {
	case STATE_SYN_SENT:
		snprintf(text, size,
			 "%s, in SYN_SENT: its connect() fails with "
			 "ECONNREFUSED",
			 who);
		return;
	case STATE_CLOSE_WAIT:
		snprintf(text, size,
			 "%s, in CLOSE_WAIT, reads end of file; its next write "
			 "gets EPIPE and SIGPIPE",
			 who);
		return;
	case STATE_CLOSE:
		snprintf(text, size, "none: %s had already closed", who);
		return;
	default:
		break;
	}
	words_count(unread, "byte", waiting, sizeof(waiting));
	if (unread)
		snprintf(text, size,
			 "%s, in %s, can still read the %s waiting, then gets "
			 "ECONNRESET",
			 who, words_state(state), waiting);
	else
		snprintf(text, size,
			 "%s, in %s, gets ECONNRESET on its next read", who,
			 words_state(state));
}

/* A RST that passed through: nothing tells what it answers. */
static bool is_the_reset(const struct evidence_case *c)
{
	return c->segment->seg.flags & TCP_RST;
}

static bool is_answer_to_syn(const struct evidence_case *c)
{
	return (c->segment->seg.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

void effect_of_reset(const struct evidence_case *c, char *text, size_t size)
{
	const struct flow *peer = c->peer;
	char who[96];

	if (!peer) {
		words_endpoint(c->conn->raddr, c->conn->rport, who,
			       sizeof(who));
		if (is_answer_to_syn(c))
			snprintf(text, size,
				 "the process behind %s: its connect() fails "
				 "with ECONNREFUSED",
				 who);
		else
			snprintf(text, size,
				 "the process behind %s gets ECONNRESET%s", who,
				 is_the_reset(c) ? " (connect(): ECONNREFUSED)"
						 : "");
		return;
	}
	words_party(peer->owner, who, sizeof(who));
	if (peer->resets->received.time)
		effect_in_state(who, peer->resets->state, peer->resets->unread,
				text, size);
	else if (peer->destroyed)
		snprintf(text, size,
			 "none: %s had already let go of its socket", who);
	else
		snprintf(text, size, "%s, in %s, has not received it so far",
			 who, words_state(peer->state));
}
