/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Private to the model: listeners by their port, whatever the address or the
 * network namespace. Of each port those that listen come first, then those
 * that did, the last first: a look at either never walks the other.
 */
#ifndef TCPWHY_PORTS_H
#define TCPWHY_PORTS_H

#include <stdint.h>

struct flow;
struct flow_node;
struct port_slot;

struct ports {
	struct port_slot *slots;
};

/* @node listens from now on. Returns 0 or -ENOMEM. */
int ports_enter(struct ports *ports, struct flow_node *node);

/* It does no longer, but did. Nothing happens to what never listened. */
void ports_retire(struct flow_node *node);

/* It is forgotten. */
void ports_leave(struct ports *ports, struct flow_node *node);

/*
 * Those that listened on @port at @time (CLOCK_MONOTONIC ns), newest first.
 * Returns how many were written to @out.
 */
unsigned int ports_find(const struct ports *ports, uint16_t port, uint64_t time,
			struct flow **out, unsigned int max);

#endif /* TCPWHY_PORTS_H */
