/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What tcpwhy must hold, and whether it does. */
#ifndef BENCH_COST_GOAL_H
#define BENCH_COST_GOAL_H

#include <stdbool.h>

/* The figure is to be no less, or no more, than the limit. */
void goal_at_least(double figure, double limit, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void goal_at_most(double figure, double limit, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints all that were set, in their order; true: all are met. */
bool goals_print(void);

#endif
