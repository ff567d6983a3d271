// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ports.h"

#include <errno.h>
#include <stdlib.h>

#include <uthash.h>
#include <utlist.h>

#include "flow_table.h"

/* A listener, as it stands with others of its port. */
struct port_entry {
	struct flow *flow;
	struct port_slot *slot;
	struct port_entry *prev, *next; /* in one of its lists */
	bool past;			/* which list that is */
};

struct port_slot {
	uint16_t port;
	struct port_entry *listening;
	struct port_entry *past;
	UT_hash_handle hh;
};

static struct port_slot *find(const struct ports *ports, uint16_t port)
{
	struct port_slot *slot;

	HASH_FIND(hh, ports->slots, &port, sizeof(port), slot);
	return slot;
}

static struct port_slot *find_or_add(struct ports *ports, uint16_t port)
{
	struct port_slot *slot = find(ports, port);

	if (slot)
		return slot;
	slot = calloc(1, sizeof(*slot));
	if (!slot)
		return NULL;
	slot->port = port;
	HASH_ADD(hh, ports->slots, port, sizeof(slot->port), slot);
	return slot;
}

int ports_enter(struct ports *ports, struct flow_node *node)
{
	struct port_entry *entry;

	if (node->flow.link == LINK_PORT)
		return 0;
	entry = calloc(1, sizeof(*entry));
	if (entry)
		entry->slot = find_or_add(ports, node->flow.conn.lport);
	if (!entry || !entry->slot) {
		free(entry);
		return -ENOMEM;
	}
	entry->flow = &node->flow;
	DL_PREPEND(entry->slot->listening, entry);
	node->flow.link = LINK_PORT;
	node->port = entry;
	return 0;
}

void ports_retire(struct flow_node *node)
{
	struct port_entry *entry = node->port;

	if (node->flow.link != LINK_PORT || entry->past)
		return;
	DL_DELETE(entry->slot->listening, entry);
	DL_PREPEND(entry->slot->past, entry);
	entry->past = true;
}

void ports_leave(struct ports *ports, struct flow_node *node)
{
	struct port_entry *entry = node->port;
	struct port_slot *slot;

	if (node->flow.link != LINK_PORT)
		return;
	slot = entry->slot;
	if (entry->past)
		DL_DELETE(slot->past, entry);
	else
		DL_DELETE(slot->listening, entry);
	node->flow.link = LINK_NONE;
	free(entry);
	if (!slot->listening && !slot->past) {
		HASH_DEL(ports->slots, slot);
		free(slot);
	}
}

static uint64_t stopped(const struct flow *flow)
{
	return flow->past->ended.time ? flow->past->ended.time
				      : flow->past->gone.time;
}

unsigned int ports_find(const struct ports *ports, uint16_t port, uint64_t time,
			struct flow **out, unsigned int max)
{
	const struct port_slot *slot = find(ports, port);
	const struct port_entry *entry;
	unsigned int count = 0;

	if (!slot)
		return 0;
	/* What was asked about may have happened a moment ago. */
	DL_FOREACH(slot->past, entry)
	{
		if (stopped(entry->flow) <= time || count == max)
			break;
		if (entry->flow->born <= time)
			out[count++] = entry->flow;
	}
	DL_FOREACH(slot->listening, entry)
	{
		if (count == max)
			break;
		if (entry->flow->born <= time)
			out[count++] = entry->flow;
	}
	return count;
}
