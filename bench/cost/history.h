/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A recording of a storm, and longer ones made of it. */
#ifndef BENCH_COST_HISTORY_H
#define BENCH_COST_HISTORY_H

struct history;

/* Records the storm for so long. */
struct history *history_record(unsigned int ms);
void history_free(struct history *history);
/* How many events the storm is. */
double history_events(const struct history *history);

/*
 * Writes a recording in which the storm comes @times, one after the other, on
 * other sockets each time, while @open connections more are there. Returns how
 * many events of the storm it holds.
 */
double history_write(const struct history *history, const char *path,
		     unsigned int times, unsigned int open);

/* CPU seconds that a replay of it takes. */
double replay_cpu_s(const char *path);

#endif
