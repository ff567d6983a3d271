/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What was measured again and again. */
#ifndef BENCH_COST_SERIES_H
#define BENCH_COST_SERIES_H

#define SERIES_ROOM 1024

struct series {
	double at[SERIES_ROOM];
	unsigned int count;
};

/* Dies when there is no more room. */
void series_add(struct series *series, double value);

/*
 * The value below which this part of them is, between neighbours in
 * proportion: 0.5 is the median. 0 if there are none.
 */
double series_at(const struct series *series, double part);
double series_median(const struct series *series);

#endif
