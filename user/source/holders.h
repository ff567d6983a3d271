/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks the kernel who holds given sockets: a walk through the descriptors of
 * some processes, or of all. The walks are paid from a budget of CPU time, so
 * that a busy host is not slowed down by questions about it.
 */
#ifndef TCPWHY_HOLDERS_H
#define TCPWHY_HOLDERS_H

#include "gauge.h"
#include "scan.h"
#include "source.h"

struct bpf_map;
struct bpf_program;

struct holders {
	const struct bpf_program *program; /* iter/task_file, wanted only */
	const struct bpf_map *wanted;
	const struct gauge *gauge; /* while it is high, events come first */
	uint64_t budget_ns;	   /* what may be spent now */
	uint64_t refilled;	   /* when it was filled up last, ns */
	uint64_t wide_ns; /* what looking at all processes took last time */
};

/*
 * Answer @query at @now (CLOCK_MONOTONIC ns) with records of kind
 * EVENT_HOLDER in @scan; a socket that nobody was found to hold, though all
 * were looked at, gets one with pid 0. No budget: no records. All processes
 * are looked at only if @patient: it may take long, and the ring fills up
 * meanwhile. With half of the budget in hand, all are looked at also where the
 * file has more references than descriptors were found, and ports are asked
 * for: who holds what nobody is known to hold never has to wait for it.
 * Returns 0 or -errno.
 */
int holders_ask(struct holders *holders, const struct holder_query *query,
		uint64_t now, bool patient, struct scan *scan);

#endif /* TCPWHY_HOLDERS_H */
