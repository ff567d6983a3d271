// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How full a ring is, as the first two pages of its map tell. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gauge.h"

#define RING 4096

static void a_quarter(void **state)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int fd = memfd_create("ring", 0);
	uint64_t *read_to, *written_to;
	struct gauge gauge = { 0 };

	(void)state;
	assert_int_equal(ftruncate(fd, 2 * page), 0);
	read_to =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(read_to, MAP_FAILED);
	written_to = read_to + page / sizeof(*read_to);
	assert_int_equal(gauge_open(&gauge, fd, RING), 0);
	assert_false(gauge_is_high(&gauge));
	*read_to = 100000;
	*written_to = 100000 + RING / 4;
	assert_false(gauge_is_high(&gauge));
	*written_to += 8;
	assert_true(gauge_is_high(&gauge));
	*read_to += 8;
	assert_false(gauge_is_high(&gauge));
	gauge_close(&gauge);
	assert_false(gauge_is_high(&gauge));
	munmap(read_to, 2 * page);
	close(fd);
}

static void no_ring(void **state)
{
	struct gauge gauge = { 0 };

	(void)state;
	assert_int_equal(gauge_open(&gauge, -1, RING), -EBADF);
	assert_false(gauge_is_high(&gauge));
	gauge_close(&gauge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quarter),
		cmocka_unit_test(no_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
