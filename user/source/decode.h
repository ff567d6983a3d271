/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The trust boundary: bytes from the ring, an iterator or a file become an
 * event here, or nothing. Whoever gets an event from here may follow its kind
 * to the payload struct without another check.
 */
#ifndef TCPWHY_DECODE_H
#define TCPWHY_DECODE_H

#include <stddef.h>

#include "event.h"

/*
 * Check that the @size bytes at @data, aligned to 8, are one event: known
 * kind, the kind's exact size, every enum, count and string in range.
 * Returns the event (the same memory), or NULL and in *@problem a static text.
 */
const struct event_header *event_decode(const void *data, size_t size,
					const char **problem);

/* "state", "reset-sent", ...; never NULL. */
const char *event_kind_name(unsigned int kind);

/* The payload of a checked event; NULL where @e is of another kind. */
const struct sock_event *event_sock(const struct event_header *e);
const struct segment_event *event_segment(const struct event_header *e);
const struct fork_event *event_fork(const struct event_header *e);
const struct exec_event *event_exec(const struct event_header *e);
const struct subflow_event *event_subflow(const struct event_header *e);

/* The 4-tuple of a checked event; NULL where its kind has none. */
const struct event_conn *event_conn(const struct event_header *e);

#endif /* TCPWHY_DECODE_H */
