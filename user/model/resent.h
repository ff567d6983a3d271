/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a flow has sent again: how often for which reason, and whether it was
 * needed. A peer that had the segment says so (D-SACK), mostly a round trip
 * later: the proof is in a later event of the same socket.
 */
#ifndef TCPWHY_RESENT_H
#define TCPWHY_RESENT_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct flow;
struct flow_table;

/* By what made the kernel send again. */
enum resent_kind {
	RESENT_UNKNOWN,
	RESENT_SYN,
	RESENT_TIMEOUT,
	RESENT_PROBE, /* tail loss probe */
	RESENT_ZERO_WINDOW,
	RESENT_FAST,
	RESENT_REORDER,
	RESENT_AFTER_TIMEOUT,
	RESENT_PMTU,
	RESENT_MTU_PROBE,
	RESENT_FASTOPEN,
	RESENT_FAILED, /* it was to be sent again, and could not be */
	RESENT_KINDS,
};

enum resent_proof {
	PROOF_NONE,
	PROOF_DSACK, /* the peer reported it as received twice */
	PROOF_UNDO,  /* the kernel took back that it had slowed down */
};

/* One event. */
struct resent_one {
	uint64_t time; /* CLOCK_MONOTONIC ns */
	uint64_t seq;
	uint32_t jiffies;
	bool in_recovery; /* the kernel can undo it */
	uint32_t segments;
};

#define RESENT_MAX 8

/* A segment as it was sent again, or was to be. */
struct resent_copy {
	uint64_t time; /* CLOCK_MONOTONIC ns; 0: none */
	uint32_t first, end;
	bool failed;
};

/*
 * Proven at event number @seq: @needless of the segments in these events
 * were. If that is not all of them, which ones cannot be told.
 */
struct resent_verdict {
	uint64_t seq;
	enum resent_proof proof;
	uint32_t needless;
	uint32_t segments;
	struct resent_one of[RESENT_MAX];
	unsigned int count;
};

#define RESENT_MAX_VERDICTS 4

struct resent {
	uint32_t counts[RESENT_KINDS]; /* judged so far */
	uint32_t dsacks;	       /* as last seen */
	uint32_t pmtu;		       /* bytes, as last seen */
	uint32_t old_pmtu;	       /* ... before it was made smaller */
	struct resent_one waiting[RESENT_MAX]; /* for proof, oldest first */
	unsigned int waiting_count;
	struct resent_copy copies[RESENT_MAX]; /* in a circle */
	unsigned int copy_next;
	struct resent_verdict verdicts[RESENT_MAX_VERDICTS];
	unsigned int verdict_count; /* not told yet, oldest first */
};

/* Learn from event number @seq of @flow. Returns 0 or -ENOMEM. */
int resent_segment(struct flow_table *table, struct flow *flow,
		   const struct segment_event *e, uint64_t seq);
void resent_sock(struct flow *flow, const struct sock_event *e, uint64_t seq);

/*
 * Does a drop at @dropped explain that [@first, @end) was sent again at @now?
 * Not if that copy's failure was told, or another was sent since.
 */
bool resent_because(const struct flow *flow, uint64_t dropped, uint32_t first,
		    uint32_t end, uint64_t now);

/* A drop this shortly before a retransmission may be of its own copy. */
#define RESENT_OWN_NS 1000000ULL

/* The event @seq was judged to be of @kind. */
void resent_count(struct flow *flow, enum resent_kind kind);

/*
 * Is it known by now that event number @seq was needless? Then that is told
 * with it, and not again.
 */
enum resent_proof resent_take_proof(struct flow *flow, uint64_t seq);

/* A verdict of event number @seq that is left to tell; false: none. */
bool resent_take_verdict(struct flow *flow, uint64_t seq,
			 struct resent_verdict *verdict);

/* "dsack", "undo"; NULL for none. */
const char *resent_proof_name(enum resent_proof proof);

#endif /* TCPWHY_RESENT_H */
