// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "resets.h"

#include <stdlib.h>

#define TCP_ACK 0x10

/* A circle: the oldest makes room for the newest. */
struct resets {
	struct reset *list;
	unsigned int limit;
	uint64_t count; /* of all that were ever added */
};

struct resets *resets_new(unsigned int limit)
{
	struct resets *resets = calloc(1, sizeof(*resets));

	if (!resets)
		return NULL;
	resets->list = calloc(limit, sizeof(*resets->list));
	if (!resets->list) {
		free(resets);
		return NULL;
	}
	resets->limit = limit;
	return resets;
}

void resets_free(struct resets *resets)
{
	if (!resets)
		return;
	free(resets->list);
	free(resets);
}

void resets_add(struct resets *resets, const struct segment_event *e,
		uint64_t seq)
{
	struct reset *reset = &resets->list[resets->count % resets->limit];

	reset->seq = seq;
	reset->event = *e;
	resets->count++;
}

const struct reset *resets_before(const struct resets *resets,
				  const struct reset *later, uint64_t since)
{
	unsigned int held =
		resets->count < resets->limit ? resets->count : resets->limit;
	unsigned int newest =
		(resets->count + resets->limit - 1) % resets->limit;
	unsigned int age; /* 0: the newest */

	age = later ? (newest + resets->limit -
		       (unsigned int)(later - resets->list)) %
				      resets->limit +
			      1
		    : 0;
	if (age >= held)
		return NULL;
	later = &resets->list[(newest + resets->limit - age) % resets->limit];
	return later->event.h.time >= since ? later : NULL;
}

/* RFC 9293, 3.5.2: in answer to a segment with ACK, its number; else 0. */
uint32_t reset_number(const struct segment_event *e)
{
	if (e->h.kind == EVENT_PACKET)
		return e->seg.seq;
	if (!e->seg.present)
		return e->tcp.snd_nxt;
	return e->seg.flags & TCP_ACK ? e->seg.ack : 0;
}
