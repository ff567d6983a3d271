/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What of tcpwhy works with this kernel and these privileges. */
#ifndef TCPWHY_ABILITY_H
#define TCPWHY_ABILITY_H

#include <stdbool.h>

#include "coverage.h"
#include "live.h"
#include "parts.h"
#include "privileges.h"

/* One thing that not every kernel tells. */
struct telling {
	enum kernel_tells bit;
	const char *name;
	const char *what;
	const char *since;   /* the first kernel that does */
	const char *instead; /* what is done without it */
};

#define TELLING_COUNT 4
extern const struct telling tellings[TELLING_COUNT];

struct ability {
	const struct parts *parts;
	const struct btf *btf;
	struct sources sources;
	struct privilege privileges[PRIVILEGE_COUNT];
	bool full; /* nothing is missing */
};

/* Points into @live. Takes up to 50 ms. */
void ability_find(struct ability *ability, const struct live *live);

/* What there would be to judge by if nothing else were missing. */
struct sources ability_without_part(const struct part *part);
struct sources ability_without_telling(const struct telling *telling);
extern const struct sources everything;

/* Say once, on stderr, what does not work, if anything does not. */
void ability_warn(const struct live *live);

#endif /* TCPWHY_ABILITY_H */
