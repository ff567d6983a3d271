/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel produced, what came, what was lost and when: the three have
 * to agree, for each kind of event.
 */
#ifndef TCPWHY_BALANCE_H
#define TCPWHY_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "parts.h"
#include "source.h"

struct tcpwhy_bpf;

/* Zero-initialise. The first group is counted by who delivers. */
struct balance {
	uint64_t delivered; /* those of no ring included */
	uint64_t aside;	    /* delivered, but no ring's */
	uint64_t bad;	    /* records that decode refused */
	uint64_t received[EVENT_KINDS];
	uint64_t left_out[EVENT_KINDS]; /* received, but not delivered */

	uint64_t lost_told;   /* as of the last balance */
	uint64_t missed_told; /* of those, what no full ring explains */
	uint64_t gap_told;    /* when one was lost last, ns; as of it */
	uint64_t drawn_at;    /* when that was, ns */
};

/* Has the ring been full since the last balance? Costs next to nothing. */
bool balance_has_gap(const struct balance *balance,
		     const struct tcpwhy_bpf *skel);

/*
 * Fill @fact with FACT_COUNTS as of @now (CLOCK_MONOTONIC, ns). Returns
 * whether anything was lost since the last balance.
 */
bool balance_draw(struct balance *balance, struct tcpwhy_bpf *skel,
		  const struct parts *parts, uint64_t now, struct fact *fact);

#endif /* TCPWHY_BALANCE_H */
