// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "drops.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>
#include <utlist.h>

/* Whose segments: the sender's view of the 4-tuple. */
struct sender {
	__u8 saddr[16];
	__u8 daddr[16];
	__u16 sport;
	__u16 dport;
};

struct sender_slot;

struct drop_node {
	struct drop drop; /* first: a drop is its node */
	struct sender_slot *slot;
	struct drop_node *prev, *next; /* of one sender, newest first */
};

struct sender_slot {
	struct sender sender;
	struct drop_node *list;
	UT_hash_handle hh;
};

/* Nodes are used in a circle: the oldest makes room for the newest. */
struct circle {
	struct drop_node *nodes;
	unsigned int next;
};

struct drops {
	struct sender_slot *slots;
	struct circle circles[DROP_WORTHS];
	unsigned int limit;
	__u64 forgotten;
};

struct drops *drops_new(unsigned int limit)
{
	struct drops *drops = calloc(1, sizeof(*drops));

	if (!drops)
		return NULL;
	drops->limit = limit;
	for (int worth = 0; worth < DROP_WORTHS; worth++) {
		struct circle *circle = &drops->circles[worth];

		circle->nodes = calloc(limit, sizeof(*circle->nodes));
		if (!circle->nodes) {
			drops_free(drops);
			return NULL;
		}
	}
	return drops;
}

static void forget(struct drops *drops, struct drop_node *node)
{
	struct sender_slot *slot = node->slot;

	if (!slot)
		return;
	DL_DELETE(slot->list, node);
	node->slot = NULL;
	if (!slot->list) {
		HASH_DEL(drops->slots, slot);
		free(slot);
	}
}

void drops_free(struct drops *drops)
{
	if (!drops)
		return;
	for (int worth = 0; worth < DROP_WORTHS; worth++) {
		struct drop_node *nodes = drops->circles[worth].nodes;

		for (unsigned int i = 0; nodes && i < drops->limit; i++)
			forget(drops, &nodes[i]);
		free(nodes);
	}
	free(drops);
}

static struct sender_slot *slot_find(const struct drops *drops,
				     const struct sender *sender)
{
	struct sender_slot *slot;

	HASH_FIND(hh, drops->slots, sender, sizeof(*sender), slot);
	return slot;
}

int drops_add(struct drops *drops, const struct segment_event *e, __u64 seq,
	      enum drop_worth worth)
{
	struct circle *circle = &drops->circles[worth];
	struct drop_node *node = &circle->nodes[circle->next];
	struct sender sender = { .sport = e->conn.rport,
				 .dport = e->conn.lport };
	struct sender_slot *slot;

	memcpy(sender.saddr, e->conn.raddr, 16);
	memcpy(sender.daddr, e->conn.laddr, 16);
	if (node->slot && worth == DROP_LOSS &&
	    node->drop.time > drops->forgotten)
		drops->forgotten = node->drop.time;
	forget(drops, node);
	slot = slot_find(drops, &sender);
	if (!slot) {
		slot = calloc(1, sizeof(*slot));
		if (!slot)
			return -ENOMEM;
		slot->sender = sender;
		HASH_ADD(hh, drops->slots, sender, sizeof(sender), slot);
	}
	circle->next = (circle->next + 1) % drops->limit;
	node->drop.time = e->h.time;
	node->drop.seq = seq;
	node->drop.event = *e;
	node->slot = slot;
	DL_PREPEND(slot->list, node);
	return 0;
}

__u64 drops_forgotten(const struct drops *drops)
{
	return drops->forgotten;
}

static const struct sender_slot *sent_by(const struct drops *drops,
					 const struct event_conn *conn)
{
	struct sender sender = { .sport = conn->lport, .dport = conn->rport };

	memcpy(sender.saddr, conn->laddr, 16);
	memcpy(sender.daddr, conn->raddr, 16);
	return slot_find(drops, &sender);
}

const char *drop_reason(const struct host *host, const struct segment_event *e)
{
	const char *function;

	if (e->reason != EVENT_NO_REASON)
		return host_name(host, NAME_DROP_REASON, e->reason);
	/* It frees what a hook's verdict NF_DROP leaves to it, and no other. */
	function = host_symbol(host, e->location);
	return function && !strcmp(function, "nf_hook_slow") ? "NETFILTER_DROP"
							     : NULL;
}

const struct drop *drops_since(const struct drops *drops,
			       const struct event_conn *conn, __u64 since,
			       const struct host *host, const char *reason)
{
	const struct sender_slot *slot = sent_by(drops, conn);
	const struct drop_node *node;

	if (!slot)
		return NULL;
	DL_FOREACH(slot->list, node)
	{
		const char *name = drop_reason(host, &node->drop.event);

		if (node->drop.time < since)
			return NULL; /* newest first: none is later */
		if (!reason || (name && !strcmp(name, reason)))
			return &node->drop;
	}
	return NULL;
}

const struct drop *drops_with_flags(const struct drops *drops,
				    const struct event_conn *conn, __u64 from,
				    __u64 to, __u8 mask, __u8 flags)
{
	const struct sender_slot *slot = sent_by(drops, conn);
	const struct drop *elsewhere = NULL;
	const struct drop_node *node;

	if (!slot)
		return NULL;
	DL_FOREACH(slot->list, node)
	{
		const struct drop *drop = &node->drop;

		if (drop->time < from || drop->time > to ||
		    (drop->event.seg.flags & mask) != flags)
			continue;
		if (drop->event.conn.netns == conn->netns)
			return drop;
		if (!elsewhere)
			elsewhere = drop;
	}
	return elsewhere;
}

unsigned int drops_count(const struct drops *drops,
			 const struct event_conn *conn, __u64 since,
			 __s32 reason)
{
	const struct sender_slot *slot = sent_by(drops, conn);
	const struct drop_node *node;
	unsigned int count = 0;

	if (!slot)
		return 0;
	DL_FOREACH(slot->list, node)
	count += node->drop.time >= since && node->drop.event.reason == reason;
	return count;
}

/* a < b in sequence space (RFC 9293, 3.4) */
static bool seq_before(__u32 a, __u32 b)
{
	return (__s32)(a - b) < 0;
}

const struct drop *drops_find(const struct drops *drops,
			      const struct event_conn *conn, __u32 first,
			      __u32 end, __u8 flags, __u64 time)
{
	const struct sender_slot *slot = sent_by(drops, conn);
	const struct drop_node *node;

	if (!slot)
		return NULL;
	DL_FOREACH(slot->list, node)
	{
		const struct tcp_segment *seg = &node->drop.event.seg;

		if (node->drop.time <= time && (seg->flags & flags) == flags &&
		    seq_before(seg->seq, end) &&
		    seq_before(first, seg->end_seq))
			return &node->drop;
	}
	return NULL;
}
