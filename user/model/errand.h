/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What tcpwhy does for another process without meaning to. While the kernel
 * walks the open files for it, it holds each for a moment; a process that
 * closes its descriptor just then leaves the last reference to tcpwhy, and the
 * kernel closes the socket on tcpwhy's account: EVENT_F_OURS. It is that
 * process's act all the same.
 */
#ifndef TCPWHY_ERRAND_H
#define TCPWHY_ERRAND_H

#include "event.h"
#include "flow.h"

struct errands;

/* Room for a copy of any event of a socket. */
union errand_event {
	struct event_header h;
	struct sock_event sock;
	struct segment_event segment;
	struct subflow_event subflow;
};

/* Returns NULL when out of memory. errands_free() accepts NULL. */
struct errands *errands_new(void);
void errands_free(struct errands *errands);

/* Remember who exits: a last descriptor may be closed by that. */
void errands_learn(struct errands *errands, const struct event_header *e);

/*
 * @e is one of ours: fill *@copy with the event as the socket's owner would
 * have caused it; where the owner is not known, as nobody's. Returns @e
 * itself if it is not ours, else the copy.
 */
const struct event_header *errands_done_for(const struct errands *errands,
					    const struct flow_table *flows,
					    const struct event_header *e,
					    union errand_event *copy);

#endif /* TCPWHY_ERRAND_H */
