/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Many connections that stay open, and do nothing. */
#ifndef BENCH_COST_CROWD_H
#define BENCH_COST_CROWD_H

struct crowd;

/*
 * Opens so many, both ends here, in as many processes as the limit of
 * descriptors asks for; returns once all are open.
 */
struct crowd *crowd_gather(unsigned int connections);

/* Closes them; NULL is none. */
void crowd_leave(struct crowd *crowd);

#endif
