// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who is met most, in bounded memory. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ranking.h"

static struct party process(uint32_t pid, uint64_t start, const char *comm)
{
	struct party party = { .pid = pid, .start_time = start };

	snprintf(party.comm, sizeof(party.comm), "%s", comm);
	return party;
}

static void add(struct ranking *r, uint32_t pid, unsigned int times)
{
	struct party party = process(pid, 1, "p");

	while (times--)
		ranking_add_process(r, &party);
}

static const struct ranked *list_of(struct ranking *r, unsigned int expected,
				    uint64_t expected_others)
{
	unsigned int count;
	uint64_t others;
	const struct ranked *list = ranking_list(r, &count, &others);

	assert_int_equal(count, expected);
	assert_int_equal(others, expected_others);
	return list;
}

static void most_first_ties_stable(void **state)
{
	struct ranking *r = ranking_new(8);
	const struct ranked *list;

	(void)state;
	add(r, 5, 2);
	add(r, 3, 2);
	add(r, 9, 3);
	add(r, 4, 2);
	add(r, 1, 1);
	for (int again = 0; again < 2; again++) {
		list = list_of(r, 5, 0);
		for (int i = 0; i < 5; i++)
			assert_int_equal(list[i].process.pid,
					 ((int[]){ 9, 5, 3, 4, 1 })[i]);
		assert_int_equal(list[0].count, 3);
		assert_int_equal(list[4].count, 1);
	}
	/* It goes on after it was listed. */
	add(r, 1, 9);
	list = list_of(r, 5, 0);
	assert_int_equal(list[0].process.pid, 1);
	assert_int_equal(list[0].count, 10);
	ranking_free(r);
}

/* A pid that came back is another process; a new name is not. */
static void processes_are_told_apart(void **state)
{
	struct ranking *r = ranking_new(8);
	struct party old = process(7, 1, "old"), new = process(7, 2, "new");
	struct party renamed = process(7, 2, "renamed"),
		     none = process(0, 9, "");
	const struct ranked *list;

	(void)state;
	ranking_add_process(r, &old);
	ranking_add_process(r, &new);
	ranking_add_process(r, &renamed);
	ranking_add_process(r, &none);
	none.start_time = 10;
	ranking_add_process(r, &none);
	list = list_of(r, 3, 0);
	assert_string_equal(list[0].process.comm, "renamed");
	assert_int_equal(list[0].count, 2);
	assert_int_equal(list[1].process.pid, 0);
	assert_int_equal(list[1].count, 2);
	assert_string_equal(list[2].process.comm, "old");
	ranking_free(r);
}

static void addresses(void **state)
{
	struct ranking *r = ranking_new(8);
	uint8_t a[16] = { 1 }, b[16] = { [15] = 1 };
	const struct ranked *list;

	(void)state;
	ranking_add_address(r, a);
	ranking_add_address(r, b);
	ranking_add_address(r, b);
	list = list_of(r, 2, 0);
	assert_memory_equal(list[0].addr, b, 16);
	assert_memory_equal(list[1].addr, a, 16);
	ranking_free(r);
}

/* What is forgotten is still counted; who is met often is not forgotten. */
static void bounded(void **state)
{
	struct ranking *r = ranking_new(16);
	const struct ranked *list;
	unsigned int count;
	uint64_t others, sum;

	(void)state;
	add(r, 1, 5);
	for (uint32_t pid = 100; pid < 1100; pid++) {
		add(r, pid, 1);
		if (pid == 900)
			add(r, 2, 50); /* a latecomer */
	}
	list = ranking_list(r, &count, &others);
	assert_in_range(count, 2, 16);
	assert_int_equal(list[0].process.pid, 2);
	assert_int_equal(list[1].process.pid, 1);
	sum = others;
	for (unsigned int i = 0; i < count; i++)
		sum += list[i].count;
	assert_int_equal(sum, 1055);
	assert_in_range(others, 1000 - 16, 1000);
	ranking_free(r);
}

static void smallest(void **state)
{
	struct ranking *r = ranking_new(1);

	(void)state;
	list_of(r, 0, 0);
	add(r, 1, 2);
	list_of(r, 1, 0);
	add(r, 2, 1);
	assert_int_equal(list_of(r, 1, 2)->process.pid, 2);
	ranking_free(r);
	ranking_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(most_first_ties_stable),
		cmocka_unit_test(processes_are_told_apart),
		cmocka_unit_test(addresses),
		cmocka_unit_test(bounded),
		cmocka_unit_test(smallest),
	};

	return cmocka_run_group_tests_name("ranking", tests, NULL, NULL);
}
