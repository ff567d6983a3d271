/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is in the way of the client's data, and how it is put there. */
#ifndef SAMPLES_LOCAL_DROP_OBSTACLE_H
#define SAMPLES_LOCAL_DROP_OBSTACLE_H

#include <stdint.h>

#include "../socket.h"

struct obstacle {
	const char *name; /* of the variant; NULL: without one */
	/* Before the actors enter, in this network namespace; or NULL. */
	void (*prepare)(struct stage *s);
	/* What an actor does first; or NULL. */
	void (*server_enters)(void);
	void (*client_enters)(void);
	/* The server does both; @fd is its end of the connection. */
	void (*raise)(int fd);
	void (*clear)(int fd);
	/* After both are gone; or NULL. */
	void (*finish)(void);
	size_t size; /* of the data, bytes */
	size_t fill; /* bytes that are sent before, and still arrive */
};

/* Each ends with one without raise(). */
extern const struct obstacle receiver_obstacles[]; /* the server's socket */
extern const struct obstacle device_obstacles[];   /* the loopback device */
extern const struct obstacle cgroup_obstacles[];   /* the server's cgroup */
extern const struct obstacle router_obstacles[];   /* a router between them */

/*
 * Attaches a BPF program of @type that answers @verdict to every packet, at
 * @hook (enum bpf_attach_type) of @target: an interface's index, or a cgroup's
 * descriptor. Detached when the descriptor it returns is closed.
 */
int attach_verdict(uint32_t type, uint32_t hook, int target, int verdict,
		   uint32_t flags);

#endif
