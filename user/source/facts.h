/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The facts that an event of the running kernel needs to be understood later,
 * or elsewhere: names for the addresses in its stack, the process it names.
 * Delivered before the event, each once.
 */
#ifndef TCPWHY_FACTS_H
#define TCPWHY_FACTS_H

#include <stdbool.h>

#include "source.h"

struct facts;

/* With command lines, or without. Returns NULL when out of memory. */
struct facts *facts_new(bool cmdlines);
void facts_free(struct facts *facts);

/*
 * Read the kernel's symbols, which takes some 50 ms: too long to begin with
 * when events come. So it goes on aside until it is awaited; before that no
 * event may be delivered.
 */
void facts_begin_symbols(struct facts *facts);
void facts_await_symbols(struct facts *facts);

/* Deliver to @handler what @event needs. Returns 0 or the handler's error. */
int facts_for(struct facts *facts, const struct event_header *event,
	      const struct source_handler *handler);

/* FACT_HOST for the running system, watched since @start (CLOCK_MONOTONIC). */
int facts_host(const struct source_handler *handler, uint64_t start);

/* CLOCK_MONOTONIC, ns. */
uint64_t facts_now(void);

#endif /* TCPWHY_FACTS_H */
