/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The case: what the rules are to judge, put together from an event. */
#ifndef TCPWHY_CASE_H
#define TCPWHY_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "judge.h"
#include "moment.h"
#include "rule.h"

/* A RST and its reception belong together if they are this close, ns. */
#define CASE_SAME_RESET_NS 100000000ULL

/* Two times of events; 0 is no time. */
bool case_close_in_time(uint64_t a, uint64_t b);

/*
 * Is it so soon after the start that what led to it may have come before? A
 * connection that was refused just then has but half of its events.
 */
bool case_just_begun(const struct evidence_case *c);

/* Fill @c for @m. @stack is the case's; both point into @judge's and @m's. */
void case_build(struct evidence_case *c, struct stack *stack,
		const struct judge *judge, const struct moment *m);

/* A RST received, of which its sender's side is to be told. */
void case_turn_round(struct evidence_case *c);

#endif /* TCPWHY_CASE_H */
