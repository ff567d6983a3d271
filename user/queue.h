/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events that wait for their settling window to pass, first in, first out. */
#ifndef TCPWHY_QUEUE_H
#define TCPWHY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

struct flow;

struct queue_item {
	uint64_t time; /* CLOCK_MONOTONIC ns */
	uint64_t seq;
	struct flow *flow;
	uint64_t duration;
	bool duration_known;
	uint8_t state; /* of the flow, after this event */
	bool settled;  /* nothing about it needs to be asked */
	uint32_t size; /* of the event that follows, in bytes */
	uint64_t next; /* the queue's own: see struct queue */
};

/* Zero-initialise; queue_free() when done. */
struct queue {
	unsigned char *bytes;
	size_t begin, end, room;
	/*
	 * The items that are not settled, and were not looked at: each has the
	 * place of the next. A place is how many bytes were pushed up to it,
	 * and one more; 0: none.
	 */
	uint64_t first_open, last_open;
	uint64_t gone; /* bytes that were before those at the front */
};

/* Copy @item and @event (may be NULL). Returns 0 or -ENOMEM. */
int queue_push(struct queue *queue, const struct queue_item *item,
	       const struct event_header *event);

/* The oldest, or NULL; valid until the next call that changes the queue. */
const struct queue_item *queue_first(const struct queue *queue);
const struct event_header *queue_event(const struct queue_item *item);
void queue_pop(struct queue *queue);

/* The oldest that is not settled and was not walked; NULL: none. */
const struct queue_item *queue_first_open(const struct queue *queue);

/* Walk those once each, oldest first: the next not later than @until, or NULL.
 */
const struct queue_item *queue_look_ahead(struct queue *queue, uint64_t until);
void queue_free(struct queue *queue);

#endif /* TCPWHY_QUEUE_H */
