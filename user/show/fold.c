// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "fold.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>
#include <utlist.h>

/* Who and where: what findings must have in common to be alike. */
struct key {
	const struct rule *rule;
	uint64_t owner_start, actor_start;
	uint32_t owner_pid, actor_pid;
	char owner_comm[EVENT_COMM_LEN];
	uint32_t netns;
	enum finding_what what;
	uint16_t port;
	bool remote;  /* whose port it is */
	bool by_name; /* any process of the owner's name */
};

struct group {
	struct key key;
	uint64_t full[FOLD_FULL_NAME]; /* when the last were told in full */
	unsigned int full_next;
	uint64_t last; /* when the last of them came */
	uint64_t told; /* up to when they were told */
	bool folding;
	struct fold_line line; /* what waits, if line.count */
	uint64_t due;
	uint64_t used; /* fold.uses when it was put behind all others */
	struct group *prev, *next; /* of those that wait */
	UT_hash_handle hh;
};

struct fold {
	struct group *groups;  /* about the least recently used first */
	uint64_t uses;	       /* how often one was put behind all others */
	struct group *waiting; /* with something to tell, the next due first */
	uint64_t last_due;
	unsigned int limit;
	fold_tell tell;
	void *arg;
};

struct fold *fold_new(unsigned int limit, fold_tell tell, void *arg)
{
	struct fold *fold = calloc(1, sizeof(*fold));

	if (!fold)
		return NULL;
	fold->limit = limit;
	fold->tell = tell;
	fold->arg = arg;
	return fold;
}

/* --- telling --- */

/* @time: up to which has been counted. */
static void tell_group(struct fold *fold, struct group *group, uint64_t time)
{
	DL_DELETE(fold->waiting, group);
	group->line.time = group->told = time;
	fold->tell(fold->arg, &group->line);
	memset(&group->line, 0, sizeof(group->line));
}

void fold_advance(struct fold *fold, uint64_t now)
{
	while (fold->waiting && fold->waiting->due <= now)
		tell_group(fold, fold->waiting, fold->waiting->due);
}

void fold_flush(struct fold *fold)
{
	while (fold->waiting)
		tell_group(fold, fold->waiting, fold->waiting->last);
}

/* --- counting --- */

static void add_address(struct fold_addresses *list, const uint8_t addr[16])
{
	for (unsigned int i = 0; i < list->count; i++)
		if (!memcmp(list->addr[i], addr, sizeof(list->addr[i])))
			return;
	if (list->count == FOLD_MAX_ADDRESSES)
		list->more = true;
	else
		memcpy(list->addr[list->count++], addr, sizeof(list->addr[0]));
}

static void add_party(struct fold_party *to, const struct party *party,
		      bool first)
{
	if (first)
		to->party = *party;
	else if (to->party.pid != party->pid ||
		 to->party.start_time != party->start_time)
		to->several = true;
}

static void count(struct fold *fold, struct group *group,
		  const struct finding *f)
{
	struct fold_line *line = &group->line;
	bool first = !line->count;

	if (first) {
		line->cause = finding_cause(f);
		line->what = f->what;
		line->since = group->told;
		line->port = group->key.port;
		line->remote = group->key.remote;
		line->unsocketed = !f->state;
		group->due = f->time + FOLD_EVERY_NS;
		/* Events are almost in order; what waits is in order. */
		if (group->due < fold->last_due)
			group->due = fold->last_due;
		fold->last_due = group->due;
		DL_APPEND(fold->waiting, group);
	}
	line->count++;
	line->after_loss |= f->after_loss;
	add_party(&line->owner, &f->owner, first);
	add_party(&line->actor, &f->actor, first);
	add_party(&line->peer, &f->peer, first);
	add_address(&line->local, f->conn.laddr);
	add_address(&line->far, f->conn.raddr);
	group->folding = true;
	group->last = f->time;
}

/* --- groups --- */

static void forget(struct fold *fold, struct group *group)
{
	if (group->line.count)
		tell_group(fold, group, group->last);
	HASH_DEL(fold->groups, group);
	free(group);
}

void fold_free(struct fold *fold)
{
	struct group *group, *next;

	if (!fold)
		return;
	HASH_ITER(hh, fold->groups, group, next)
	{
		HASH_DEL(fold->groups, group);
		free(group);
	}
	free(fold);
}

/* The group of @key, or NULL; among the more recently used from now on. */
static struct group *find_group(struct fold *fold, const struct key *key)
{
	struct group *group;

	HASH_FIND(hh, fold->groups, key, sizeof(*key), group);
	/* Among the more recent half it may stay where it is. */
	if (!group || fold->uses - group->used < fold->limit / 2)
		return group;
	HASH_DEL(fold->groups, group);
	group->used = ++fold->uses;
	HASH_ADD(hh, fold->groups, key, sizeof(group->key), group);
	return group;
}

static struct group *make_group(struct fold *fold, const struct key *key)
{
	struct group *group = calloc(1, sizeof(*group));

	if (!group)
		return NULL;
	group->key = *key;
	group->used = ++fold->uses;
	HASH_ADD(hh, fold->groups, key, sizeof(group->key), group);
	return group;
}

static unsigned int told_lately(const struct group *group, uint64_t now)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < FOLD_FULL_NAME; i++)
		n += group->full[i] && group->full[i] + FOLD_WITHIN_NS > now;
	return n;
}

/* Whether enough of @group has been told in full. */
static bool is_burst(struct group *group, uint64_t now)
{
	if (group->folding && group->last + FOLD_QUIET_NS < now)
		group->folding = false;
	return group->folding ||
	       told_lately(group, now) >=
		       (group->key.by_name ? FOLD_FULL_NAME : FOLD_FULL);
}

static struct key key_of(const struct finding *f, bool remote, bool by_name)
{
	struct key key;

	memset(&key, 0, sizeof(key)); /* what is compared has holes */
	key.rule = f->rule;
	key.what = f->what;
	key.netns = f->conn.netns;
	key.port = remote ? f->conn.rport : f->conn.lport;
	key.remote = remote;
	key.by_name = by_name;
	if (by_name) {
		/* Not what may stand behind its end. */
		memcpy(key.owner_comm, f->owner.comm,
		       strnlen(f->owner.comm, sizeof(f->owner.comm)));
	} else {
		key.owner_pid = f->owner.pid;
		key.owner_start = f->owner.start_time;
		key.actor_pid = f->actor.pid;
		key.actor_start = f->actor.start_time;
	}
	return key;
}

/*
 * Which of its two ports a finding has in common with others is only known
 * once they come, so it belongs to a group for each: for the process, and for
 * all of its name. The narrower comes first; of two ports the lower, which is
 * more likely a service's.
 */
#define GROUPS 4

bool fold_take(struct fold *fold, const struct finding *f)
{
	bool remote_first = f->conn.rport < f->conn.lport;
	struct group *groups[GROUPS];
	struct key keys[GROUPS];

	fold_advance(fold, f->time);
	for (unsigned int i = 0; i < GROUPS; i++) {
		keys[i] = key_of(f, (i & 1) != remote_first, i & 2);
		groups[i] = find_group(fold, &keys[i]);
		if (groups[i] && is_burst(groups[i], f->time)) {
			count(fold, groups[i], f);
			return true;
		}
	}
	for (unsigned int i = 0; i < GROUPS; i++) {
		if (!groups[i])
			groups[i] = make_group(fold, &keys[i]);
		if (!groups[i])
			continue;
		groups[i]->full[groups[i]->full_next++ % FOLD_FULL_NAME] =
			f->time;
		groups[i]->last = groups[i]->told = f->time;
	}
	/* The four of now are among the last of all. */
	while (HASH_COUNT(fold->groups) > fold->limit)
		forget(fold, fold->groups);
	return false;
}
