// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "errand.h"

#include <stdlib.h>
#include <string.h>

#include "flow_table.h"

/* Who exited that long ago has closed everything. */
#define EXITS_KEPT 256

struct errands {
	struct event_header exits[EXITS_KEPT];
	unsigned int next;
};

struct errands *errands_new(void)
{
	return calloc(1, sizeof(struct errands));
}

void errands_free(struct errands *errands)
{
	free(errands);
}

void errands_learn(struct errands *errands, const struct event_header *e)
{
	if (e->kind != EVENT_EXIT)
		return;
	errands->exits[errands->next] = *e;
	errands->next = (errands->next + 1) % EXITS_KEPT;
}

static const struct event_header *exit_of(const struct errands *errands,
					  const struct party *party)
{
	for (unsigned int i = 0; i < EXITS_KEPT; i++)
		if (errands->exits[i].pid == party->pid &&
		    errands->exits[i].start_time == party->start_time)
			return &errands->exits[i];
	return NULL;
}

static void done_by(struct event_header *h, const struct party *party)
{
	h->flags |= EVENT_F_TASK;
	h->pid = party->pid;
	h->tid = party->tid;
	h->start_time = party->start_time;
	memcpy(h->comm, party->comm, sizeof(h->comm));
}

const struct event_header *errands_done_for(const struct errands *errands,
					    const struct flow_table *flows,
					    const struct event_header *e,
					    union errand_event *copy)
{
	const struct flow_node *node;
	const struct event_header *exit;

	if (!(e->flags & EVENT_F_OURS) || e->size > sizeof(*copy))
		return e;
	memcpy(copy, e, e->size);
	node = e->sock ? flow_by_sock(flows, e->sock) : NULL;
	if (!node || !node->flow.owner->pid) {
		copy->h.flags &= ~(EVENT_F_OWNED | EVENT_F_TASK);
		return &copy->h;
	}
	done_by(&copy->h, node->flow.owner);
	exit = exit_of(errands, node->flow.owner);
	if (exit) {
		copy->h.flags |= EVENT_F_EXITING;
		copy->h.exit_code = exit->exit_code;
	}
	return &copy->h;
}
