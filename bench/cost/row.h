/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A line of the table: one workload under one observer. */
#ifndef BENCH_COST_ROW_H
#define BENCH_COST_ROW_H

#include "observer.h"
#include "series.h"
#include "stage.h"

struct row {
	const struct workload *workload;
	const struct observer *observer;
	/* A round each: of the workload alone, and observed right after. */
	struct series alone, observed, ratio;
	struct series cpu_s, rss_kib;
	/* Of all observed rounds: */
	struct tally tally;
	double done; /* of the workload's unit, not by the second */
};

/* One more round, on the workload's stage. */
void row_measure(struct row *row, struct stage *stage, unsigned int ms);

/* The median of the observed rounds to that of the others. */
double row_ratio(const struct row *row);

/* The workload's heading, and the line. */
void row_print_heading(const struct workload *workload);
void row_print(const struct row *row);

#endif
