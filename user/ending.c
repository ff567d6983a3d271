// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ending.h"

#include <errno.h>

static bool is_client(const struct flow *flow)
{
	return flow->path_len && flow->path[0] == STATE_SYN_SENT;
}

static const char *how_it_ended(const struct flow *a, const struct flow *b)
{
	const struct flow *ends[] = { a, b };
	bool fin = true;

	/* The start of that was not seen, but it was one. */
	for (int i = 0; i < 2 && ends[i]; i++) {
		if (ends[i]->resets->received.time ||
		    ends[i]->resets->sent.time)
			return "rst";
		if (ends[i]->past->err == ETIMEDOUT)
			return "timeout";
		if (ends[i]->past->err)
			return "error";
		fin &= ends[i]->past->act.mark.time || ends[i]->half_closed;
	}
	return fin ? "fin" : "aborted";
}

static const struct flow *who_was_first(const struct flow *a,
					const struct flow *b)
{
	if (a->half_closed || (b && b->half_closed))
		return NULL; /* before we watched */
	if (!b || !b->past->act.mark.time)
		return a->past->act.mark.time ? a : NULL;
	if (!a->past->act.mark.time)
		return b;
	return a->past->act.mark.time <= b->past->act.mark.time ? a : b;
}

static uint64_t after(uint64_t time, uint64_t earlier)
{
	return earlier && time > earlier ? time - earlier : 0;
}

bool ending_is_dissolved(const struct flow *flow)
{
	return flow->past->act.mark.time &&
	       flow->past->act.kind == ACT_DISCONNECT && flow->past->ended.time;
}

/* This end was given up at event @seq, or before. */
static bool is_given_up(const struct flow *flow, uint64_t seq)
{
	return (flow->destroyed && flow->past->gone.seq <= seq) ||
	       (ending_is_dissolved(flow) && flow->past->ended.seq <= seq);
}

bool ending_of(const struct moment *m, struct ending *e)
{
	struct flow *flow = m->flow, *peer = m->peer;

	if (!flow->established || flow->listener || flow->told)
		return false;
	if (peer && (!peer->established || peer->told || peer->listener))
		peer = NULL;
	/* The later of the two tells it. */
	if (peer && !is_given_up(peer, m->seq))
		return false;
	flow->told = true;
	if (peer)
		peer->told = true;
	*e = (struct ending){ .time = m->event->time };
	e->ends[0] = peer && is_client(peer) && !is_client(flow) ? peer : flow;
	e->ends[1] = e->ends[0] == flow ? peer : flow;
	e->how = how_it_ended(flow, peer);
	e->first = who_was_first(flow, peer);
	for (int i = 0; i < 2 && e->ends[i]; i++) {
		const struct flow *end = e->ends[i];
		uint64_t open = after(end->past->ended.time, end->born);

		/* It is over when its slower end is. */
		if (open > e->duration)
			e->duration = open;
		e->let_go[i] =
			after(end->past->gone.time, end->past->ended.time);
	}
	return true;
}
