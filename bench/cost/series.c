// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "series.h"

#include <errno.h>
#include <stdlib.h>

#include "tool.h"

void series_add(struct series *series, double value)
{
	errno = 0;
	if (series->count == SERIES_ROOM)
		die("more than %d rounds", SERIES_ROOM);
	series->at[series->count++] = value;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double series_at(const struct series *series, double part)
{
	struct series sorted = *series;
	double place = part * (series->count - 1);
	unsigned int below = place;

	if (!series->count)
		return 0;
	qsort(sorted.at, sorted.count, sizeof(*sorted.at), compare);
	if (below + 1 >= sorted.count)
		return sorted.at[sorted.count - 1];
	return sorted.at[below] +
	       (place - below) * (sorted.at[below + 1] - sorted.at[below]);
}

double series_median(const struct series *series)
{
	return series_at(series, 0.5);
}
