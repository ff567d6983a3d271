// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "evidence.h"

#include <stdio.h>
#include <string.h>

#include "act.h"
#include "words.h"

bool evidence_reason_is(const struct evidence_case *c, const char *reason)
{
	return !strcmp(c->reason, reason);
}

bool evidence_is_act(const struct evidence_case *c)
{
	return !c->segment->seg.present;
}

void evidence_trigger(struct finding *f, const char *trigger)
{
	snprintf(f->trigger, sizeof(f->trigger), "%s", trigger);
}

void evidence_ago(const struct evidence_case *c, uint64_t then, char *text,
		  size_t size)
{
	uint64_t now = c->event->time;

	words_duration(now > then ? now - then : 0, text, size);
}

void evidence_add_ended(const struct evidence_case *c, struct finding *f)
{
	const struct flow *flow = c->flow;
	char who[96], act[64], when[32], trigger[32], text[224];
	struct party party;

	if (!flow || !act_of_flow(&flow->act, &party, trigger, sizeof(trigger)))
		return;
	f->actor = party;
	finding_add_event(f, flow->act.mark.seq);
	words_party(&party, who, sizeof(who));
	act_words(trigger, act, sizeof(act));
	evidence_ago(c, flow->act.mark.time, when, sizeof(when));
	snprintf(text, sizeof(text), "; %s %s %s before", who, act, when);
	finding_add_fragment(f, "ended", text);
	finding_add_string(f, "ended_by", trigger, "%s %s %s before", who, act,
			   when);
}

bool evidence_no_reason(const struct evidence_case *c)
{
	return !*c->reason || evidence_reason_is(c, "NOT_SPECIFIED");
}

uint8_t evidence_state_before_close(const struct evidence_case *c)
{
	const struct flow *flow = c->flow;

	if (!flow || flow->path_len < 2 ||
	    flow->path[flow->path_len - 1] != STATE_CLOSE)
		return 0;
	return flow->path[flow->path_len - 2];
}

uint32_t evidence_unread(const struct tcp_snapshot *tcp)
{
	uint32_t unread = tcp->rcv_nxt - tcp->copied_seq;

	return unread && tcp->flags & SOCK_F_FIN_SEEN ? unread - 1 : unread;
}

void evidence_add_unread(const struct evidence_case *c, struct finding *f)
{
	uint32_t unread = evidence_unread(&c->segment->tcp);

	if (unread)
		finding_add_number(f, "unread_bytes", unread, "%u B unread",
				   unread);
}

void evidence_add_drop(const struct evidence_case *c, struct finding *f,
		       const char *what, char *place, size_t size)
{
	const struct drop *drop = c->drop;
	const char *reason;
	char when[32];

	*place = '\0';
	if (!drop)
		return;
	reason = host_name(c->host, NAME_DROP_REASON, drop->event.reason);
	words_drop_place(c->host, &drop->event, place, size);
	evidence_ago(c, drop->time, when, sizeof(when));
	finding_add_string(f, "dropped_by", place, "%s %s%s%s%s, %s before",
			   what, place, reason ? " (" : "",
			   reason ? reason : "", reason ? ")" : "", when);
	finding_add_string(f, "drop_reason", reason ? reason : "", NULL);
	finding_add_event(f, drop->seq);
}
