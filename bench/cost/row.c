// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "row.h"

#include <stdio.h>

void row_measure(struct row *row, struct stage *stage, unsigned int ms)
{
	double alone = stage_play(stage, ms), observed;
	struct watch *watch = watch_begin(row->observer);
	struct cost cost;

	observed = stage_play(stage, ms);
	cost = watch_end(watch);
	series_add(&row->alone, alone);
	series_add(&row->observed, observed);
	series_add(&row->ratio, observed / alone);
	series_add(&row->cpu_s, cost.cpu_s);
	series_add(&row->rss_kib, cost.rss_kib);
	row->done += observed * ms / 1000;
	row->tally.events += cost.tally.events;
	row->tally.lost += cost.tally.lost;
}

double row_ratio(const struct row *row)
{
	return series_median(&row->observed) / series_median(&row->alone);
}

void row_print_heading(const struct workload *workload)
{
	printf("\n%s: %s\n", workload->name, workload->text);
	printf("%-18s %9s %9s  %5s  %-13s %6s %9s %9s %6s\n", "under", "alone",
	       "observed", "ratio", "(quartiles)", "CPU s", "events", "lost",
	       "MiB");
}

void row_print(const struct row *row)
{
	printf("%-18s %9.0f %9.0f  %5.3f  (%.3f-%.3f) %6.3f %9.0f %9.0f "
	       "%6.1f\n",
	       row->observer->name, series_median(&row->alone),
	       series_median(&row->observed), row_ratio(row),
	       series_at(&row->ratio, 0.25), series_at(&row->ratio, 0.75),
	       series_median(&row->cpu_s), row->tally.events, row->tally.lost,
	       series_at(&row->rss_kib, 1) / 1024);
	fflush(stdout);
}
