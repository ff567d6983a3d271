// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ability.h"

#include <stdio.h>

const struct telling tellings[TELLING_COUNT] = {
	{ KERNEL_TELLS_ANSWERS, "answers",
	  "RSTs where there is no full socket, and why each is sent", "6.10",
	  "concluded from the drop of the segment that it answers" },
	{ KERNEL_TELLS_NO_SOCKET, "no-socket",
	  "that a segment was for no socket", "5.17",
	  "concluded from what is known of the connection" },
	{ KERNEL_TELLS_WHY_DROPPED, "why-dropped", "why a segment is dropped",
	  "5.17", "concluded from where it is dropped, if that tells" },
	{ KERNEL_TELLS_UNSENT, "unsent",
	  "retransmissions that could not be sent", "6.17", "not shown" },
};

const struct sources everything = { UINT32_MAX, UINT32_MAX };

struct sources ability_without_part(const struct part *part)
{
	struct sources sources = everything;

	sources.kinds &= ~(1U << part->kind);
	return sources;
}

struct sources ability_without_telling(const struct telling *telling)
{
	struct sources sources = everything;

	sources.tells &= ~(uint32_t)telling->bit;
	return sources;
}

void ability_find(struct ability *ability, const struct live *live)
{
	const uint32_t all_told =
		KERNEL_TELLS_ANSWERS | KERNEL_TELLS_NO_SOCKET |
		KERNEL_TELLS_WHY_DROPPED | KERNEL_TELLS_UNSENT;

	ability->parts = live_parts(live);
	ability->btf = live_btf(live);
	ability->sources.kinds = parts_kinds(ability->parts);
	ability->sources.tells = kernel_tells(ability->btf);
	ability->full = ability->sources.tells == all_told;
	for (size_t i = 0; i < ability->parts->count; i++)
		if (ability->parts->at[i].err)
			ability->full = false;
	privileges_try(ability->privileges);
	for (int i = 0; i < PRIVILEGE_COUNT; i++)
		if (ability->privileges[i].err)
			ability->full = false;
}

static void warn_cause(const struct rule *rule, enum coverage coverage,
		       void *arg)
{
	unsigned int *count = arg;

	fprintf(stderr, "%s%s%s", (*count)++ ? ", " : " (", rule->id,
		coverage == COVERAGE_NONE ? "" : " only likely");
}

static void warn_part(const struct part *part)
{
	struct sources without = ability_without_part(part);
	unsigned int count = 0;

	fprintf(stderr, "%s", part->lost);
	coverage_each_cost(&without, &everything, warn_cause, &count);
	fprintf(stderr, "%s", count ? ")" : "");
}

void ability_warn(const struct live *live)
{
	struct ability ability;
	bool begun = false;

	ability_find(&ability, live);
	for (size_t i = 0; i < ability.parts->count; i++) {
		if (!ability.parts->at[i].err)
			continue;
		fprintf(stderr, begun ? "; " : "tcpwhy: degraded: lost: ");
		warn_part(&ability.parts->at[i]);
		begun = true;
	}
	for (int i = 0; i < PRIVILEGE_COUNT; i++) {
		if (!ability.privileges[i].err)
			continue;
		fprintf(stderr, begun ? "; " : "tcpwhy: degraded: lost: ");
		fprintf(stderr, "%s", ability.privileges[i].what);
		begun = true;
	}
	if (begun)
		fprintf(stderr, "; \"tcpwhy check\" says why\n");
}
