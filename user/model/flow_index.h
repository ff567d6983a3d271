/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Private to the model: the buckets of a hash table of flows. Their number is
 * that of the flows there may be, so that none is ever filed anew.
 */
#ifndef TCPWHY_FLOW_INDEX_H
#define TCPWHY_FLOW_INDEX_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

struct flow_index {
	uint32_t *heads; /* numbers of flows, plus 1; 0: empty */
	uint32_t mask;
	uint64_t seed; /* who chooses the keys shall not choose the bucket */
};

/* Returns 0 or -1. @flows: how many there may be. */
static inline int flow_index_init(struct flow_index *index, uint32_t flows,
				  uint64_t seed)
{
	uint32_t buckets = 16;

	while (buckets < flows && buckets < 1U << 31)
		buckets *= 2;
	index->mask = buckets - 1;
	index->seed = seed;
	/* Untouched it takes no memory. */
	index->heads = calloc(buckets, sizeof(*index->heads));
	return index->heads ? 0 : -1;
}

/* The finisher of MurmurHash3: each bit of @x moves all. */
static inline uint64_t flow_index_mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	return x ^ x >> 33;
}

static inline uint32_t *flow_index_number(const struct flow_index *index,
					  uint64_t key)
{
	return &index->heads[flow_index_mix(key ^ index->seed) & index->mask];
}

/* By 4-tuple. */
static inline uint32_t *flow_index_conn(const struct flow_index *index,
					const struct event_conn *conn)
{
	uint64_t part[4], hash = index->seed;

	memcpy(&part[0], conn->laddr, 16);
	memcpy(&part[2], conn->raddr, 16);
	for (int i = 0; i < 4; i++)
		hash = (hash ^ part[i]) * 0x9e3779b97f4a7c15ULL ^ hash >> 29;
	hash ^= (uint64_t)conn->lport << 16 | conn->rport;
	return &index->heads[flow_index_mix(hash) & index->mask];
}

#endif /* TCPWHY_FLOW_INDEX_H */
