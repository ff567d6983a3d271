// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "parties.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

const struct party party_nobody;

struct kept {
	struct party party; /* first: a party is what it is kept in */
	uint32_t names;	    /* how many slots name it */
	UT_hash_handle hh;
};

#define RECENT 64

struct parties {
	struct kept *all;
	/* Those set last, each in the place of its pid and more; or NULL. */
	struct kept *recent[RECENT];
};

struct parties *parties_new(void)
{
	return calloc(1, sizeof(struct parties));
}

void parties_free(struct parties *parties)
{
	struct kept *kept, *next;

	if (!parties)
		return;
	HASH_ITER(hh, parties->all, kept, next)
	{
		HASH_DEL(parties->all, kept);
		free(kept);
	}
	free(parties);
}

/* A party as a key: what is between its members is zero. */
static struct party key_of(const struct party *party)
{
	struct party key;

	memset(&key, 0, sizeof(key));
	key.basis = party->basis;
	key.pid = party->pid;
	key.tid = party->tid;
	key.start_time = party->start_time;
	memcpy(key.comm, party->comm, sizeof(key.comm));
	return key;
}

static struct kept **place_of(struct parties *parties, const struct party *p)
{
	return &parties->recent[(p->pid + p->tid * 7 + p->basis) % RECENT];
}

static struct kept *look_up(struct parties *parties, const struct party *party)
{
	struct party key = key_of(party);
	struct kept *kept;

	HASH_FIND(hh, parties->all, &key, sizeof(key), kept);
	if (kept)
		return kept;
	kept = calloc(1, sizeof(*kept));
	if (!kept)
		return NULL;
	kept->party = key;
	HASH_ADD(hh, parties->all, party, sizeof(kept->party), kept);
	return kept;
}

/* Mostly it is one of a few. NULL when out of memory. */
static struct kept *keep(struct parties *parties, const struct party *party)
{
	struct kept **recent = place_of(parties, party);

	if (!*recent || !party_is_same(&(*recent)->party, party))
		*recent = look_up(parties, party);
	return *recent;
}

static void drop(struct parties *parties, struct kept *kept)
{
	struct kept **recent = place_of(parties, &kept->party);

	if (*recent == kept)
		*recent = NULL;
	HASH_DEL(parties->all, kept);
	free(kept);
}

int parties_set(struct parties *parties, const struct party **slot,
		const struct party *party)
{
	struct kept *kept;

	/* As a rule it is the same again. */
	if (party_is_same(*slot, party))
		return 0;
	if (!party->pid) {
		parties_unset(parties, slot);
		return 0;
	}
	kept = keep(parties, party);
	if (!kept)
		return -ENOMEM;
	kept->names++;
	parties_unset(parties, slot);
	*slot = &kept->party;
	return 0;
}

void parties_unset(struct parties *parties, const struct party **slot)
{
	struct kept *kept = (struct kept *)*slot;

	if (*slot == &party_nobody)
		return;
	*slot = &party_nobody;
	if (!--kept->names)
		drop(parties, kept);
}

unsigned int parties_count(const struct parties *parties)
{
	return HASH_COUNT(parties->all);
}
