/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How full the ring is, also while libbpf reads it. (libbpf itself tells since
 * 1.3, ring__avail_data_size().)
 */
#ifndef TCPWHY_GAUGE_H
#define TCPWHY_GAUGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: of no ring; it is never full. */
struct gauge {
	const volatile uint64_t *read_to, *written_to; /* bytes, ever */
	size_t page;
	uint32_t size; /* of the ring, bytes */
};

/* @fd: of the map, whose ring has @size bytes. Returns 0 or -errno. */
int gauge_open(struct gauge *gauge, int fd, uint32_t size);
void gauge_close(struct gauge *gauge);

/* Is more than a quarter waiting? */
bool gauge_is_high(const struct gauge *gauge);

#endif /* TCPWHY_GAUGE_H */
