/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Recordings of a busy host, made up: as many connections as one likes. */
#ifndef TCPWHY_BENCH_COMPOSE_H
#define TCPWHY_BENCH_COMPOSE_H

#include <stdbool.h>
#include <stdint.h>

struct composition {
	uint32_t open;	 /* connections that are open all the time */
	uint64_t closed; /* how many are closed, the oldest first */
	bool by_reset;	 /* else by FIN */
};

/*
 * Write @path: both ends of each connection are on that host, and for each
 * that is closed another is opened. Sets @events to how many were written.
 * Returns 0 or a negative errno.
 */
int compose(const char *path, const struct composition *c, uint64_t *events);

#endif /* TCPWHY_BENCH_COMPOSE_H */
