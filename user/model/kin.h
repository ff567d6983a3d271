/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which process came from which, and what each is called: descendants may
 * have inherited a socket without any event of the socket.
 */
#ifndef TCPWHY_KIN_H
#define TCPWHY_KIN_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct kin;

struct process_id {
	uint64_t start_time; /* CLOCK_MONOTONIC ns */
	uint64_t pid;
};

/* Returns NULL when out of memory. kin_free() accepts NULL. */
struct kin *kin_new(void);
void kin_free(struct kin *kin);

/* Learn from a fork, exec or exit; others are ignored. 0 or -ENOMEM. */
int kin_apply(struct kin *kin, const struct event_header *e);

/*
 * @id and its living descendants, as far as their births were seen, into
 * @out. Returns how many there are; no more than @max are written.
 */
unsigned int kin_family(const struct kin *kin, const struct process_id *id,
			struct process_id *out, unsigned int max);

/* The name that an exec after @since gave to the process, or NULL. */
const char *kin_renamed(const struct kin *kin, const struct process_id *id,
			uint64_t since);

/* Has the process forked since @since? */
bool kin_forked(const struct kin *kin, const struct process_id *id,
		uint64_t since);

#endif /* TCPWHY_KIN_H */
