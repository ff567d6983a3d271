/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which causes can be found with what a kernel delivers, and how surely. */
#ifndef TCPWHY_COVERAGE_H
#define TCPWHY_COVERAGE_H

#include <stdint.h>

#include "rule.h"

/* What there is to judge by. */
struct sources {
	uint32_t kinds; /* of events: 1 << EVENT_... */
	uint32_t tells; /* enum kernel_tells */
};

enum coverage {
	COVERAGE_NONE,	 /* never found */
	COVERAGE_LIKELY, /* found, at least in some cases no more than that */
	COVERAGE_FULL,
};

enum coverage coverage_of(const struct rule *rule,
			  const struct sources *sources);

/*
 * Call @each, in the order of the catalogue, with the rules that @sources
 * cover less well than @more do, and how well.
 */
void coverage_each_cost(const struct sources *sources,
			const struct sources *more,
			void (*each)(const struct rule *rule,
				     enum coverage coverage, void *arg),
			void *arg);

#endif /* TCPWHY_COVERAGE_H */
