/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What may run beside a workload: tcpwhy in its modes, and its peers. */
#ifndef BENCH_COST_OBSERVER_H
#define BENCH_COST_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define OBSERVER_ARGUMENTS 8

/* What an observer said of its own work. */
struct tally {
	double events;
	double lost;
};

struct observer {
	const char *name;
	const char *argv[OBSERVER_ARGUMENTS]; /* argv[0] NULL: tcpwhy */
	/* From what it wrote; false: it does not say. */
	bool (*count)(FILE *out, FILE *err, struct tally *tally);
};

extern const struct observer observers[];
extern const unsigned int observer_count;

/* NULL: there is none of this name. */
const struct observer *observer_find(const char *name);
bool observer_is_ours(const struct observer *observer);

/* Is it there, and does it run on this kernel? */
bool observer_works(const struct observer *observer);

struct watch;

/* What it cost while it watched. */
struct cost {
	double cpu_s;	/* from the return of watch_begin() to its end */
	double rss_kib; /* the most at any time */
	struct tally tally;
};

/*
 * Starts it, its output going to files, and returns once it waits for events:
 * its programs are attached then, and what there was it has looked at.
 */
struct watch *watch_begin(const struct observer *observer);
/* Ctrl-C, and until it has ended. */
struct cost watch_end(struct watch *watch);
pid_t watch_pid(const struct watch *watch);

/* The path of tcpwhy: $TCPWHY. To be called before any directory changes. */
void observer_find_tcpwhy(void);
const char *tcpwhy_path(void);

#endif
