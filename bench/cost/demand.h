/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The goals of the table's rows, and of the BPF programs. */
#ifndef BENCH_COST_DEMAND_H
#define BENCH_COST_DEMAND_H

#include "programs.h"
#include "row.h"

/* Sets the goals of all rows of tcpwhy among these. */
void demand_of_rows(const struct row *rows, unsigned int count);

/* Sets those of tcpwhy's programs. */
void demand_of_programs(const struct programs *programs);

#endif
