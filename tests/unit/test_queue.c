// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What goes into the queue comes out: all of it, in order, aligned. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "events.h"
#include "queue.h"

/* Event number @n: its size and its last byte depend on it. */
static void push_item(struct queue *queue, uint64_t n, bool settled)
{
	static const size_t sizes[] = { sizeof(struct sock_event),
					sizeof(struct segment_event),
					sizeof(struct fork_event), 0 };
	struct queue_item item = { .time = n * 3,
				   .seq = n,
				   .settled = settled };
	size_t size = sizes[n % 4];
	struct event_header *e = size ? calloc(1, size) : NULL;

	if (e) {
		e->size = size;
		e->time = n;
		((unsigned char *)e)[size - 1] = n;
	}
	assert_int_equal(queue_push(queue, &item, e), 0);
	free(e);
}

static void push(struct queue *queue, uint64_t n)
{
	push_item(queue, n, false);
}

static void pop(struct queue *queue, uint64_t n)
{
	const struct queue_item *item = queue_first(queue);
	const struct event_header *e;

	assert_non_null(item);
	assert_int_equal((uintptr_t)item % 8, 0);
	assert_int_equal(item->seq, n);
	assert_int_equal(item->time, n * 3);
	e = queue_event(item);
	if (n % 4 == 3) {
		assert_null(e);
	} else {
		assert_non_null(e);
		assert_int_equal((uintptr_t)e % 8, 0);
		assert_int_equal(e->time, n);
		assert_int_equal(((const unsigned char *)e)[e->size - 1],
				 n & 0xff);
	}
	queue_pop(queue);
}

static void empty(void **state)
{
	struct queue queue = { 0 };

	(void)state;
	assert_null(queue_first(&queue));
	queue_pop(&queue);
	assert_null(queue_first(&queue));
	queue_free(&queue);
	queue_free(&queue);
}

static void first_in_first_out(void **state)
{
	struct queue queue = { 0 };

	(void)state;
	for (uint64_t n = 1; n <= 10; n++)
		push(&queue, n);
	for (uint64_t n = 1; n <= 10; n++)
		pop(&queue, n);
	assert_null(queue_first(&queue));
	queue_free(&queue);
}

static void grows_without_end(void **state)
{
	struct queue queue = { 0 };

	(void)state;
	for (uint64_t n = 1; n <= 20000; n++)
		push(&queue, n);
	for (uint64_t n = 1; n <= 20000; n++)
		pop(&queue, n);
	queue_free(&queue);
}

/* What a burst took is given back, and it goes on. */
static void shrinks_when_empty(void **state)
{
	struct queue queue = { 0 };
	uint64_t n, first = 0;

	(void)state;
	for (n = 0; queue.room <= 1 << 20; n++)
		push(&queue, n);
	while (first < n)
		pop(&queue, first++);
	assert_null(queue_first(&queue));
	assert_int_equal(queue.room, 0);
	push(&queue, n);
	pop(&queue, n);
	assert_true(queue.room > 0);
	queue_free(&queue);
}

/* A steady stream must not make it grow: room is used again. */
static void runs_in_place(void **state)
{
	struct queue queue = { 0 };
	uint64_t in = 0, out = 0;
	size_t room;

	(void)state;
	while (in < 20)
		push(&queue, ++in);
	room = queue.room;
	while (in < 50000) {
		push(&queue, ++in);
		pop(&queue, ++out);
	}
	assert_int_equal(queue.room, room);
	while (out < in)
		pop(&queue, ++out);
	queue_free(&queue);
}

static void bursts(void **state)
{
	struct queue queue = { 0 };
	uint64_t in = 0, out = 0;

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		for (unsigned int j = 0; j < i * 37 % 500; j++)
			push(&queue, ++in);
		for (unsigned int j = 0; out < in && j < i * 61 % 450; j++)
			pop(&queue, ++out);
	}
	while (out < in)
		pop(&queue, ++out);
	assert_null(queue_first(&queue));
	queue_free(&queue);
}

/* Each item is looked at once, until it is popped or too late. */
static void look_ahead(void **state)
{
	struct queue queue = { 0 };
	const struct queue_item *item;

	(void)state;
	assert_null(queue_look_ahead(&queue, UINT64_MAX));
	for (uint64_t n = 1; n <= 5; n++)
		push(&queue, n); /* at time 3 * n */
	assert_null(queue_look_ahead(&queue, 2));
	item = queue_look_ahead(&queue, 3);
	assert_int_equal(item->seq, 1);
	assert_null(queue_look_ahead(&queue, 3));
	pop(&queue, 1);
	pop(&queue, 2); /* never looked at */
	item = queue_look_ahead(&queue, 99);
	assert_int_equal(item->seq, 3);
	/* It grows, and is moved to another place, in between. */
	for (uint64_t n = 6; n <= 3000; n++)
		push(&queue, n);
	for (uint64_t n = 4; n <= 3000; n++) {
		item = queue_look_ahead(&queue, UINT64_MAX);
		assert_int_equal(item->seq, n);
	}
	assert_null(queue_look_ahead(&queue, UINT64_MAX));
	for (uint64_t n = 3; n <= 3000; n++)
		pop(&queue, n);
	queue_free(&queue);
}

/* What is settled is passed over, wherever the rest has been moved to. */
static void looks_at_open_items(void **state)
{
	struct queue queue = { 0 };
	const struct queue_item *item;
	uint64_t in = 0, out = 0, seen = 0;

	(void)state;
	for (unsigned int i = 0; i < 5000; i++) {
		for (int j = 0; j < 7; j++, in++)
			push_item(&queue, in + 1, (in + 1) % 5 != 0);
		/* Now and then none is looked at before it is popped. */
		while (i % 16 &&
		       (item = queue_look_ahead(&queue, 3 * in - 9))) {
			assert_int_equal(item->seq % 5, 0);
			assert_true(item->seq > seen);
			assert_true(item->seq - seen <= 5 || seen <= out);
			seen = item->seq;
		}
		while (in - out > (i % 50 ? 200 : 0))
			pop(&queue, ++out);
	}
	assert_true(seen > in - 400);
	while (out < in)
		pop(&queue, ++out);
	assert_null(queue_look_ahead(&queue, UINT64_MAX));
	queue_free(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(first_in_first_out),
		cmocka_unit_test(grows_without_end),
		cmocka_unit_test(shrinks_when_empty),
		cmocka_unit_test(runs_in_place),
		cmocka_unit_test(bursts),
		cmocka_unit_test(look_ahead),
		cmocka_unit_test(looks_at_open_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
