// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ranking.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

struct key {
	uint64_t start_time;
	uint32_t pid;
	uint8_t addr[16];
};

struct entry {
	struct key key;
	struct ranked ranked;
	uint64_t order; /* of first coming */
	UT_hash_handle hh;
};

struct ranking {
	struct entry *entries;
	struct ranked *list; /* as many as the limit; made when asked for */
	unsigned int limit;
	uint64_t order;
	uint64_t others;
};

struct ranking *ranking_new(unsigned int limit)
{
	struct ranking *ranking = calloc(1, sizeof(*ranking));

	if (!ranking)
		return NULL;
	ranking->limit = limit;
	ranking->list = calloc(limit, sizeof(*ranking->list));
	if (!ranking->list) {
		free(ranking);
		return NULL;
	}
	return ranking;
}

static void forget(struct ranking *ranking, struct entry *entry)
{
	HASH_DEL(ranking->entries, entry);
	free(entry);
}

void ranking_free(struct ranking *ranking)
{
	struct entry *entry, *next;

	if (!ranking)
		return;
	HASH_ITER(hh, ranking->entries, entry, next)
	forget(ranking, entry);
	free(ranking->list);
	free(ranking);
}

static int by_count(const struct entry *a, const struct entry *b)
{
	if (a->ranked.count != b->ranked.count)
		return a->ranked.count > b->ranked.count ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Half of them go at once, so that it is rarely done. */
static void make_room(struct ranking *ranking)
{
	struct entry *entry, *next;
	unsigned int kept = 0;

	HASH_SORT(ranking->entries, by_count);
	HASH_ITER(hh, ranking->entries, entry, next)
	{
		if (kept++ < ranking->limit / 2)
			continue;
		ranking->others += entry->ranked.count;
		forget(ranking, entry);
	}
}

static struct entry *entry_of(struct ranking *ranking, const struct key *key)
{
	struct entry *entry;

	HASH_FIND(hh, ranking->entries, key, sizeof(*key), entry);
	if (entry)
		return entry;
	if (HASH_COUNT(ranking->entries) >= ranking->limit)
		make_room(ranking);
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->key = *key;
	entry->order = ranking->order++;
	HASH_ADD(hh, ranking->entries, key, sizeof(entry->key), entry);
	return entry;
}

void ranking_add_process(struct ranking *ranking, const struct party *process)
{
	struct key key;
	struct entry *entry;

	memset(&key, 0, sizeof(key)); /* it may have holes */
	key.pid = process->pid;
	key.start_time = process->pid ? process->start_time : 0;
	entry = entry_of(ranking, &key);
	if (!entry) {
		ranking->others++;
		return;
	}
	if (process->pid)
		entry->ranked.process = *process; /* under its latest name */
	entry->ranked.count++;
}

void ranking_add_address(struct ranking *ranking, const uint8_t addr[16])
{
	struct key key;
	struct entry *entry;

	memset(&key, 0, sizeof(key));
	memcpy(key.addr, addr, sizeof(key.addr));
	entry = entry_of(ranking, &key);
	if (!entry) {
		ranking->others++;
		return;
	}
	memcpy(entry->ranked.addr, addr, sizeof(entry->ranked.addr));
	entry->ranked.count++;
}

const struct ranked *ranking_list(struct ranking *ranking, unsigned int *count,
				  uint64_t *others)
{
	struct entry *entry, *next;

	*count = 0;
	*others = ranking->others;
	HASH_SORT(ranking->entries, by_count);
	HASH_ITER(hh, ranking->entries, entry, next)
	ranking->list[(*count)++] = entry->ranked;
	return ranking->list;
}
