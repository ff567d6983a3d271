// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "flow_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "ports.h"

struct tuple {
	uint8_t laddr[16];
	uint8_t raddr[16];
	uint16_t lport;
	uint16_t rport;
};

/* All flows that have, or had, one 4-tuple: newest first. */
struct tuple_slot {
	struct tuple tuple;
	struct flow_node *flows;
	UT_hash_handle hh;
};

struct flow_table {
	struct flow_node *by_sock;
	struct flow_node *by_seqs;
	struct tuple_slot *by_tuple;
	struct ports ports;
	struct flow_node *live; /* by age, oldest first */
	struct flow_node *gone;
	unsigned int limit;
	unsigned int count;
	uint64_t evicted;
};

struct flow_table *flow_table_new(unsigned int limit)
{
	struct flow_table *table = calloc(1, sizeof(*table));

	if (table)
		table->limit = limit;
	return table;
}

uint64_t flow_table_evicted(const struct flow_table *table)
{
	return table->evicted;
}

unsigned int flow_table_count(const struct flow_table *table)
{
	return table->count;
}

/* --- the index by 4-tuple --- */

static struct tuple tuple_of(const struct event_conn *conn)
{
	struct tuple tuple = { .lport = conn->lport, .rport = conn->rport };

	memcpy(tuple.laddr, conn->laddr, sizeof(tuple.laddr));
	memcpy(tuple.raddr, conn->raddr, sizeof(tuple.raddr));
	return tuple;
}

static struct tuple_slot *slot_find(const struct flow_table *table,
				    const struct tuple *tuple)
{
	struct tuple_slot *slot;

	HASH_FIND(hh, table->by_tuple, tuple, sizeof(*tuple), slot);
	return slot;
}

static void slot_leave(struct flow_table *table, struct flow_node *node)
{
	struct tuple_slot *slot = node->slot;

	if (!slot)
		return;
	DL_DELETE(slot->flows, node);
	node->slot = NULL;
	if (!slot->flows) {
		HASH_DEL(table->by_tuple, slot);
		free(slot);
	}
}

int flow_file(struct flow_table *table, struct flow_node *node)
{
	struct tuple tuple = tuple_of(&node->flow.conn);
	struct tuple_slot *slot;

	slot_leave(table, node);
	slot = slot_find(table, &tuple);
	if (!slot) {
		slot = calloc(1, sizeof(*slot));
		if (!slot)
			return -ENOMEM;
		slot->tuple = tuple;
		HASH_ADD(hh, table->by_tuple, tuple, sizeof(tuple), slot);
	}
	DL_PREPEND(slot->flows, node);
	node->slot = slot;
	return 0;
}

/* --- birth and death of flows --- */

/* --- ends that differ in their addresses: NAT --- */

static void leave_seqs(struct flow_table *table, struct flow_node *node)
{
	if (!node->seqs)
		return;
	HASH_DELETE(hh_seqs, table->by_seqs, node);
	node->seqs = 0;
}

void flow_pair(struct flow_table *table, struct flow_node *node,
	       uint32_t snd_una, uint32_t rcv_nxt)
{
	uint64_t mine = (uint64_t)snd_una << 32 | rcv_nxt;
	uint64_t theirs = (uint64_t)rcv_nxt << 32 | snd_una;
	struct flow_node *other;

	/* Numbers that an event did not have, or a kernel's test hook. */
	if (!snd_una || !rcv_nxt || node->flow.paired)
		return;
	HASH_FIND(hh_seqs, table->by_seqs, &theirs, sizeof(theirs), other);
	if (other && other != node) {
		leave_seqs(table, other);
		node->flow.paired = &other->flow;
		other->flow.paired = &node->flow;
		return;
	}
	leave_seqs(table, node);
	HASH_FIND(hh_seqs, table->by_seqs, &mine, sizeof(mine), other);
	if (other)
		leave_seqs(table, other);
	node->seqs = mine;
	HASH_ADD(hh_seqs, table->by_seqs, seqs, sizeof(node->seqs), node);
}

static void unpair(struct flow_table *table, struct flow_node *node)
{
	leave_seqs(table, node);
	if (node->flow.paired)
		node->flow.paired->paired = NULL;
	node->flow.paired = NULL;
}

static void node_free(struct flow_table *table, struct flow_node *node)
{
	struct flow_node *filed;

	unpair(table, node);
	free(node->flow.holders);
	free(node->flow.error);
	free(node->flow.resent);
	slot_leave(table, node);
	ports_leave(&table->ports, node);
	HASH_FIND(hh, table->by_sock, &node->flow.sock, sizeof(node->flow.sock),
		  filed);
	if (filed == node)
		HASH_DEL(table->by_sock, node);
	if (node->in_gone)
		DL_DELETE2(table->gone, node, age_prev, age_next);
	else
		DL_DELETE2(table->live, node, age_prev, age_next);
	table->count--;
	free(node);
}

void flow_table_free(struct flow_table *table)
{
	if (!table)
		return;
	while (table->live)
		node_free(table, table->live);
	while (table->gone)
		node_free(table, table->gone);
	free(table);
}

static struct flow_node *first_unheld(struct flow_node *list)
{
	struct flow_node *node;

	DL_FOREACH2(list, node, age_next)
	{
		if (!node->flow.refs)
			return node;
	}
	return NULL;
}

static void make_room(struct flow_table *table)
{
	struct flow_node *victim;

	if (table->count < table->limit)
		return;
	victim = first_unheld(table->gone);
	if (!victim) {
		victim = first_unheld(table->live);
		if (victim)
			table->evicted++;
	}
	if (victim)
		node_free(table, victim);
}

void flow_end(struct flow_table *table, struct flow_node *node,
	      struct flow_mark mark)
{
	if (node->in_gone)
		return;
	leave_seqs(table, node);
	ports_retire(node);
	node->flow.destroyed = true;
	node->flow.gone = mark;
	DL_DELETE2(table->live, node, age_prev, age_next);
	DL_APPEND2(table->gone, node, age_prev, age_next);
	node->in_gone = true;
}

struct flow_node *flow_by_sock(const struct flow_table *table, uint64_t sock)
{
	struct flow_node *node;

	HASH_FIND(hh, table->by_sock, &sock, sizeof(sock), node);
	return node;
}

struct flow_node *flow_begin(struct flow_table *table,
			     const struct event_header *e,
			     const struct event_conn *conn,
			     struct flow_mark mark)
{
	struct flow_node *old = flow_by_sock(table, e->sock);
	struct flow_node *node;

	/* The address is that of another socket now. */
	if (old) {
		flow_end(table, old, mark);
		HASH_DEL(table->by_sock, old);
	}
	make_room(table);
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	node->flow.sock = e->sock;
	node->flow.table = table;
	node->flow.conn = *conn;
	node->flow.state_since = mark;
	if (flow_file(table, node)) {
		free(node);
		return NULL;
	}
	HASH_ADD(hh, table->by_sock, flow.sock, sizeof(node->flow.sock), node);
	DL_APPEND2(table->live, node, age_prev, age_next);
	table->count++;
	return node;
}

struct flow *flow_ref(struct flow *flow)
{
	if (flow)
		flow->refs++;
	return flow;
}

void flow_unref(struct flow *flow)
{
	if (flow)
		flow->refs--;
}

int flow_listens(struct flow_table *table, struct flow_node *node)
{
	node->flow.listener = true;
	return ports_enter(&table->ports, node);
}

void flow_stops_listening(struct flow_node *node)
{
	ports_retire(node);
}

/* --- looking up --- */

static bool lived_in(const struct flow *flow, struct span span)
{
	return flow->born.time <= span.to &&
	       (!flow->destroyed || flow->gone.time >= span.from);
}

/*
 * Of the flows in @slot that lived in @span the one alive at its end, or the
 * newest.
 */
static struct flow *slot_pick(const struct tuple_slot *slot, struct span span,
			      uint32_t netns)
{
	const struct span end = { span.to, span.to };
	struct flow_node *node;
	struct flow *newest = NULL;

	DL_FOREACH(slot->flows, node)
	{
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
	struct tuple tuple = tuple_of(conn);
	struct tuple_slot *slot = slot_find(table, &tuple);

	return slot ? slot_pick(slot, (struct span){ 0, time }, conn->netns)
		    : NULL;
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
	struct tuple tuple = tuple_of(conn);
	struct tuple reversed = { .lport = tuple.rport, .rport = tuple.lport };
	struct tuple_slot *slot;
	struct flow *flow;

	memcpy(reversed.laddr, tuple.raddr, 16);
	memcpy(reversed.raddr, tuple.laddr, 16);
	slot = slot_find(table, &reversed);
	if (!slot)
		return NULL;
	flow = slot_pick(slot, span, conn->netns);
	if (!flow && !conn_is_local(conn))
		flow = slot_pick(slot, span, 0);
	return flow;
}

struct flow *flow_peer(const struct flow *flow, struct span span)
{
	/* The memory of a connection, of which the ports may be in use again.
	 */
	if (flow->paired && lived_in(flow->paired, span))
		return flow->paired;
	return flow_find_peer(flow->table, &flow->conn, span);
}

int flow_complete(struct flow_table *table, const struct event_conn *conn)
{
	struct tuple tuple = tuple_of(conn);
	struct flow_node *node, *only = NULL;
	struct tuple_slot *slot = slot_find(table, &tuple);

	if (slot && !slot->flows->flow.destroyed)
		return 0; /* it is known */
	tuple.lport = 0;
	slot = slot_find(table, &tuple);
	if (!slot)
		return 0;
	DL_FOREACH(slot->flows, node)
	{
		if (node->flow.destroyed || node->flow.state != STATE_SYN_SENT)
			continue;
		if (only)
			return 0; /* which of them cannot be told */
		only = node;
	}
	if (!only)
		return 0;
	only->flow.conn.lport = conn->lport;
	return flow_file(table, only);
}

static unsigned int listeners_in(const struct flow_table *table,
				 const struct tuple *tuple, uint32_t netns,
				 uint64_t time, bool gone, struct flow **out,
				 unsigned int max)
{
	const struct tuple_slot *slot = slot_find(table, tuple);
	struct flow_node *node;
	unsigned int count = 0;

	if (!slot)
		return 0;
	DL_FOREACH(slot->flows, node)
	{
		struct flow *flow = &node->flow;
		bool ended = (flow->ended.time && flow->ended.time <= time) ||
			     (flow->gone.time && flow->gone.time <= time);

		if (flow->listener && flow->born.time <= time &&
		    ended == gone && count < max &&
		    (!netns || flow->conn.netns == netns))
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
	struct tuple tuple = { .lport = conn->lport };

	for (int i = 0; i < locals; i++) {
		for (int j = 0; j < 2; j++) {
			unsigned int count;

			memcpy(tuple.laddr, local[i], 16);
			memcpy(tuple.raddr, remote[j], 16);
			count = listeners_in(table, &tuple, conn->netns, time,
					     gone, out, max);
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

unsigned int flow_find_on_port(const struct flow_table *table, uint16_t port,
			       uint64_t time, struct flow **out,
			       unsigned int max)
{
	return ports_find(&table->ports, port, time, out, max);
}
