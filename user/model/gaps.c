// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "gaps.h"

#include <string.h>

/* A storm that overflows the ring does so again and again. */
#define NEXT_TO_NOTHING_NS 100000000ULL

static void widen(struct span *span, struct span more)
{
	if (more.from < span->from)
		span->from = more.from;
	if (more.to > span->to)
		span->to = more.to;
}

static void join_oldest(struct gaps *gaps)
{
	widen(&gaps->at[0], gaps->at[1]);
	gaps->count--;
	memmove(&gaps->at[1], &gaps->at[2],
		(gaps->count - 1) * sizeof(gaps->at[0]));
}

void gaps_add(struct gaps *gaps, struct span gap)
{
	struct span *last = gaps->count ? &gaps->at[gaps->count - 1] : NULL;

	if (last && gap.from <= last->to + NEXT_TO_NOTHING_NS) {
		widen(last, gap);
		return;
	}
	if (gaps->count == GAPS_MAX)
		join_oldest(gaps);
	gaps->at[gaps->count++] = gap;
}

bool gaps_touch(const struct gaps *gaps, struct span time, struct span *lost)
{
	bool touched = false;

	for (unsigned int i = 0; i < gaps->count; i++) {
		if (gaps->at[i].to < time.from || gaps->at[i].from > time.to)
			continue;
		if (!touched)
			*lost = gaps->at[i];
		widen(lost, gaps->at[i]);
		touched = true;
	}
	return touched;
}
