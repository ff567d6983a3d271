// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "flow_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "flow_index.h"
#include "flow_parts.h"
#include "ports.h"

/* Where a flow stands: flow.place. */
enum place {
	PLACE_LIVE,
	PLACE_GONE,
	PLACE_PAST_LISTENER, /* gone, too, and asked for longer */
	PLACES,
};

/* By age, oldest first. */
struct age_list {
	uint32_t first, last;
	unsigned int count;
};

struct flow_table {
	struct flow_index by_sock, by_seqs, by_tuple;
	struct slab nodes;
	struct flow_parts parts;
	struct ports ports;
	struct age_list ages[PLACES];
	unsigned int limit;
	unsigned int gone_limit;
	uint64_t evicted;
};

/* Of those gone an eighth, but not so few that none is left to ask. */
#define LEAST_GONE 64

/* All that listened at one address are looked at: a service may restart. */
#define MAX_PAST_LISTENERS 1024

struct flow_table *flow_table_new(unsigned int limit)
{
	struct flow_table *table = calloc(1, sizeof(*table));
	uint64_t seed = 0;

	if (!table)
		return NULL;
	table->limit = limit;
	table->gone_limit = limit / 8 > LEAST_GONE ? limit / 8 : LEAST_GONE;
	slab_init(&table->nodes, sizeof(struct flow_node));
	for (int i = 0; i < PLACES; i++)
		table->ages[i].first = table->ages[i].last = SLAB_NONE;
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = (uintptr_t)table;
	if (flow_parts_init(&table->parts) ||
	    flow_index_init(&table->by_sock, limit, seed) ||
	    flow_index_init(&table->by_seqs, limit, seed) ||
	    flow_index_init(&table->by_tuple, limit, seed)) {
		flow_table_free(table);
		return NULL;
	}
	return table;
}

uint64_t flow_table_evicted(const struct flow_table *table)
{
	return table->evicted;
}

unsigned int flow_table_count(const struct flow_table *table)
{
	unsigned int count = 0;

	for (int i = 0; i < PLACES; i++)
		count += table->ages[i].count;
	return count;
}

static struct flow_node *node_at(const struct flow_table *table,
				 uint32_t number)
{
	return number == SLAB_NONE ? NULL : slab_at(&table->nodes, number);
}

/* Buckets have 0 for nothing. */
static struct flow_node *head_of(const struct flow_table *table,
				 const uint32_t *bucket)
{
	return node_at(table, *bucket - 1);
}

/* --- the index by 4-tuple --- */

static bool same_ends(const struct event_conn *a, const struct event_conn *b)
{
	return a->lport == b->lport && a->rport == b->rport &&
	       !memcmp(a->laddr, b->laddr, sizeof(a->laddr)) &&
	       !memcmp(a->raddr, b->raddr, sizeof(a->raddr));
}

/* From @node on the first flow with the ends of @conn. */
static struct flow_node *with_ends(const struct flow_table *table,
				   struct flow_node *node,
				   const struct event_conn *conn)
{
	while (node && !same_ends(&node->flow.conn, conn))
		node = node_at(table, node->tuple_next);
	return node;
}

struct flow_node *flow_first_with_ends(const struct flow_table *table,
				       const struct event_conn *conn)
{
	const uint32_t *bucket = flow_index_conn(&table->by_tuple, conn);

	return with_ends(table, head_of(table, bucket), conn);
}

struct flow_node *flow_next_with_ends(const struct flow_table *table,
				      const struct flow_node *node)
{
	return with_ends(table, node_at(table, node->tuple_next),
			 &node->flow.conn);
}

static void enter_tuple(struct flow_table *table, struct flow_node *node)
{
	uint32_t *bucket = flow_index_conn(&table->by_tuple, &node->flow.conn);
	struct flow_node *next = head_of(table, bucket);

	node->tuple_prev = SLAB_NONE;
	node->tuple_next = *bucket - 1;
	if (next)
		next->tuple_prev = node->flow.number;
	*bucket = node->flow.number + 1;
}

static void leave_tuple(struct flow_table *table, struct flow_node *node)
{
	struct flow_node *prev = node_at(table, node->tuple_prev);
	struct flow_node *next = node_at(table, node->tuple_next);

	if (next)
		next->tuple_prev = node->tuple_prev;
	if (prev)
		prev->tuple_next = node->tuple_next;
	else
		*flow_index_conn(&table->by_tuple, &node->flow.conn) =
			node->tuple_next + 1;
}

void flow_file(struct flow_table *table, struct flow_node *node,
	       const struct event_conn *conn)
{
	leave_tuple(table, node);
	node->flow.conn = *conn;
	enter_tuple(table, node);
}

/* --- ends that differ in their addresses: NAT --- */

static struct flow_node *by_seqs(const struct flow_table *table, uint64_t seqs)
{
	struct flow_node *node =
		head_of(table, flow_index_number(&table->by_seqs, seqs));

	while (node && node->seqs != seqs)
		node = node_at(table, node->seqs_next);
	return node;
}

static void enter_seqs(struct flow_table *table, struct flow_node *node,
		       uint64_t seqs)
{
	uint32_t *bucket = flow_index_number(&table->by_seqs, seqs);

	node->flow.link = LINK_SEQS;
	node->seqs = seqs;
	node->seqs_next = *bucket - 1;
	*bucket = node->flow.number + 1;
}

static void leave_seqs(struct flow_table *table, struct flow_node *node)
{
	struct flow_node *before;
	uint32_t *bucket;

	if (node->flow.link != LINK_SEQS)
		return;
	bucket = flow_index_number(&table->by_seqs, node->seqs);
	before = head_of(table, bucket);
	node->flow.link = LINK_NONE;
	if (before == node) {
		*bucket = node->seqs_next + 1;
		return;
	}
	while (before->seqs_next != node->flow.number)
		before = node_at(table, before->seqs_next);
	before->seqs_next = node->seqs_next;
}

void flow_pair(struct flow_table *table, struct flow_node *node,
	       uint32_t snd_una, uint32_t rcv_nxt)
{
	uint64_t mine = (uint64_t)snd_una << 32 | rcv_nxt;
	uint64_t theirs = (uint64_t)rcv_nxt << 32 | snd_una;
	struct flow_node *other;

	/* Numbers that an event did not have, or a kernel's test hook. */
	if (!snd_una || !rcv_nxt || node->flow.link > LINK_SEQS)
		return;
	leave_seqs(table, node);
	other = by_seqs(table, theirs);
	if (other) {
		leave_seqs(table, other);
		node->flow.link = other->flow.link = LINK_PAIRED;
		node->paired = other;
		other->paired = node;
		return;
	}
	other = by_seqs(table, mine);
	if (other)
		leave_seqs(table, other);
	enter_seqs(table, node, mine);
}

static void unpair(struct flow_table *table, struct flow_node *node)
{
	leave_seqs(table, node);
	if (node->flow.link != LINK_PAIRED)
		return;
	node->paired->flow.link = node->flow.link = LINK_NONE;
}

int flow_name(struct flow_table *table, const struct party **slot,
	      const struct party *party)
{
	return parties_set(table->parts.parties, slot, party);
}

int flow_set_owner(struct flow_table *table, struct flow *flow,
		   const struct party *owner)
{
	return flow_name(table, &flow->owner, owner);
}

struct flow_past *flow_past(struct flow_table *table, struct flow *flow)
{
	return flow_parts_past(&table->parts, flow);
}

struct flow_resets *flow_resets(struct flow_table *table, struct flow *flow)
{
	return flow_parts_resets(&table->parts, flow);
}

struct flow_symptoms *flow_symptoms(struct flow_table *table, struct flow *flow)
{
	return flow_parts_symptoms(&table->parts, flow);
}

/* --- birth and death of flows --- */

static void enter_age(struct flow_table *table, struct flow_node *node,
		      enum place place)
{
	struct age_list *list = &table->ages[place];
	struct flow_node *last = node_at(table, list->last);

	node->flow.place = place;
	node->age_prev = list->last;
	node->age_next = SLAB_NONE;
	if (last)
		last->age_next = node->flow.number;
	else
		list->first = node->flow.number;
	list->last = node->flow.number;
	list->count++;
}

static void leave_age(struct flow_table *table, struct flow_node *node)
{
	struct age_list *list = &table->ages[node->flow.place];
	struct flow_node *prev = node_at(table, node->age_prev);
	struct flow_node *next = node_at(table, node->age_next);

	if (prev)
		prev->age_next = node->age_next;
	else
		list->first = node->age_next;
	if (next)
		next->age_prev = node->age_prev;
	else
		list->last = node->age_prev;
	list->count--;
}

static uint32_t *sock_bucket(struct flow_table *table, uint64_t sock)
{
	return flow_index_number(&table->by_sock, sock);
}

static void enter_sock(struct flow_table *table, struct flow_node *node)
{
	uint32_t *bucket = sock_bucket(table, node->flow.sock);

	node->sock_next = *bucket - 1;
	*bucket = node->flow.number + 1;
}

/* If it is there: another may have its address by now. */
static void leave_sock(struct flow_table *table, struct flow_node *node)
{
	uint32_t *bucket = sock_bucket(table, node->flow.sock);
	struct flow_node *before = head_of(table, bucket);

	if (before == node) {
		*bucket = node->sock_next + 1;
		return;
	}
	while (before && before->sock_next != node->flow.number)
		before = node_at(table, before->sock_next);
	if (before)
		before->sock_next = node->sock_next;
}

static void node_free(struct flow_table *table, struct flow_node *node)
{
	unpair(table, node);
	flow_parts_drop(&table->parts, &node->flow);
	leave_tuple(table, node);
	ports_leave(&table->ports, node);
	leave_sock(table, node);
	leave_age(table, node);
	slab_give(&table->nodes, node, node->flow.number);
}

void flow_table_free(struct flow_table *table)
{
	if (!table)
		return;
	for (int i = 0; i < PLACES; i++)
		while (table->ages[i].count)
			node_free(table, node_at(table, table->ages[i].first));
	slab_free(&table->nodes);
	free(table->by_sock.heads);
	free(table->by_seqs.heads);
	free(table->by_tuple.heads);
	flow_parts_free(&table->parts);
	free(table);
}

/*
 * Held ones are among the latest, and so behind the others; where all are, it
 * is better to have one too many than to look at each of them every time.
 */
#define MAX_HELD_SEEN 64

static struct flow_node *oldest_unheld(const struct flow_table *table,
				       enum place place)
{
	struct flow_node *node = node_at(table, table->ages[place].first);

	for (int i = 0; node && i < MAX_HELD_SEEN; i++) {
		if (!node->flow.refs)
			return node;
		node = node_at(table, node->age_next);
	}
	return NULL;
}

static void make_room(struct flow_table *table)
{
	struct flow_node *victim;

	if (flow_table_count(table) < table->limit)
		return;
	victim = oldest_unheld(table, PLACE_GONE);
	if (!victim)
		victim = oldest_unheld(table, PLACE_PAST_LISTENER);
	if (!victim) {
		victim = oldest_unheld(table, PLACE_LIVE);
		if (victim)
			table->evicted++;
	}
	if (victim)
		node_free(table, victim);
}

int flow_end(struct flow_table *table, struct flow_node *node,
	     struct flow_mark mark)
{
	enum place place =
		node->flow.listener ? PLACE_PAST_LISTENER : PLACE_GONE;
	struct flow_past *past = flow_past(table, &node->flow);
	unsigned int limit = table->gone_limit;
	struct flow_node *victim;

	if (place == PLACE_PAST_LISTENER && limit > MAX_PAST_LISTENERS)
		limit = MAX_PAST_LISTENERS;
	if (!past)
		return -ENOMEM;
	if (node->flow.place != PLACE_LIVE)
		return 0;
	leave_seqs(table, node);
	ports_retire(node);
	node->flow.destroyed = true;
	past->gone = mark;
	leave_age(table, node);
	enter_age(table, node, place);
	if (table->ages[place].count <= limit)
		return 0;
	victim = oldest_unheld(table, place);
	if (victim && victim != node)
		node_free(table, victim);
	return 0;
}

struct flow_node *flow_by_sock(const struct flow_table *table, uint64_t sock)
{
	struct flow_node *node =
		head_of(table, flow_index_number(&table->by_sock, sock));

	while (node && node->flow.sock != sock)
		node = node_at(table, node->sock_next);
	return node;
}

struct flow_node *flow_begin(struct flow_table *table,
			     const struct event_header *e,
			     const struct event_conn *conn,
			     struct flow_mark mark)
{
	struct flow_node *old = flow_by_sock(table, e->sock);
	struct flow_node *node;
	uint32_t number;

	/* The address is that of another socket now. */
	if (old) {
		leave_sock(table, old);
		if (flow_end(table, old, mark))
			return NULL;
	}
	make_room(table);
	node = slab_take(&table->nodes, &number);
	if (!node)
		return NULL;
	node->flow = (struct flow){
		FLOW_BLANK,    .sock = e->sock,	    .number = number,
		.conn = *conn, .state_since = mark,
	};
	enter_tuple(table, node);
	enter_sock(table, node);
	enter_age(table, node, PLACE_LIVE);
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
	unpair(table, node);
	node->flow.listener = true;
	return ports_enter(&table->ports, node);
}

void flow_stops_listening(struct flow_node *node)
{
	ports_retire(node);
}

unsigned int flow_find_on_port(const struct flow_table *table, uint16_t port,
			       uint64_t time, struct flow **out,
			       unsigned int max)
{
	return ports_find(&table->ports, port, time, out, max);
}
