// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "slab.h"

#include <stdlib.h>
#include <string.h>

void slab_init(struct slab *slab, size_t size)
{
	*slab = (struct slab){ .size = size, .spare = SLAB_NONE };
}

void slab_free(struct slab *slab)
{
	for (uint32_t i = 0; i * SLAB_CHUNK < slab->count; i++)
		free(slab->chunks[i]);
	free(slab->chunks);
	slab_init(slab, slab->size);
}

static int add_chunk(struct slab *slab)
{
	uint32_t chunk = slab->count / SLAB_CHUNK;

	if (chunk == slab->room) {
		uint32_t room = slab->room ? 2 * slab->room : 16;
		char **grown = reallocarray(slab->chunks, room, sizeof(*grown));

		if (!grown)
			return -1;
		slab->chunks = grown;
		slab->room = room;
	}
	slab->chunks[chunk] = malloc(SLAB_CHUNK * slab->size);
	return slab->chunks[chunk] ? 0 : -1;
}

void *slab_take(struct slab *slab, uint32_t *index)
{
	uint32_t at = slab->spare;
	void *thing;

	if (at == SLAB_NONE) {
		if (slab->count % SLAB_CHUNK == 0 && add_chunk(slab))
			return NULL;
		at = slab->count++;
		thing = slab_at(slab, at);
	} else {
		thing = slab_at(slab, at);
		memcpy(&slab->spare, thing, sizeof(slab->spare));
	}
	if (index)
		*index = at;
	return memset(thing, 0, slab->size);
}

void slab_give(struct slab *slab, void *thing, uint32_t index)
{
	memcpy(thing, &slab->spare, sizeof(slab->spare));
	slab->spare = index;
}
