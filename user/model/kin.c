// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "decode.h"

struct member {
	struct process_id id;
	struct member *parent;
	struct member *children;
	struct member *prev, *next; /* among its siblings */
	bool dead;		    /* kept while a child lives */
	uint64_t fork_time;	    /* the last; 0: none was seen */
	uint64_t exec_time;	    /* the same */
	char comm[EVENT_COMM_LEN];  /* since then */
	UT_hash_handle hh;
};

struct kin {
	struct member *members;
	uint64_t last_fork, last_exec; /* the latest of all, ns */
};

struct kin *kin_new(void)
{
	return calloc(1, sizeof(struct kin));
}

void kin_free(struct kin *kin)
{
	struct member *member, *next;

	if (!kin)
		return;
	HASH_ITER(hh, kin->members, member, next)
	{
		HASH_DEL(kin->members, member);
		free(member);
	}
	free(kin);
}

static struct member *find(const struct kin *kin, const struct process_id *id)
{
	struct member *member;

	HASH_FIND(hh, kin->members, id, sizeof(*id), member);
	return member;
}

static struct member *find_or_add(struct kin *kin, const struct process_id *id)
{
	struct member *member = find(kin, id);

	if (member)
		return member;
	member = calloc(1, sizeof(*member));
	if (!member)
		return NULL;
	member->id = *id;
	HASH_ADD(hh, kin->members, id, sizeof(member->id), member);
	return member;
}

/* The dead go once nobody descends from them, and so up the line. */
static void bury(struct kin *kin, struct member *member)
{
	while (member && member->dead && !member->children) {
		struct member *parent = member->parent;

		if (parent)
			DL_DELETE(parent->children, member);
		HASH_DEL(kin->members, member);
		free(member);
		member = parent;
	}
}

static int learn_fork(struct kin *kin, const struct fork_event *e)
{
	const struct process_id parent_id = { e->h.start_time, e->h.pid };
	const struct process_id child_id = { e->child_start_time,
					     e->child_pid };
	struct member *parent = find_or_add(kin, &parent_id);
	struct member *child = find_or_add(kin, &child_id);

	if (!parent || !child)
		return -ENOMEM;
	parent->fork_time = kin->last_fork = e->h.time;
	if (!child->parent && child != parent) {
		child->parent = parent;
		DL_APPEND(parent->children, child);
	}
	return 0;
}

static int learn_exec(struct kin *kin, const struct event_header *e)
{
	const struct process_id id = { e->start_time, e->pid };
	struct member *member = find_or_add(kin, &id);

	if (!member)
		return -ENOMEM;
	member->exec_time = e->time;
	if (e->time > kin->last_exec)
		kin->last_exec = e->time;
	memcpy(member->comm, e->comm, sizeof(member->comm));
	return 0;
}

static void learn_exit(struct kin *kin, const struct event_header *e)
{
	const struct process_id id = { e->start_time, e->pid };
	struct member *member = find(kin, &id);

	if (!member)
		return;
	member->dead = true;
	bury(kin, member);
}

int kin_apply(struct kin *kin, const struct event_header *e)
{
	switch (e->kind) {
	case EVENT_FORK:
		return learn_fork(kin, event_fork(e));
	case EVENT_EXEC:
		return learn_exec(kin, e);
	case EVENT_EXIT:
		learn_exit(kin, e);
		return 0;
	default:
		return 0;
	}
}

/* Depth first; a family tree is as deep as its forks. */
static unsigned int collect(const struct member *member, struct process_id *out,
			    unsigned int max, unsigned int count)
{
	const struct member *child;

	if (!member->dead) {
		if (count < max)
			out[count] = member->id;
		count++;
	}
	DL_FOREACH(member->children, child)
	count = collect(child, out, max, count);
	return count;
}

unsigned int kin_family(const struct kin *kin, const struct process_id *id,
			struct process_id *out, unsigned int max)
{
	const struct member *member = find(kin, id);

	if (member)
		return collect(member, out, max, 0);
	if (max)
		out[0] = *id;
	return 1;
}

const char *kin_renamed(const struct kin *kin, const struct process_id *id,
			uint64_t since)
{
	const struct member *member;

	if (kin->last_exec <= since)
		return NULL;
	member = find(kin, id);
	return member && member->exec_time > since ? member->comm : NULL;
}

bool kin_forked(const struct kin *kin, const struct process_id *id,
		uint64_t since)
{
	const struct member *member;

	if (kin->last_fork < since)
		return false;
	member = find(kin, id);
	return member && member->fork_time >= since;
}
