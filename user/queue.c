// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is kept, bytes; a burst may have needed more, and is over. */
#define QUEUE_KEPT (256 << 10)

/* One block, used from begin to end, moved to its front when it runs out. */
static int make_room(struct queue *queue, size_t more)
{
	size_t used = queue->end - queue->begin;
	size_t room = queue->room ? queue->room : 1 << 16;
	unsigned char *bytes;

	if (queue->end + more <= queue->room)
		return 0;
	while (room < used + more || room / 2 < used)
		room *= 2;
	if (room == queue->room) {
		memmove(queue->bytes, queue->bytes + queue->begin, used);
	} else {
		bytes = malloc(room);
		if (!bytes)
			return -ENOMEM;
		if (used)
			memcpy(bytes, queue->bytes + queue->begin, used);
		free(queue->bytes);
		queue->bytes = bytes;
		queue->room = room;
	}
	queue->gone += queue->begin;
	queue->begin = 0;
	queue->end = used;
	return 0;
}

/* See struct queue. */
static uint64_t place_of(const struct queue *queue, size_t offset)
{
	return queue->gone + offset + 1;
}

static struct queue_item *item_at(const struct queue *queue, uint64_t place)
{
	size_t offset = place - 1 - queue->gone;

	return (struct queue_item *)(queue->bytes + offset);
}

static void enter_open(struct queue *queue, uint64_t place)
{
	if (queue->first_open)
		item_at(queue, queue->last_open)->next = place;
	else
		queue->first_open = place;
	queue->last_open = place;
}

int queue_push(struct queue *queue, const struct queue_item *item,
	       const struct event_header *event)
{
	size_t size = event ? event->size : 0;
	struct queue_item *copy;
	int err = make_room(queue, sizeof(*item) + size);

	if (err)
		return err;
	copy = (struct queue_item *)(queue->bytes + queue->end);
	*copy = *item;
	copy->size = size;
	copy->next = 0;
	if (event)
		memcpy(copy + 1, event, size);
	if (!item->settled)
		enter_open(queue, place_of(queue, queue->end));
	queue->end += sizeof(*item) + size;
	return 0;
}

const struct queue_item *queue_first(const struct queue *queue)
{
	if (queue->begin == queue->end)
		return NULL;
	return (const struct queue_item *)(queue->bytes + queue->begin);
}

const struct event_header *queue_event(const struct queue_item *item)
{
	return item->size ? (const struct event_header *)(item + 1) : NULL;
}

void queue_pop(struct queue *queue)
{
	const struct queue_item *item = queue_first(queue);

	if (!item)
		return;
	if (queue->first_open == place_of(queue, queue->begin))
		queue->first_open = item->next;
	queue->begin += sizeof(*item) + item->size;
	if (queue->begin == queue->end && queue->room > QUEUE_KEPT)
		queue_free(queue);
}

const struct queue_item *queue_first_open(const struct queue *queue)
{
	return queue->first_open ? item_at(queue, queue->first_open) : NULL;
}

const struct queue_item *queue_look_ahead(struct queue *queue, uint64_t until)
{
	const struct queue_item *item = queue_first_open(queue);

	if (!item || item->time > until)
		return NULL;
	queue->first_open = item->next;
	return item;
}

void queue_free(struct queue *queue)
{
	free(queue->bytes);
	memset(queue, 0, sizeof(*queue));
}
