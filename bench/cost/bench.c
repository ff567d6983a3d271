// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bench: what tcpwhy costs, beside what a user would run instead. README.md
 * says what is measured, and how. Exit status: 0 all goals are met, 1 one is
 * not, 2 it could not be measured.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "demand.h"
#include "goal.h"
#include "moments.h"
#include "observer.h"
#include "programs.h"
#include "row.h"
#include "stage.h"
#include "tool.h"

#define ROUNDS	 10
#define ROUND_MS 600

/* Whatever hangs, this ends it, and with us all that we started. */
#define TIME_LIMIT_S 3000

#define MAX_ROWS     64

#define PROGRAMS_MS  500
#define EXISTING     10000 /* sockets */
#define STARTS	     11
#define RESETS	     200
#define OPEN	     100000 /* connections */

static struct row rows[MAX_ROWS];
static unsigned int row_count;

/* Is @name one of the words in the environment's @list? All are in none. */
static bool is_wanted(const char *list, const char *name)
{
	const char *words = getenv(list);
	char *copy, *rest, *word;
	bool found = false;

	if (!words || !*words)
		return true;
	copy = rest = strdup(words);
	while ((word = strsep(&rest, ",")))
		found |= !strcmp(word, name);
	free(copy);
	return found;
}

static void measure_rates(const struct workload *workload, unsigned int rounds,
			  unsigned int ms)
{
	struct row *first = &rows[row_count], *end;
	struct stage *stage = stage_set(workload);

	row_print_heading(workload);
	for (unsigned int i = 0; i < observer_count; i++) {
		if (!is_wanted("OBSERVERS", observers[i].name))
			continue;
		rows[row_count].workload = workload;
		rows[row_count++].observer = &observers[i];
	}
	end = &rows[row_count];
	stage_play(stage, ms); /* the first time is never like the others */
	for (unsigned int round = 0; round < rounds; round++)
		for (struct row *row = first; row < end; row++)
			row_measure(row, stage, ms);
	for (struct row *row = first; row < end; row++)
		row_print(row);
	stage_clear(stage);
}

/* Prints what each program takes, and all of them for one of the unit. */
static void print_programs(const struct programs *programs, const char *of,
			   const struct workload *workload, double done)
{
	double ns = 0;

	for (unsigned int i = 0; i < programs->count; i++) {
		const struct program *program = &programs->at[i];

		printf("%-8s %-15s %-24s %9.0f %8.0f\n", workload->name, of,
		       program->name, program->runs, program->ns);
		ns += program->runs * program->ns;
	}
	printf("%-8s %-15s %-24s %9.0f %8.0f\n", workload->name, of,
	       "all, for each that was done", done, ns / done);
}

static void measure_programs(const char *workload_name, const char *name,
			     struct programs *programs)
{
	const struct workload *workload = workload_find(workload_name);
	struct stage *stage = stage_set(workload);
	int statistics = programs_begin();
	struct watch *watch = watch_begin(observer_find(name));
	double done = stage_play(stage, PROGRAMS_MS) * PROGRAMS_MS / 1000;

	programs_read(programs, watch_pid(watch));
	watch_end(watch);
	programs_end(statistics);
	stage_clear(stage);
	print_programs(programs, name, workload, done);
}

static void measure_run_times(void)
{
	struct programs programs;

	printf("\n%-8s %-15s %-24s %9s %8s\n", "workload", "under",
	       "BPF program", "runs", "ns a run");
	measure_programs("close", "tcpwhy", &programs);
	measure_programs("bulk", "tcpwhy", &programs);
	measure_programs("reset", "tcpstates", &programs);
	measure_programs("reset", "tcpwhy --port 1", &programs);
	measure_programs("reset", "tcpwhy", &programs);
	demand_of_programs(&programs);
}

static void measure_times(void)
{
	struct series start = { 0 }, latency = { 0 };
	double idle;

	measure_start(&start, EXISTING, STARTS);
	printf("\nms from exec to ready, %d sockets existing: median %.0f, "
	       "at most %.0f\n",
	       EXISTING, series_median(&start), series_at(&start, 1));
	goal_at_most(series_median(&start), 200, "start: ms, %d sockets",
		     EXISTING);
	measure_latency(&latency, RESETS);
	printf("ms from a RST to its finding: p50 %.1f, p99 %.1f, at most "
	       "%.1f\n",
	       series_median(&latency), series_at(&latency, 0.99),
	       series_at(&latency, 1));
	goal_at_most(series_at(&latency, 0.99), 100, "RST to finding: ms, p99");
	idle = measure_idle();
	printf("ms of CPU time a second where nothing happens: %.1f\n", idle);
	goal_at_most(idle, 10, "idle: ms of CPU time a second");
}

static double show_memory(unsigned int connections)
{
	double lost, mib = measure_memory(connections, &lost);

	printf("%9u connections that opened: %5.1f MiB of RSS, %.0f events "
	       "lost\n",
	       connections, mib, lost);
	if (connections)
		goal_at_most(lost, 0, "lost while %u connections opened",
			     connections);
	return mib;
}

static double show_memory_before(unsigned int connections)
{
	double mib = measure_memory_before(connections);

	printf("%9u connections that were there: %5.1f MiB at most\n",
	       connections, mib);
	return mib;
}

static void measure_memories(void)
{
	printf("\n");
	goal_at_most(show_memory(0), 16, "memory: MiB, idle");
	show_memory(OPEN / 2);
	goal_at_most(show_memory(OPEN), 64, "memory: MiB, %d connections open",
		     OPEN);
	goal_at_most(show_memory_before(OPEN), 64,
		     "memory: MiB, %d connections there before", OPEN);
}

int main(void)
{
	unsigned int rounds = setting("ROUNDS", ROUNDS);
	unsigned int ms = setting("ROUND_MS", ROUND_MS);

	alarm(TIME_LIMIT_S);
	observer_find_tcpwhy();
	enter_own_space();
	printf("medians of %u rounds of %u ms\n", rounds, ms);
	for (unsigned int i = 0; i < workload_count; i++)
		if (is_wanted("WORKLOADS", workloads[i].name))
			measure_rates(&workloads[i], rounds, ms);
	demand_of_rows(rows, row_count);
	if (is_wanted("WORKLOADS", "programs"))
		measure_run_times();
	if (is_wanted("WORKLOADS", "times"))
		measure_times();
	if (is_wanted("WORKLOADS", "memory"))
		measure_memories();
	return goals_print() ? EXIT_SUCCESS : EXIT_FAILURE;
}
