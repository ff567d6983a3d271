/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Private to the model: many things of one size, without a call of malloc()
 * for each, and without what malloc() adds to each. What is given back is
 * taken again first; memory returns to the system with the slab.
 */
#ifndef TCPWHY_SLAB_H
#define TCPWHY_SLAB_H

#include <stddef.h>
#include <stdint.h>

#define SLAB_NONE UINT32_MAX

struct slab {
	size_t size;	/* of a thing, a multiple of 8, in bytes */
	char **chunks;	/* of SLAB_CHUNK things each */
	uint32_t count; /* of things made so far, in use or given back */
	uint32_t room;	/* in chunks */
	uint32_t spare; /* the first given back, which names the next */
};

#define SLAB_CHUNK 512U

/* Takes no memory yet. slab_free() when done. */
void slab_init(struct slab *slab, size_t size);
void slab_free(struct slab *slab);

/*
 * A thing, all zero, or NULL when out of memory; @index (may be NULL) is set to
 * its number, by which slab_at() finds it. slab_give() takes it back.
 */
void *slab_take(struct slab *slab, uint32_t *index);
void slab_give(struct slab *slab, void *thing, uint32_t index);

static inline void *slab_at(const struct slab *slab, uint32_t index)
{
	return slab->chunks[index / SLAB_CHUNK] +
	       index % SLAB_CHUNK * slab->size;
}

#endif /* TCPWHY_SLAB_H */
