// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "unanswered.h"

#include <stdio.h>

#include "evidence.h"
#include "words.h"

#define MAX_LISTENERS 64

static bool add_answer(const struct evidence_case *c, struct finding *f)
{
	uint64_t since = c->flow ? c->flow->born : 0;
	struct event_conn other = conn_turned(c->conn);
	const struct drop *drop =
		drops_with_flags(c->drops, &other, since, c->event->time,
				 TCP_SYN | TCP_ACK | TCP_RST,
				 TCP_SYN | TCP_ACK);
	struct evidence_case with_answer = *c;
	char place[96], text[200];

	if (!drop)
		return false;
	with_answer.drop = drop;
	evidence_add_drop(&with_answer, f, "the SYN-ACK was dropped by", place,
			  sizeof(place));
	snprintf(text, sizeof(text),
		 "; an answer came, and was dropped on this host by %s", place);
	finding_add_fragment(f, "dropped", text);
	return true;
}

/*
 * A SYN that finds the accept queue full is dropped without a trace
 * (tcp_conn_request()): but the queue can be looked at.
 */
static bool add_full_queue(const struct evidence_case *c, struct finding *f)
{
	struct flow *listeners[MAX_LISTENERS];
	const struct flow *full = NULL;
	unsigned int fulls = 0;
	/* It is looked at whenever a SYN is sent again. */
	uint64_t since = c->flow ? c->flow->born : c->event->time;
	unsigned int count = flow_find_reached(
		c->flows, c->conn, c->event->time, listeners, MAX_LISTENERS);
	char who[96], text[240];

	for (unsigned int i = 0; i < count; i++) {
		const struct flow *l = listeners[i];

		if (!l->symptoms->full_time || l->symptoms->full_time < since)
			continue;
		full = full ? full : l;
		fulls++;
	}
	if (!full)
		return false;
	f->has_peer = true;
	f->peer = *full->owner;
	words_party(full->owner, who, sizeof(who));
	snprintf(text, sizeof(text),
		 "; %s listens there and %s: its accept queue is full (%u "
		 "connections wait, the limit is %u)",
		 who,
		 fulls == count ? "does not accept"
				: "is one of several that may get it",
		 full->symptoms->full_backlog, full->symptoms->full_limit);
	finding_add_fragment(f, "dropped", text);
	finding_add_number(f, "accept_queue", full->symptoms->full_backlog,
			   "accept queue of %s: %u, limit %u", who,
			   full->symptoms->full_backlog,
			   full->symptoms->full_limit);
	finding_add_number(f, "accept_queue_limit", full->symptoms->full_limit,
			   NULL);
	return true;
}

void unanswered_add(const struct evidence_case *c, struct finding *f)
{
	const char *look = UNANSWERED_ADVICE;

	if (c->drop || add_answer(c, f))
		look = "it is lost on this host: look at the rule, queue or "
		       "buffer that is named";
	else if (add_full_queue(c, f))
		look = "accept faster, or listen() with a larger backlog "
		       "(net.core.somaxconn limits it)";
	finding_add_fragment(f, "look", look);
}
