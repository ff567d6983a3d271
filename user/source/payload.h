/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a recording's blocks hold, member by member: see pcapng.h. */
#ifndef TCPWHY_PAYLOAD_H
#define TCPWHY_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "source.h"

struct payload_cursor {
	const unsigned char *at;
	size_t left;
	bool bad; /* more was asked for than there is, or it makes no sense */
};

/* The next @size bytes, or NULL. */
const void *payload_take(struct payload_cursor *c, size_t size);

/*
 * Read the fact of kind @fact->kind, the rest of which is zero. Its strings are
 * those in @payload. False: that is not one.
 */
bool payload_fact(const void *payload, size_t size, unsigned int layout,
		  struct fact *fact);

#endif /* TCPWHY_PAYLOAD_H */
