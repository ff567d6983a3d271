/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A burst of findings that are alike is told as one: the first few in full,
 * then how many there were, a line a second. Alike are findings of one cause,
 * owner and actor, in one network namespace, with one port at either end.
 *
 * All times are those of the events, never the wall clock's: what is folded
 * does not depend on whether it is told live or from a recording. Memory is
 * bounded: what is forgotten is told first.
 */
#ifndef TCPWHY_FOLD_H
#define TCPWHY_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "finding.h"

#define FOLD_FULL	   3		 /* of one process told in full ... */
#define FOLD_FULL_NAME	   10		 /* of processes of one name ... */
#define FOLD_WITHIN_NS	   1000000000ULL /* ... if they come within this time */
#define FOLD_EVERY_NS	   1000000000ULL /* then a line this often */
#define FOLD_QUIET_NS	   5000000000ULL /* until none has come for so long */

#define FOLD_MAX_ADDRESSES 16

/* Different addresses, in the order in which they came. */
struct fold_addresses {
	uint8_t addr[FOLD_MAX_ADDRESSES][16];
	unsigned int count;
	bool more; /* than there is room for */
};

/* Of several processes: whether they were one, and which. */
struct fold_party {
	struct party party; /* the first */
	bool several;	    /* there were others */
};

/* What one line tells. */
struct fold_line {
	const char *cause;
	enum finding_what what;
	uint64_t count;
	uint64_t time;	/* up to which was counted, CLOCK_MONOTONIC ns */
	uint64_t since; /* when the group was last told of, in full or so */
	uint16_t port;	/* which all have in common, host order */
	bool remote;	/* at the remote end, not at this one */
	bool after_loss;
	bool unsocketed; /* no socket of this host was involved */
	struct fold_party owner, actor, peer;
	struct fold_addresses local, far;
};

typedef void (*fold_tell)(void *arg, const struct fold_line *line);

struct fold;

/* Keeps at most @limit groups. Returns NULL when out of memory. */
struct fold *fold_new(unsigned int limit, fold_tell tell, void *arg);
void fold_free(struct fold *fold); /* accepts NULL; tells nothing */

/*
 * @f comes next. Returns true if it was counted, to be told later with others;
 * false if it is to be told in full now.
 */
bool fold_take(struct fold *fold, const struct finding *f);

/* Everything before @now has been shown: tell what is due. */
void fold_advance(struct fold *fold, uint64_t now);

/* The end: tell all that was counted. */
void fold_flush(struct fold *fold);

#endif /* TCPWHY_FOLD_H */
