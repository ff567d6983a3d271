// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "goal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "tool.h"

#define MAX_GOALS 256

static struct {
	char text[64];
	double figure, limit;
	bool at_least;
} goals[MAX_GOALS];
static unsigned int goal_count;

static void add(double figure, double limit, bool at_least, const char *format,
		va_list args)
{
	errno = 0;
	if (goal_count == MAX_GOALS)
		die("more than %d goals", MAX_GOALS);
	vsnprintf(goals[goal_count].text, sizeof(goals->text), format, args);
	goals[goal_count].figure = figure;
	goals[goal_count].limit = limit;
	goals[goal_count++].at_least = at_least;
}

void goal_at_least(double figure, double limit, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(figure, limit, true, format, args);
	va_end(args);
}

void goal_at_most(double figure, double limit, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(figure, limit, false, format, args);
	va_end(args);
}

bool goals_print(void)
{
	unsigned int met_count = 0;

	printf("\n%-50s %10s  %13s  met\n", "must hold", "measured", "goal");
	for (unsigned int i = 0; i < goal_count; i++) {
		bool met = goals[i].at_least
				   ? goals[i].figure >= goals[i].limit
				   : goals[i].figure <= goals[i].limit;

		printf("%-50s %10.5g  %s %10.5g  %s\n", goals[i].text,
		       goals[i].figure,
		       goals[i].at_least ? ">=" : "<=", goals[i].limit,
		       met ? "yes" : "NO");
		met_count += met;
	}
	printf("%u passed, %u failed\n", met_count, goal_count - met_count);
	return met_count == goal_count;
}
