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

#include "observer.h"
#include "row.h"
#include "stage.h"
#include "tool.h"

#define ROUNDS	 12
#define ROUND_MS 800

/* Whatever hangs, this ends it, and with us all that we started. */
#define TIME_LIMIT_S 3000

#define MAX_ROWS     64

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

static void measure(const struct workload *workload, unsigned int rounds,
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
			measure(&workloads[i], rounds, ms);
	return 0;
}
