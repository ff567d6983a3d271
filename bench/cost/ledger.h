/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What tcpwhy said in JSON, counted line by line, beside its own counts. */
#ifndef BENCH_COST_LEDGER_H
#define BENCH_COST_LEDGER_H

#include <stdbool.h>

#include "event.h"

struct ledger {
	/* Lines. */
	double findings;
	double shown[EVENT_KINDS]; /* events */
	double lost;		   /* as the lines "lost" add up */
	/* Of the end; has_end: there was one. */
	bool has_end;
	double bad;
	double all_received, all_produced, all_lost;
	double received[EVENT_KINDS], produced[EVENT_KINDS],
		lost_of[EVENT_KINDS];
};

/* Takes one line; dies when it is none that docs/output.md knows. */
void ledger_take(struct ledger *ledger, const char *line);

/*
 * How many events are neither shown nor counted as lost, or too many, in all
 * kinds: of those that are shown by their lines, of all by the counts.
 */
double ledger_missing(const struct ledger *ledger);

#endif
