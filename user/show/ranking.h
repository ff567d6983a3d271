/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How often who was met: processes, addresses or causes by their counts.
 * Memory is bounded: when there is no room, those that were met least (the
 * latest comers among them) are forgotten, but not that they were counted.
 */
#ifndef TCPWHY_RANKING_H
#define TCPWHY_RANKING_H

#include <stdint.h>

#include "flow.h"

/* Who is counted. What does not matter is zero. */
struct ranked {
	uint64_t count;	      /* at least: it may have been forgotten before */
	struct party process; /* pid 0: none known */
	uint8_t addr[16];     /* IPv6-mapped */
};

struct ranking;

/* Keeps at most @limit at a time. Returns NULL when out of memory. */
struct ranking *ranking_new(unsigned int limit);
void ranking_free(struct ranking *ranking); /* accepts NULL */

/* Count one more for that process (pid and start time), or that address. */
void ranking_add_process(struct ranking *ranking, const struct party *process);
void ranking_add_address(struct ranking *ranking, const uint8_t addr[16]);

/*
 * The most first; of as many, who came first. They stay the ranking's, until
 * the next call. @others: what was counted for those not in it.
 */
const struct ranked *ranking_list(struct ranking *ranking, unsigned int *count,
				  uint64_t *others);

#endif /* TCPWHY_RANKING_H */
