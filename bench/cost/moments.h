/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is no rate: times, and memory. */
#ifndef BENCH_COST_MOMENTS_H
#define BENCH_COST_MOMENTS_H

#include "series.h"

/* ms from exec to the line that says "start", so many TCP sockets existing. */
void measure_start(struct series *ms, unsigned int sockets,
		   unsigned int rounds);

/* ms from close() with a RST to its finding in our hands, machine idle. */
void measure_latency(struct series *ms, unsigned int resets);

/* ms of CPU time a second where nothing happens. */
double measure_idle(void);

/*
 * MiB of RSS with so many connections, both ends here, that it saw open; and
 * how many events were lost: then it knows less than that.
 */
double measure_memory(unsigned int connections, double *lost);

/* The most MiB of RSS until it is ready, with so many that were there before.
 */
double measure_memory_before(unsigned int connections);

#endif
