/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The workloads: on each CPU a server and a client of its own, both on that
 * CPU, talk over loopback. So all CPUs are busy, and what an observer takes is
 * missing there.
 */
#ifndef BENCH_COST_STAGE_H
#define BENCH_COST_STAGE_H

#include <stdbool.h>
#include <stdint.h>

struct workload {
	const char *name;
	const char *text;
	const char *unit; /* of what it does in a second */
	/* A client's part, until @end (CLOCK_MONOTONIC ns): how much it did. */
	double (*act)(int cpu, uint64_t end);
	unsigned int held; /* connections that stay open all the time */
	bool lossy;	   /* each 100th packet is dropped */
};

extern const struct workload workloads[];
extern const unsigned int workload_count;

/* NULL: there is none of this name. */
const struct workload *workload_find(const char *name);

struct stage;

/* The servers and what is held open, ready; ends with us. */
struct stage *stage_set(const struct workload *workload);
/* The clients, for so long; what they did in a second, all together. */
double stage_play(struct stage *stage, unsigned int ms);
void stage_clear(struct stage *stage);

/* One connection to the first server, closed by a RST; when, and its port. */
uint64_t stage_reset(uint16_t *port);

#endif
