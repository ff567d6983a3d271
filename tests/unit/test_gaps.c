// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "gaps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SEC 1000000000ULL

static bool touch(const struct gaps *gaps, uint64_t from, uint64_t to)
{
	struct span lost;

	return gaps_touch(gaps, (struct span){ from, to }, &lost);
}

static void only_what_overlaps(void **state)
{
	struct gaps gaps = { 0 };

	(void)state;
	assert_false(touch(&gaps, 0, UINT64_MAX));
	gaps_add(&gaps, (struct span){ 10 * SEC, 11 * SEC });
	assert_false(touch(&gaps, 0, 10 * SEC - 1));
	assert_true(touch(&gaps, 0, 10 * SEC));
	assert_true(touch(&gaps, 10 * SEC + 1, 10 * SEC + 2));
	assert_true(touch(&gaps, 11 * SEC, 12 * SEC));
	assert_false(touch(&gaps, 11 * SEC + 1, UINT64_MAX));
}

static void from_the_first_to_the_last(void **state)
{
	struct gaps gaps = { 0 };
	struct span lost;

	(void)state;
	gaps_add(&gaps, (struct span){ 1 * SEC, 2 * SEC });
	gaps_add(&gaps, (struct span){ 5 * SEC, 6 * SEC });
	gaps_add(&gaps, (struct span){ 9 * SEC, 9 * SEC });
	assert_true(
		gaps_touch(&gaps, (struct span){ 2 * SEC, 7 * SEC }, &lost));
	assert_int_equal(lost.from, 1 * SEC);
	assert_int_equal(lost.to, 6 * SEC);
}

static void one_that_goes_on(void **state)
{
	struct gaps gaps = { 0 };

	(void)state;
	for (uint64_t t = SEC; t < 2 * SEC; t += SEC / 100)
		gaps_add(&gaps, (struct span){ t, t + 1 });
	assert_int_equal(gaps.count, 1);
	assert_int_equal(gaps.at[0].from, SEC);
	assert_true(gaps.at[0].to > 19 * SEC / 10);
}

/* More than there is room for: none is forgotten. */
static void too_many(void **state)
{
	struct gaps gaps = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= 3 * GAPS_MAX; i++)
		gaps_add(&gaps, (struct span){ i * SEC, i * SEC });
	assert_int_equal(gaps.count, GAPS_MAX);
	for (uint64_t i = 1; i <= 3 * GAPS_MAX; i++)
		assert_true(touch(&gaps, i * SEC, i * SEC));
	/* Those of late are still told apart. */
	assert_false(touch(&gaps, (3 * GAPS_MAX - 1) * SEC + 1,
			   3 * GAPS_MAX * SEC - 1));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_overlaps),
		cmocka_unit_test(from_the_first_to_the_last),
		cmocka_unit_test(one_that_goes_on),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests_name("gaps", tests, NULL, NULL);
}
