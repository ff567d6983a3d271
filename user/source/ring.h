/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ring that the kernel side writes to: read, waited for. */
#ifndef TCPWHY_RING_H
#define TCPWHY_RING_H

#include <stddef.h>
#include <stdint.h>

#include "gauge.h"

struct bpf_map;
struct ring_buffer;

/*
 * The kernel side wakes us at once if it has not for so long, ns; before, if it
 * has cause to: see event_submit().
 */
#define RING_WAKE_NS 20000000ULL

struct ring {
	struct ring_buffer *reader;
	struct gauge gauge;
	int epoll;
};

#define RING_NONE ((struct ring){ .epoll = -1 })

/*
 * Each record goes to @each, with @arg; a negative return stops reading.
 * Returns 0 or -errno; ring_close() in either case, it takes RING_NONE, too.
 */
int ring_open(struct ring *ring, const struct bpf_map *events,
	      int (*each)(void *arg, void *data, size_t size), void *arg);
void ring_close(struct ring *ring);

/* ring_wait() ends when @fd can be read, too. Returns 0 or -errno. */
int ring_listen(const struct ring *ring, int fd);

/*
 * Until the kernel side wakes us, a signal comes, or @ms have passed. Returns
 * 0 or -errno.
 */
int ring_wait(const struct ring *ring, int ms);

/*
 * How long to wait, ms, when the kernel side woke us last at @woken, and there
 * is something else to do at @due (UINT64_MAX: nothing); CLOCK_MONOTONIC ns.
 * What comes soon after a wake-up does not wake us, so it is to be looked for.
 */
int ring_pause_ms(uint64_t now, uint64_t woken, uint64_t due);

/* Read all that is there. Returns 0, or what stopped it. */
int ring_read(struct ring *ring);

#endif /* TCPWHY_RING_H */
