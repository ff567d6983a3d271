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

struct parties {
	struct kept *all;
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

static struct kept *keep(struct parties *parties, const struct party *key)
{
	struct kept *kept;

	HASH_FIND(hh, parties->all, key, sizeof(*key), kept);
	if (kept)
		return kept;
	kept = calloc(1, sizeof(*kept));
	if (!kept)
		return NULL;
	kept->party = *key;
	HASH_ADD(hh, parties->all, party, sizeof(kept->party), kept);
	return kept;
}

int parties_set(struct parties *parties, const struct party **slot,
		const struct party *party)
{
	struct party key;
	struct kept *kept;

	/* As a rule it is the same again. */
	if (party_is_same(*slot, party))
		return 0;
	if (!party->pid) {
		parties_unset(parties, slot);
		return 0;
	}
	key = key_of(party);
	kept = keep(parties, &key);
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
	if (--kept->names)
		return;
	HASH_DEL(parties->all, kept);
	free(kept);
}

unsigned int parties_count(const struct parties *parties)
{
	return HASH_COUNT(parties->all);
}
