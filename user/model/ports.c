// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ports.h"

#include <errno.h>
#include <stdlib.h>

#include <utlist.h>

#include "flow_table.h"

struct port_slot {
	uint16_t port;
	struct flow_node *listening;
	struct flow_node *past;
	UT_hash_handle hh;
};

static struct port_slot *find(const struct ports *ports, uint16_t port)
{
	struct port_slot *slot;

	HASH_FIND(hh, ports->slots, &port, sizeof(port), slot);
	return slot;
}

int ports_enter(struct ports *ports, struct flow_node *node)
{
	struct port_slot *slot;

	if (node->port)
		return 0;
	slot = find(ports, node->flow.conn.lport);
	if (!slot) {
		slot = calloc(1, sizeof(*slot));
		if (!slot)
			return -ENOMEM;
		slot->port = node->flow.conn.lport;
		HASH_ADD(hh, ports->slots, port, sizeof(slot->port), slot);
	}
	DL_PREPEND2(slot->listening, node, port_prev, port_next);
	node->port = slot;
	return 0;
}

void ports_retire(struct flow_node *node)
{
	struct port_slot *slot = node->port;

	if (!slot || node->port_past)
		return;
	DL_DELETE2(slot->listening, node, port_prev, port_next);
	DL_PREPEND2(slot->past, node, port_prev, port_next);
	node->port_past = true;
}

void ports_leave(struct ports *ports, struct flow_node *node)
{
	struct port_slot *slot = node->port;

	if (!slot)
		return;
	if (node->port_past)
		DL_DELETE2(slot->past, node, port_prev, port_next);
	else
		DL_DELETE2(slot->listening, node, port_prev, port_next);
	node->port = NULL;
	if (!slot->listening && !slot->past) {
		HASH_DEL(ports->slots, slot);
		free(slot);
	}
}

static uint64_t stopped(const struct flow *flow)
{
	return flow->ended.time ? flow->ended.time : flow->gone.time;
}

unsigned int ports_find(const struct ports *ports, uint16_t port, uint64_t time,
			struct flow **out, unsigned int max)
{
	const struct port_slot *slot = find(ports, port);
	unsigned int count = 0;
	struct flow_node *node;

	if (!slot)
		return 0;
	/* What was asked about may have happened a moment ago. */
	DL_FOREACH2(slot->past, node, port_next)
	{
		if (stopped(&node->flow) <= time || count == max)
			break;
		if (node->flow.born.time <= time)
			out[count++] = &node->flow;
	}
	DL_FOREACH2(slot->listening, node, port_next)
	{
		if (count == max)
			break;
		if (node->flow.born.time <= time)
			out[count++] = &node->flow;
	}
	return count;
}
