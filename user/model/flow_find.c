// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which flow is meant: by both ends, by the other end, by where it listens. */
#include <string.h>

#include "flow_table.h"

static bool lived_in(const struct flow *flow, struct span span)
{
	return flow->born <= span.to &&
	       (!flow->destroyed || flow->past->gone.time >= span.from);
}

/*
 * Of the flows with the ends of @conn that lived in @span the one alive at its
 * end, or the newest.
 */
static struct flow *pick(const struct flow_table *table,
			 const struct event_conn *conn, struct span span,
			 uint32_t netns)
{
	const struct span end = { span.to, span.to };
	struct flow_node *node = flow_first_with_ends(table, conn);
	struct flow *newest = NULL;

	for (; node; node = flow_next_with_ends(table, node)) {
		struct flow *flow = &node->flow;

		if (netns && flow->conn.netns != netns)
			continue;
		if (lived_in(flow, end))
			return flow;
		if (!newest && lived_in(flow, span))
			newest = flow;
	}
	return newest;
}

struct flow *flow_find(const struct flow_table *table,
		       const struct event_conn *conn, uint64_t time)
{
	return pick(table, conn, (struct span){ 0, time }, conn->netns);
}

bool conn_is_local(const struct event_conn *conn)
{
	static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t v6_loopback[16] = { [15] = 1 };

	if (!memcmp(conn->laddr, conn->raddr, 16))
		return true;
	if (!memcmp(conn->laddr, v4_prefix, sizeof(v4_prefix)))
		return conn->laddr[12] == 127 || conn->raddr[12] == 127;
	return !memcmp(conn->laddr, v6_loopback, 16);
}

struct flow *flow_find_peer(const struct flow_table *table,
			    const struct event_conn *conn, struct span span)
{
	struct event_conn reversed = conn_turned(conn);
	struct flow *flow = pick(table, &reversed, span, conn->netns);

	if (!flow && !conn_is_local(conn))
		flow = pick(table, &reversed, span, 0);
	return flow;
}

struct flow *flow_peer(const struct flow_table *table, const struct flow *flow,
		       struct span span)
{
	const struct flow_node *node = (const struct flow_node *)flow;

	/* The memory of a connection, of which the ports may be in use again.
	 */
	if (flow->link == LINK_PAIRED && lived_in(&node->paired->flow, span))
		return &node->paired->flow;
	return flow_find_peer(table, &flow->conn, span);
}

const struct flow *flow_paired(const struct flow *flow)
{
	const struct flow_node *node = (const struct flow_node *)flow;

	return flow->link == LINK_PAIRED ? &node->paired->flow : NULL;
}

void flow_complete(struct flow_table *table, const struct event_conn *conn)
{
	struct flow_node *node = flow_first_with_ends(table, conn),
			 *only = NULL;
	struct event_conn portless = *conn, whole;

	if (node && !node->flow.destroyed)
		return; /* it is known */
	portless.lport = 0;
	node = flow_first_with_ends(table, &portless);
	for (; node; node = flow_next_with_ends(table, node)) {
		if (node->flow.destroyed || node->flow.state != STATE_SYN_SENT)
			continue;
		if (only)
			return; /* which of them cannot be told */
		only = node;
	}
	if (!only)
		return;
	whole = only->flow.conn;
	whole.lport = conn->lport;
	flow_file(table, only, &whole);
}

static unsigned int listeners_in(const struct flow_table *table,
				 const struct event_conn *conn, uint64_t time,
				 bool gone, struct flow **out, unsigned int max)
{
	struct flow_node *node = flow_first_with_ends(table, conn);
	unsigned int count = 0;

	for (; node && count < max; node = flow_next_with_ends(table, node)) {
		struct flow *flow = &node->flow;
		uint64_t ended = flow->past->ended.time;
		uint64_t left = flow->past->gone.time;
		bool is_past =
			(ended && ended <= time) || (left && left <= time);

		if (flow->listener && flow->born <= time && is_past == gone &&
		    (!conn->netns || flow->conn.netns == conn->netns))
			out[count++] = flow;
	}
	return count;
}

static unsigned int find_listeners(const struct flow_table *table,
				   const struct event_conn *conn, uint64_t time,
				   bool gone, struct flow **out,
				   unsigned int max)
{
	static const uint8_t any4[16] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t any6[16] = { 0 };
	/* As compute_score() prefers them; IPv4 reaches [::] too. */
	bool v4 = !memcmp(conn->laddr, any4, 12);
	const uint8_t *const local[] = { conn->laddr, v4 ? any4 : any6, any6 };
	const uint8_t *const remote[] = { any4, any6 };
	int locals = v4 ? 3 : 2;
	struct event_conn at = { .lport = conn->lport, .netns = conn->netns };

	for (int i = 0; i < locals; i++) {
		for (int j = 0; j < 2; j++) {
			unsigned int count;

			memcpy(at.laddr, local[i], 16);
			memcpy(at.raddr, remote[j], 16);
			count = listeners_in(table, &at, time, gone, out, max);
			if (count)
				return count;
		}
	}
	return 0;
}

struct flow *flow_find_listener(const struct flow_table *table,
				const struct event_conn *conn, uint64_t time,
				bool gone)
{
	struct flow *found;

	return find_listeners(table, conn, time, gone, &found, 1) ? found
								  : NULL;
}

unsigned int flow_find_listeners(const struct flow_table *table,
				 const struct event_conn *conn, uint64_t time,
				 struct flow **out, unsigned int max)
{
	return find_listeners(table, conn, time, false, out, max);
}
