/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a BPF program's run takes, by the kernel's own statistics. */
#ifndef BENCH_COST_PROGRAMS_H
#define BENCH_COST_PROGRAMS_H

#include <stdbool.h>

#define MAX_PROGRAMS 64

struct program {
	char name[64];
	double runs;
	double ns; /* of a run, on average */
};

struct programs {
	struct program at[MAX_PROGRAMS];
	unsigned int count;
};

/*
 * The kernel's statistics are on until programs_end(). They cost about as much
 * as what they measure: nothing else is to be measured meanwhile.
 */
int programs_begin(void);
void programs_end(int statistics);

/* The programs that this process has, and that have run. */
void programs_read(struct programs *programs, int pid);

/* NULL: it did not run. */
const struct program *programs_find(const struct programs *programs,
				    const char *name);

#endif
