// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "holding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct party holding_task(const struct event_header *e)
{
	struct party party = {
		.basis = PARTY_PROVEN,
		.pid = e->pid,
		.tid = e->tid,
		.start_time = e->start_time,
	};

	memcpy(party.comm, e->comm, sizeof(party.comm));
	return party;
}

bool holding_is_same(const struct party *a, const struct party *b)
{
	return a->pid == b->pid && a->start_time == b->start_time;
}

#define MAX_LISTENERS 64

/*
 * Of a group (SO_REUSEPORT), or of several processes that hold one listener,
 * nobody can tell yet which gets it.
 */
int holding_accepted(struct flow_table *table, struct flow *child)
{
	struct flow *listeners[MAX_LISTENERS];
	unsigned int count = flow_find_listeners(
		table, &child->conn, child->born, listeners, MAX_LISTENERS);
	struct party owner;

	for (unsigned int i = 0; i < count; i++)
		if (flow_holder_count(listeners[i]) > 1 ||
		    !holding_is_same(listeners[i]->owner, listeners[0]->owner))
			return 0;
	if (!count || !listeners[0]->owner->basis)
		return 0;
	owner = *listeners[0]->owner;
	owner.basis = PARTY_INHERITED;
	return flow_set_owner(table, child, &owner);
}

/*
 * Records of one walk come close together: what is older is another's, also
 * where no record says so (those of the start, and of older recordings).
 */
#define SAME_WALK_NS 20000000ULL

static size_t size_for(unsigned int count)
{
	return sizeof(struct holders) + count * sizeof(const struct party *);
}

static int add(struct flow_table *table, struct flow *flow,
	       const struct party *party)
{
	struct holders *holders = (struct holders *)flow->holders;

	holders = realloc(holders, size_for(holders->count + 1));
	if (!holders)
		return -ENOMEM;
	flow->holders = holders;
	holders->who[holders->count] = &party_nobody;
	return flow_name(table, &holders->who[holders->count++], party);
}

/* None is known yet, as of @time. */
static int begin(struct flow_table *table, struct flow *flow, uint64_t time)
{
	struct holders *holders = (struct holders *)flow->holders;

	flow->alone = false;
	if (!holders) {
		flow->holders = holders = calloc(1, size_for(0));
		if (!holders)
			return -ENOMEM;
	}
	while (holders->count)
		flow_name(table, &holders->who[--holders->count],
			  &party_nobody);
	holders->since = holders->time = time;
	return 0;
}

/* Its owner was found alone; but it will not stay the owner, or alone. */
static int list_owner(struct flow_table *table, struct flow *flow)
{
	int err;

	if (!flow->alone)
		return 0;
	err = begin(table, flow, flow->owner_time);
	return err ? err : add(table, flow, flow->owner);
}

/* Does @e tell what another walk found than the one before? */
static bool is_anew(const struct flow *flow, const struct event_header *e)
{
	uint64_t last = flow->holders ? flow->holders->time : flow->owner_time;

	return (!flow->holders && !flow->alone) || e->flags & EVENT_F_ANEW ||
	       e->time > last + SAME_WALK_NS;
}

static void forget(struct flow_table *table, struct flow *flow)
{
	struct holders *holders = (struct holders *)flow->holders;

	flow->alone = false;
	while (holders && holders->count)
		flow_name(table, &holders->who[--holders->count],
			  &party_nobody);
	free(holders);
	flow->holders = NULL;
}

/* The first that a walk found, or nobody, of those who were asked. */
static int found_first(struct flow_table *table, struct flow *flow,
		       const struct event_header *e, const struct party *party)
{
	int err;

	/* Who acted since is the owner, and who was found is not. */
	if (!e->pid || (e->time < flow->owner_time &&
			!holding_is_same(flow->owner, party))) {
		err = begin(table, flow, e->time);
		return err || !e->pid ? err : add(table, flow, party);
	}
	forget(table, flow);
	flow->alone = true;
	if (e->time < flow->owner_time)
		return 0;
	flow->owner_time = e->time;
	return flow_set_owner(table, flow, party);
}

int holding_answer(struct flow_table *table, struct flow *flow,
		   const struct event_header *e)
{
	struct party party = holding_task(e);
	struct holders *holders;
	int err;

	if (is_anew(flow, e))
		return found_first(table, flow, e, &party);
	if (!e->pid)
		return 0;
	if (flow->alone && holding_is_same(flow->owner, &party)) {
		flow->owner_time = e->time;
		return 0;
	}
	err = list_owner(table, flow);
	if (err)
		return err;
	holders = (struct holders *)flow->holders;
	holders->time = e->time;
	for (unsigned int i = 0; i < holders->count; i++)
		if (holding_is_same(holders->who[i], &party))
			return 0;
	/* Of several, the one that acted last stays the owner. */
	return holders->count < FLOW_MAX_HOLDERS ? add(table, flow, &party) : 0;
}

/* A task that holds the socket's lock is a user of it, unless it kills it. */
int holding_used(struct flow_table *table, struct flow *flow,
		 const struct event_header *e)
{
	struct party task;
	int err;

	if (!(e->flags & EVENT_F_OWNED) || e->flags & EVENT_F_KTHREAD ||
	    !e->pid || flow->killed)
		return 0;
	task = holding_task(e);
	err = holding_is_same(flow->owner, &task) ? 0 : list_owner(table, flow);
	if (err)
		return err;
	flow->owner_time = e->time;
	return flow_set_owner(table, flow, &task);
}

const struct holders *flow_holders(const struct flow *flow, uint64_t time)
{
	if (!flow || flow_holder_count(flow) < 2 ||
	    flow->holders->time + SAME_WALK_NS < time)
		return NULL;
	return flow->holders;
}
