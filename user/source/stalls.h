/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looks for connections that a closed window holds up. No tracepoint tells of
 * them, so all TCP sockets of a network namespace are walked through now and
 * then: where zero-window probes are sent, at most once a second, and so seldom
 * that it takes no more than a hundredth of a CPU.
 */
#ifndef TCPWHY_STALLS_H
#define TCPWHY_STALLS_H

#include <stdint.h>

#include "event.h"

struct bpf_link;
struct bpf_map;
struct bpf_program;
struct netns_probes;

struct stalls {
	const struct bpf_program *program; /* iter/tcp; NULL: never look */
	const struct bpf_map *stalled;	   /* what was reported so far */
	struct bpf_link *link;
	struct netns_probes *netns; /* what is known of each */
	uint64_t look_at;	    /* when to look next, ns */
	uint64_t took_ns;	    /* CPU time, by the last look */
};

/*
 * Before the scan of the sockets that are there: note how many probes were sent
 * until then. And after it, if it found that connections are stalled: they are
 * to be looked for in any case. stalls_begin() returns 0 or -errno.
 */
int stalls_begin(struct stalls *stalls);
void stalls_suspect(struct stalls *stalls);

/*
 * Look, if it is time to at @now (CLOCK_MONOTONIC ns), and call @each with
 * every EVENT_STALLED. Stops at the first result that is not 0 and returns it,
 * else 0 or -errno.
 */
int stalls_look(struct stalls *stalls, uint64_t now,
		int (*each)(void *arg, const struct segment_event *e),
		void *arg);
void stalls_free(struct stalls *stalls);

#endif /* TCPWHY_STALLS_H */
