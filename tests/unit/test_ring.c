// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How long we wait for events, and what ends it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "ring.h"

#define MS	1000000ULL
#define NOW	(5000 * MS)
#define WAKE_MS ((int)(RING_WAKE_NS / MS))

/* Soon after a wake-up events come that wake nobody. */
static void after_a_wake_up(void **state)
{
	(void)state;
	assert_int_equal(ring_pause_ms(NOW, NOW, UINT64_MAX), WAKE_MS + 1);
	assert_int_equal(ring_pause_ms(NOW, NOW - 19 * MS, UINT64_MAX),
			 WAKE_MS + 1);
	assert_int_equal(ring_pause_ms(NOW, NOW, NOW + 3 * MS), WAKE_MS + 1);
}

/* Later each event does. */
static void when_nothing_happens(void **state)
{
	(void)state;
	assert_int_equal(ring_pause_ms(NOW, NOW - 20 * MS, UINT64_MAX), 101);
	assert_int_equal(ring_pause_ms(NOW, 0, UINT64_MAX), 101);
	/* Another CPU's clock is a little ahead. */
	assert_int_equal(ring_pause_ms(NOW, NOW + 1, UINT64_MAX), WAKE_MS + 1);
}

/* Not before it is due, soon after, and no more often than we are woken. */
static void when_something_is_due(void **state)
{
	(void)state;
	assert_int_equal(ring_pause_ms(NOW, 0, NOW + 50 * MS), 51);
	assert_int_equal(ring_pause_ms(NOW, 0, NOW + 500 * MS), 101);
	assert_int_equal(ring_pause_ms(NOW, 0, NOW + 2 * MS), WAKE_MS + 1);
	assert_int_equal(ring_pause_ms(NOW, 0, NOW - 2 * MS), WAKE_MS + 1);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 * MS + now.tv_nsec;
}

/* What was heard is not heard again, whether it was read or not. */
static void each_ring_is_heard_once(void **state)
{
	struct ring ring = RING_NONE;
	uint64_t begun;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	ring.epoll = epoll_create1(EPOLL_CLOEXEC);
	assert_int_equal(ring_listen(&ring, ends[0]), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(write(ends[1], "", 1), 1);
		assert_int_equal(ring_wait(&ring, -1), 0);
		begun = now_ns();
		assert_int_equal(ring_wait(&ring, 30), 0);
		assert_true(now_ns() - begun >= 29 * MS);
	}
	ring_close(&ring);
	assert_int_equal(ring.epoll, -1);
	ring_close(&ring);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_wake_up),
		cmocka_unit_test(when_nothing_happens),
		cmocka_unit_test(when_something_is_due),
		cmocka_unit_test(each_ring_is_heard_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
