// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* SYN-ACKs sent again: why the handshake does not end. */
#include "evidence.h"
#include "rule.h"

/*
 * The client is silent only if our SYN-ACK left this host and no ACK of its
 * was dropped here.
 */
static bool match_client_silent(const struct evidence_case *c,
				struct finding *f)
{
	const struct tcp_request *req = &c->segment->req;

	if (req->acked || req->fastopen || c->drop ||
	    !stack_has(c->stack, "reqsk_timer_handler"))
		return false;
	evidence_trigger(f, "timer:synack");
	/* The first was sent at once; the count goes up after the event. */
	finding_add_number(f, "synack", req->num_timeout + 2, "SYN-ACK %u",
			   req->num_timeout + 2);
	return true;
}

static const struct rule rules[] = {
	{
		.id = "synack.client-silent",
		.what = WHAT_SYNACK_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT_SYNACK,
		.match = match_client_silent,
		.meaning = "the client never acknowledged the SYN-ACK",
		.why = "{remote} sent a SYN but has not acknowledged the "
		       "SYN-ACK of {owner}",
		.effect = "the connection stays half-open and uses a slot in "
			  "the SYN queue",
		.advice = "the way back is broken, the client is gone, or its "
			  "address was spoofed (SYN flood)",
		.reference = "RFC 9293, 3.10.7.4; RFC 4987; "
			     "reqsk_timer_handler()",
	},
};

RULE_FAMILY(synack_rules, "SYN-ACKs sent again", rules);
