/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Private to the model: the processes that flows name, each kept once. A host
 * has many connections and few processes.
 */
#ifndef TCPWHY_PARTIES_H
#define TCPWHY_PARTIES_H

#include "flow.h"

struct parties;

/* NULL when out of memory. parties_free() accepts NULL. */
struct parties *parties_new(void);
void parties_free(struct parties *parties);

/*
 * Let @slot, which names a party of @parties or nobody, name one like @party.
 * What nobody names any more is forgotten. Returns 0 or -ENOMEM.
 */
int parties_set(struct parties *parties, const struct party **slot,
		const struct party *party);

/* ... or nobody. */
void parties_unset(struct parties *parties, const struct party **slot);

unsigned int parties_count(const struct parties *parties);

#endif /* TCPWHY_PARTIES_H */
