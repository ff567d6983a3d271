/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * RSTs that left this host lately, by whomever: one of them may be seen more
 * than once, by its sender and at each device that it passes.
 */
#ifndef TCPWHY_RESETS_H
#define TCPWHY_RESETS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct resets;

struct reset {
	uint64_t seq; /* of the event */
	/* EVENT_RESET_SENT or EVENT_PACKET; local is where the RST is from. */
	struct segment_event event;
};

/* Keep the last @limit. Returns NULL when out of memory. */
struct resets *resets_new(unsigned int limit);
void resets_free(struct resets *resets); /* accepts NULL */

/* Remember @e, event number @seq. */
void resets_add(struct resets *resets, const struct segment_event *e,
		uint64_t seq);

/*
 * The one before @later (NULL: the last of all), of event time @since (ns) or
 * later; NULL: there is none.
 */
const struct reset *resets_before(const struct resets *resets,
				  const struct reset *later, uint64_t since);

/* The sequence number that stands in the RST itself. */
uint32_t reset_number(const struct segment_event *e);

#endif /* TCPWHY_RESETS_H */
