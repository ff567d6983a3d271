// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "evidence.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "act.h"
#include "resent.h"
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

static void add_end(const struct evidence_case *c, struct finding *f,
		    const struct flow_mark *mark, const char *trigger,
		    const char *who, const char *how)
{
	uint64_t now = c->event->time;
	char when[32], text[224];

	evidence_ago(c, mark->time, when, sizeof(when));
	snprintf(text, sizeof(text), "; %s %s %s before", who, how, when);
	finding_add_fragment(f, "ended", text);
	finding_add_string(f, "ended_by", trigger, "%s %s %s before", who, how,
			   when);
	finding_add_number(
		f, "ended_us",
		now > mark->time ? (int64_t)((now - mark->time) / 1000) : 0,
		NULL);
	finding_add_event(f, mark->seq);
}

/* Neither a FIN nor a RST: TCP_REPAIR, or a socket moved to another host. */
static bool left_silently(const struct flow *flow)
{
	return flow->path_len > 1 && flow->path_len < FLOW_MAX_PATH &&
	       flow->path[flow->path_len - 2] == STATE_ESTABLISHED &&
	       flow->path[flow->path_len - 1] == STATE_CLOSE &&
	       !flow->resets->sent.time;
}

bool evidence_add_ended(const struct evidence_case *c, struct finding *f)
{
	const struct flow *flow = c->flow;
	char who[96], act[96], trigger[32];
	struct party party;
	size_t used;

	if (!flow)
		return false;
	if (flow->resets->killer->pid) {
		f->actor = *flow->resets->killer;
		words_party(flow->resets->killer, who, sizeof(who));
		add_end(c, f, &flow->resets->sent, "sock-destroy", who,
			"destroyed the socket (SOCK_DESTROY)");
	} else if (act_of_flow(&flow->past->act, &party, trigger,
			       sizeof(trigger))) {
		f->actor = party;
		words_party(&party, who, sizeof(who));
		act_words(trigger, act, sizeof(act));
		used = strlen(act);
		if (left_silently(flow))
			snprintf(act + used, sizeof(act) - used,
				 ", with neither FIN nor RST,");
		add_end(c, f, &flow->past->act.mark, trigger, who, act);
	} else if (flow->resets->received.time) {
		add_end(c, f, &flow->resets->received, "rst", "a RST",
			"had ended it");
	} else if (flow->past->ended.time && flow->past->err == ETIMEDOUT) {
		add_end(c, f, &flow->past->ended, "timeout", "it",
			"had timed out");
	} else if (flow->past->ended.time && flow->past->err) {
		snprintf(act, sizeof(act), "had ended with %s",
			 words_errno(flow->past->err));
		add_end(c, f, &flow->past->ended, "error", "it", act);
	} else {
		return false;
	}
	return true;
}

#define MAX_SHARING 64 /* of one port */

const struct flow *evidence_listener(const struct evidence_case *c)
{
	struct flow *found[MAX_SHARING];
	unsigned int count;

	if (!c->segment || c->segment->tcp.state != STATE_LISTEN)
		return NULL;
	count = flow_find_listeners(c->flows, c->conn, c->event->time, found,
				    MAX_SHARING);
	for (unsigned int i = 0; i < count; i++)
		if (found[i]->sock == c->event->sock)
			return found[i];
	return count == 1 ? found[0] : NULL;
}

void evidence_add_segment(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_segment *seg = &c->segment->seg;

	finding_add_number(f, "segment_bytes", seg->len,
			   seg->flags & TCP_FIN ? "FIN, %u B"
			   : seg->len		? "data, %u B"
						: "bare ACK, %u B",
			   seg->len);
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
	reason = drop_reason(c->host, &drop->event);
	words_drop_place(c->host, &drop->event, place, size);
	evidence_ago(c, drop->time, when, sizeof(when));
	finding_add_string(f, "dropped_by", place, "%s %s%s%s%s, %s before",
			   what, place, reason ? " (" : "",
			   reason ? reason : "", reason ? ")" : "", when);
	finding_add_string(f, "drop_reason", reason ? reason : "", NULL);
	finding_add_event(f, drop->seq);
}

/*
 * On its way into its own drop (OUTPUT, or loopback) the new copy is dropped
 * before the retransmission is traced: that is not why there was one.
 */
bool evidence_is_own_copy(const struct evidence_case *c,
			  const struct drop *drop)
{
	struct stack stack;

	if (c->event->time - drop->time > RESENT_OWN_NS ||
	    drop->event.h.cpu != c->event->cpu)
		return false;
	stack_read(&stack, c->host, &drop->event);
	return stack_mentions(&stack, "__tcp_retransmit_skb");
}

const struct drop *evidence_own_copy(const struct evidence_case *c)
{
	const struct tcp_segment *seg = &c->segment->seg;
	const struct drop *drop;

	drop = drops_find(c->drops, c->conn, seg->seq, seg->end_seq, 0,
			  c->event->time);
	return drop && evidence_is_own_copy(c, drop) ? drop : NULL;
}
