/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * When events were lost: what happened then may be missing from all that we
 * know of a connection that lived at that time.
 */
#ifndef TCPWHY_GAPS_H
#define TCPWHY_GAPS_H

#include <stdbool.h>

#include "flow.h"

#define GAPS_MAX 64

/* That some were. */
struct loss {
	uint64_t count; /* since the last such */
	uint64_t total;
	struct span when;
};

/* Zero-initialise. In order of time. */
struct gaps {
	struct span at[GAPS_MAX];
	unsigned int count;
};

/*
 * Events were lost in @gap. It is joined with the last if there is next to
 * nothing in between; where there are too many, so are the two oldest.
 */
void gaps_add(struct gaps *gaps, struct span gap);

/* Was anything lost in @time? Then *@lost is from the first to the last. */
bool gaps_touch(const struct gaps *gaps, struct span time, struct span *lost);

#endif /* TCPWHY_GAPS_H */
