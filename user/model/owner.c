// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "owner.h"

#include <string.h>

#define MAX_LISTENERS 64

/* A proof this shortly before an event still holds. */
#define FRESH_NS 10000000ULL

/*
 * A process that exec'd goes by its new name. An accepted socket of which
 * nothing is proven is its listener's, if only one process has that; else
 * nobody can tell whose it will be.
 */
int owner_settle(const struct kin *kin, struct flow_table *flows,
		 struct flow *flow)
{
	struct process_id id;
	struct party owner;
	const char *name;

	if (!flow || !flow->owner->pid)
		return 0;
	id = (struct process_id){ flow->owner->start_time, flow->owner->pid };
	if (flow->owner->basis == PARTY_INHERITED &&
	    kin_family(kin, &id, NULL, 0) > 1)
		return flow_set_owner(flows, flow, &party_nobody);
	name = kin_renamed(kin, &id, flow->owner_time);
	if (!name)
		return 0;
	owner = *flow->owner;
	memcpy(owner.comm, name, sizeof(owner.comm));
	return flow_set_owner(flows, flow, &owner);
}

static void add_candidate(struct holder_list *q, uint32_t pid)
{
	const unsigned int room = sizeof(q->pids) / sizeof(q->pids[0]);

	for (unsigned int i = 0; i < q->pid_count; i++)
		if (q->pids[i] == pid)
			return;
	if (q->pid_count < room)
		q->pids[q->pid_count++] = pid;
}

static void add_family(const struct owner_finder *finder, struct holder_list *q,
		       const struct party *party)
{
	struct process_id id = { party->start_time, party->pid };
	struct process_id family[sizeof(q->pids) / sizeof(q->pids[0])];
	unsigned int max = sizeof(family) / sizeof(family[0]);
	unsigned int count = kin_family(finder->kin, &id, family, max);

	for (unsigned int i = 0; i < count && i < max; i++)
		add_candidate(q, family[i].pid);
}

/* Who may hold an accepted socket: whoever holds its listener, and kin. */
static void add_candidates(const struct owner_finder *finder,
			   struct holder_list *q, const struct flow *flow)
{
	struct flow *listeners[MAX_LISTENERS];
	unsigned int count;

	if (flow->owner->pid)
		add_family(finder, q, flow->owner);
	for (unsigned int i = 0; i < flow_holder_count(flow); i++)
		add_family(finder, q, flow_holder(flow, i));
	if (flow->path_len && flow->path[0] == STATE_SYN_SENT)
		return;
	count = flow_find_listeners(finder->flows, &flow->conn, finder->now,
				    listeners, MAX_LISTENERS);
	for (unsigned int i = 0; i < count; i++) {
		const struct flow *listener = listeners[i];

		if (listener->owner->pid)
			add_family(finder, q, listener->owner);
		for (unsigned int h = 0; h < flow_holder_count(listener); h++)
			add_family(finder, q, flow_holder(listener, h));
	}
}

/* A child has what its parent had, and the parent may have closed it since. */
static bool is_fresh(const struct kin *kin, const struct flow *flow,
		     uint64_t time)
{
	const struct process_id id = { flow->owner->start_time,
				       flow->owner->pid };

	return flow->owner_time + FRESH_NS >= time &&
	       !kin_forked(kin, &id, flow->owner_time);
}

/*
 * Of a socket that several had, an act proves no more than who acted. And who
 * was found before @time, by a walk that ended later, may have let go of it.
 */
static bool is_wanted(const struct kin *kin, const struct flow *flow,
		      uint64_t time)
{
	return flow && !flow->destroyed && !flow->listener &&
	       (!is_fresh(kin, flow, time) || flow_holder_count(flow) > 1) &&
	       (!flow->holders || flow->holders->since < time);
}

/* The kernel chooses a client's port after it told of the connect(). */
static bool has_no_port(const struct flow *flow)
{
	return flow && flow->state == STATE_SYN_SENT && !flow->conn.lport &&
	       !flow->destroyed && flow->owner->pid;
}

bool owner_may_ask(const struct kin *kin, const struct flow *flow,
		   uint64_t time)
{
	if (!flow || flow->destroyed || flow->listener)
		return false;
	return !is_fresh(kin, flow, time) || flow_holder_count(flow) ||
	       has_no_port(flow);
}

void owner_ask(const struct owner_finder *finder, struct flow *flow,
	       uint64_t time, struct holder_query *q)
{
	if (!flow || flow->asked_time >= time)
		return;
	if (is_wanted(finder->kin, flow, time)) {
		flow->asked_time = finder->now;
		q->held.socks[q->held.sock_count++] = flow->sock;
		add_candidates(finder, &q->held, flow);
	} else if (has_no_port(flow)) {
		flow->asked_time = finder->now;
		q->ports.socks[q->ports.sock_count++] = flow->sock;
		add_candidate(&q->ports, flow->owner->pid);
	}
}

void owner_ask_listeners(const struct owner_finder *finder,
			 const struct event_conn *conn, uint64_t time,
			 struct holder_query *q)
{
	struct flow *listeners[MAX_LISTENERS];
	unsigned int count = flow_find_reached(finder->flows, conn, time,
					       listeners, MAX_LISTENERS);

	for (unsigned int i = 0; i < count; i++) {
		struct flow *listener = listeners[i];

		if (listener->asked_time >= time ||
		    q->held.sock_count == EVENT_MAX_WANTED)
			continue;
		listener->asked_time = finder->now;
		q->held.socks[q->held.sock_count++] = listener->sock;
		add_candidates(finder, &q->held, listener);
	}
}

struct party owner_at(const struct flow *flow, const struct event_header *e)
{
	struct party party = { 0 };

	if (!flow)
		return party;
	if (!(e->flags & EVENT_F_OWNED) || e->flags & EVENT_F_KTHREAD ||
	    !e->pid || flow->killed)
		return *flow->owner;
	party.basis = PARTY_PROVEN;
	party.pid = e->pid;
	party.tid = e->tid;
	party.start_time = e->start_time;
	memcpy(party.comm, e->comm, sizeof(party.comm));
	return party;
}
