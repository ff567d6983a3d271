/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events of the running kernel. */
#ifndef TCPWHY_LIVE_H
#define TCPWHY_LIVE_H

#include <stdbool.h>

#include "source.h"

struct btf;
struct filters;
struct live;
struct parts;

struct live_options {
	uint32_t ring_bytes; /* a power of two, at least a page */
	bool cmdlines;	     /* deliver the processes' command lines too */
	/* What is surely out of scope is not wanted; NULL: all is. */
	const struct filters *filters;
	bool run;	 /* of our children only, besides */
	bool all_resets; /* EVENT_PACKET always, not only where rules reject */
};

/* Why it could not start; text says what to do about it. */
struct live_problem {
	char text[600];
};

/*
 * Load and attach. What the kernel lacks or refuses is left out, unless
 * nothing works without it. Returns 0; or -errno, with @problem filled.
 */
int live_open(struct live **out, const struct live_options *options,
	      struct live_problem *problem);
void live_close(struct live *live); /* accepts NULL */

/*
 * What became of each part, and the types of the kernel it runs on (until
 * live_start(): they take much memory).
 */
const struct parts *live_parts(const struct live *live);
const struct btf *live_btf(const struct live *live);

/* Deliver the host's facts. Returns 0 or the first error. */
int live_start(struct live *live, const struct source_handler *handler);

/*
 * Read the sockets that exist already, and deliver them in order of time with
 * the events that have come until then. Returns 0 or the first error.
 */
int live_scan(struct live *live, const struct source_handler *handler);

/*
 * Deliver events and ticks until @go_on says no, asked after each batch, and
 * at least each 100 ms. Then empties the ring and delivers FACT_COUNTS. Returns
 * 0 or the first error.
 */
int live_run(struct live *live, const struct source_handler *handler,
	     bool (*go_on)(void *arg), void *arg);

#endif /* TCPWHY_LIVE_H */
