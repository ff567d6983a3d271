// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "symptom.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Rare, and large: kept apart. */
int symptom_error(struct flow_table *table, struct flow *flow,
		  const struct segment_event *e, struct flow_mark mark)
{
	struct flow_symptoms *s = flow_symptoms(table, flow);

	if (s && !s->error)
		s->error = malloc(sizeof(*s->error));
	if (!s || !s->error)
		return -ENOMEM;
	*s->error = *e;
	s->error_seq = mark.seq;
	return 0;
}

int symptom_retransmit(struct flow_table *table, struct flow *flow,
		       const struct segment_event *e, struct flow_mark mark)
{
	struct flow_symptoms *s = flow_symptoms(table, flow);

	if (!s)
		return -ENOMEM;
	s->send_err = (int)-(int64_t)e->err; /* of a file: any */
	if (!s->stuck.time || s->stuck_una != e->tcp.snd_una) {
		s->stuck = mark;
		s->stuck_una = e->tcp.snd_una;
		s->stuck_count = 0;
	}
	s->stuck_count += !e->err;
	return 0;
}

int symptom_stalled(struct flow_table *table, struct flow *flow,
		    const struct segment_event *e, struct flow_mark mark)
{
	struct flow_symptoms *s = flow_symptoms(table, flow);
	bool known;

	if (!s)
		return -ENOMEM;
	known = s->stall.time && !s->stall_over.time &&
		s->stall_una == e->tcp.snd_una;
	if (e->role == STALL_RECEIVER) {
		uint32_t unread = e->tcp.rcv_nxt - e->tcp.copied_seq;
		uint32_t fin = e->tcp.flags & SOCK_F_FIN_SEEN ? 1 : 0;

		s->shut_time = mark.time;
		s->shut_idle = e->tcp.jiffies - e->tcp.last_received;
		s->shut_unread = unread >= fin ? unread - fin : 0;
	} else if (e->role == STALL_OVER) {
		if (s->stall.time && !s->stall_over.time)
			s->stall_over = mark;
	} else if (!known) {
		s->stall = mark;
		s->stall_over = (struct flow_mark){ 0 };
		s->stall_una = e->tcp.snd_una;
		s->stall_idle = e->tcp.jiffies - e->tcp.last_sent;
	}
	return 0;
}

int symptom_backlog(struct flow_table *table, struct flow *flow,
		    uint32_t backlog, uint32_t max, uint64_t time)
{
	struct flow_symptoms *s;

	if (backlog <= max)
		return 0;
	s = flow_symptoms(table, flow);
	if (!s)
		return -ENOMEM;
	s->full_backlog = backlog;
	s->full_limit = max;
	s->full_time = time;
	return 0;
}

unsigned int flow_find_reached(const struct flow_table *table,
			       const struct event_conn *conn, uint64_t time,
			       struct flow **out, unsigned int max)
{
	bool local = conn_is_local(conn);
	struct event_conn at = {
		.lport = conn->rport,
		.rport = conn->lport,
		.family = conn->family,
		.netns = local ? conn->netns : 0,
	};
	unsigned int count, kept = 0;

	memcpy(at.laddr, conn->raddr, sizeof(at.laddr));
	memcpy(at.raddr, conn->laddr, sizeof(at.raddr));
	count = flow_find_listeners(table, &at, time, out, max);
	/* One bound to any address may be of a host that is not the one. */
	for (unsigned int i = 0; i < count; i++)
		if (local || !memcmp(out[i]->conn.laddr, at.laddr, 16))
			out[kept++] = out[i];
	return kept;
}
