// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "symptom.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Rare, and large: kept apart from the flow. Returns 0 or -ENOMEM. */
int symptom_error(struct flow *flow, const struct segment_event *e,
		  struct flow_mark mark)
{
	if (!flow->error)
		flow->error = malloc(sizeof(*flow->error));
	if (!flow->error)
		return -ENOMEM;
	*flow->error = *e;
	flow->error_seq = mark.seq;
	return 0;
}

void symptom_retransmit(struct flow *flow, const struct segment_event *e,
			struct flow_mark mark)
{
	flow->send_err = -e->err;
	if (!flow->stuck.time || flow->stuck_una != e->tcp.snd_una) {
		flow->stuck = mark;
		flow->stuck_una = e->tcp.snd_una;
		flow->stuck_count = 0;
	}
	flow->stuck_count += !e->err;
}

void symptom_stalled(struct flow *flow, const struct segment_event *e,
		     struct flow_mark mark)
{
	bool known = flow->stall.time && !flow->stall_over.time &&
		     flow->stall_una == e->tcp.snd_una;

	if (e->role == STALL_RECEIVER) {
		uint32_t unread = e->tcp.rcv_nxt - e->tcp.copied_seq;
		uint32_t fin = e->tcp.flags & SOCK_F_FIN_SEEN ? 1 : 0;

		flow->shut_time = mark.time;
		flow->shut_idle = e->tcp.jiffies - e->tcp.last_received;
		flow->shut_unread = unread >= fin ? unread - fin : 0;
	} else if (e->role == STALL_OVER) {
		if (flow->stall.time && !flow->stall_over.time)
			flow->stall_over = mark;
	} else if (!known) {
		flow->stall = mark;
		flow->stall_over = (struct flow_mark){ 0 };
		flow->stall_una = e->tcp.snd_una;
		flow->stall_idle = e->tcp.jiffies - e->tcp.last_sent;
	}
}

void symptom_backlog(struct flow *flow, uint32_t backlog, uint32_t max,
		     uint64_t time)
{
	if (backlog <= max)
		return;
	flow->full_backlog = backlog;
	flow->full_limit = max;
	flow->full_time = time;
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
