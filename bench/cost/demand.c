// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "demand.h"

#include <string.h>

#include "goal.h"
#include "tool.h"

#define STORM	 (1 << 0)
#define PINGPONG (1 << 1)

/* Events that reach us though the filter matches nothing, per connection. */
#define MAX_FILTERED 0.01

static const struct {
	const char *observer; /* NULL: each of tcpwhy */
	unsigned int workloads;
	double ratio;
} ratios[] = {
	{ "tcpwhy", STORM, 0.92 },
	{ "tcpwhy --json", STORM, 0.85 },
	{ "tcpwhy --why-only", STORM, 0.97 },
	{ "tcpwhy -q -w", STORM, 0.97 },
	{ "tcpwhy --port 1", STORM, 0.99 },
	{ NULL, PINGPONG, 0.99 },
};

static unsigned int kind_of(const struct workload *workload)
{
	if (!strcmp(workload->name, "reset") ||
	    !strcmp(workload->name, "close"))
		return STORM;
	return strcmp(workload->name, "talk") ? 0 : PINGPONG;
}

static void demand_ratio(const struct row *row)
{
	for (unsigned int i = 0; i < COUNT(ratios); i++) {
		const char *of = ratios[i].observer;

		if (ratios[i].workloads & kind_of(row->workload) &&
		    (!of || !strcmp(of, row->observer->name)))
			goal_at_least(row_ratio(row), ratios[i].ratio,
				      "%s: ratio under %s", row->workload->name,
				      row->observer->name);
	}
}

/*
 * Rows differ when half of the rounds of one are beyond half of the other's:
 * within that, who is ahead is chance.
 */
static bool is_behind(const struct row *row, const struct row *peer)
{
	return row_ratio(row) < row_ratio(peer) &&
	       series_at(&row->ratio, 0.75) < series_at(&peer->ratio, 0.25);
}

static bool is_measured_against(const struct row *row)
{
	return !strcmp(row->observer->name, "tcpstates") ||
	       !strcmp(row->observer->name, "tcpdump -w");
}

static void demand_ahead(const struct row *row, const struct row *rows,
			 unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (rows[i].workload == row->workload &&
		    is_measured_against(&rows[i]))
			goal_at_least(row_ratio(row),
				      is_behind(row, &rows[i])
					      ? row_ratio(&rows[i])
					      : 0,
				      "%s: %s not behind %s",
				      row->workload->name, row->observer->name,
				      rows[i].observer->name);
}

void demand_of_rows(const struct row *rows, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		const struct row *row = &rows[i];

		if (!observer_is_ours(row->observer))
			continue;
		demand_ratio(row);
		demand_ahead(row, rows, count);
		goal_at_most(row->tally.lost, 0, "%s: lost under %s",
			     row->workload->name, row->observer->name);
		if (kind_of(row->workload) == STORM &&
		    !strcmp(row->observer->name, "tcpwhy --port 1"))
			goal_at_most(row->tally.events / row->done,
				     MAX_FILTERED,
				     "%s: filtered out, yet in the ring, each",
				     row->workload->name);
	}
}

/* --- programs --- */

/* Two programs may share a tracepoint: an event costs both. */
static void demand_run_time(const struct programs *programs, const char *name,
			    double ns)
{
	const struct program *main = programs_find(programs, name);
	double sum = 0;

	for (unsigned int i = 0; main && i < programs->count; i++)
		if (!strncmp(programs->at[i].name, name, strlen(name)))
			sum += programs->at[i].ns * programs->at[i].runs;
	if (main)
		goal_at_most(sum / main->runs, ns, "ns per event: %s", name);
}

void demand_of_programs(const struct programs *programs)
{
	demand_run_time(programs, "on_state", 350);
	demand_run_time(programs, "on_destroy", 350);
	demand_run_time(programs, "on_send_reset", 1500);
	demand_run_time(programs, "on_receive_reset", 1500);
}
