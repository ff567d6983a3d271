// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

/* For what wakes nobody, as the end of a command that we run. */
#define IDLE_NS 100000000ULL

int ring_open(struct ring *ring, const struct bpf_map *events,
	      int (*each)(void *arg, void *data, size_t size), void *arg)
{
	int fd = bpf_map__fd(events), err;

	*ring = RING_NONE;
	ring->reader = ring_buffer__new(fd, each, arg, NULL);
	if (!ring->reader)
		return -errno;
	err = gauge_open(&ring->gauge, fd, bpf_map__max_entries(events));
	if (err)
		return err;
	ring->epoll = epoll_create1(EPOLL_CLOEXEC);
	return ring->epoll < 0 ? -errno : ring_listen(ring, fd);
}

void ring_close(struct ring *ring)
{
	ring_buffer__free(ring->reader);
	gauge_close(&ring->gauge);
	if (ring->epoll >= 0)
		close(ring->epoll);
	*ring = RING_NONE;
}

/*
 * Edge-triggered, unlike libbpf's own: on a busy host there is something in the
 * ring at any moment, and we would not sleep until the kernel side says that it
 * is worth it to be woken.
 */
int ring_listen(const struct ring *ring, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	return epoll_ctl(ring->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int ring_wait(const struct ring *ring, int ms)
{
	struct epoll_event event;

	if (epoll_wait(ring->epoll, &event, 1, ms) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

int ring_pause_ms(uint64_t now, uint64_t woken, uint64_t due)
{
	uint64_t until = now + RING_WAKE_NS;

	if (until < due && now >= woken + RING_WAKE_NS)
		until = due < now + IDLE_NS ? due : now + IDLE_NS;
	return (until - now) / 1000000 + 1;
}

int ring_read(struct ring *ring)
{
	int err = ring_buffer__consume(ring->reader);

	return err < 0 && err != -EINTR ? err : 0;
}
