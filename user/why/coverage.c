// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "coverage.h"

#include "catalogue.h"

/*
 * Where the kernel does not trace all answers, those that no full socket sends
 * are concluded from the drop of the segment: see untraced.h.
 */
static bool is_concluded(const struct rule *rule, const struct sources *sources)
{
	return rule->triggers & 1 << EVENT_RESET_SENT &&
	       rule->wants_told & KERNEL_TELLS_NO_SOCKET &&
	       !(sources->tells & KERNEL_TELLS_ANSWERS);
}

enum coverage coverage_of(const struct rule *rule,
			  const struct sources *sources)
{
	uint32_t needs = rule->needs;

	if (is_concluded(rule, sources))
		needs |= 1 << EVENT_DROP;
	if (!(rule->triggers & sources->kinds) || needs & ~sources->kinds ||
	    rule->needs_told & ~sources->tells)
		return COVERAGE_NONE;
	if (rule->wants & ~sources->kinds || rule->wants_told & ~sources->tells)
		return COVERAGE_LIKELY;
	return COVERAGE_FULL;
}

void coverage_each_cost(const struct sources *sources,
			const struct sources *more,
			void (*each)(const struct rule *rule,
				     enum coverage coverage, void *arg),
			void *arg)
{
	for (unsigned int i = 0; catalogue[i]; i++) {
		for (unsigned int r = 0; r < catalogue[i]->count; r++) {
			const struct rule *rule = &catalogue[i]->rules[r];
			enum coverage coverage = coverage_of(rule, sources);

			if (coverage < coverage_of(rule, more))
				each(rule, coverage, arg);
		}
	}
}
