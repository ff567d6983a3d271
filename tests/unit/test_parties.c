// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who is named often is kept once, and as long as somebody names them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "parties.h"

#define SLOTS 300

static struct party party_of(uint32_t pid, const char *comm)
{
	struct party party = { .basis = PARTY_PROVEN,
			       .pid = pid,
			       .tid = pid,
			       .start_time = 1000 + pid };

	strncpy(party.comm, comm, sizeof(party.comm) - 1);
	return party;
}

static void kept_once(void **state)
{
	struct parties *parties = parties_new();
	const struct party *a = &party_nobody, *b = &party_nobody;
	struct party server = party_of(7, "server");
	struct party renamed = party_of(7, "worker");

	(void)state;
	assert_int_equal(parties_set(parties, &a, &server), 0);
	assert_int_equal(parties_set(parties, &b, &server), 0);
	assert_ptr_equal(a, b);
	assert_int_equal(parties_count(parties), 1);
	assert_int_equal(parties_set(parties, &b, &renamed), 0);
	assert_ptr_not_equal(a, b);
	assert_string_equal(a->comm, "server");
	assert_string_equal(b->comm, "worker");
	parties_unset(parties, &a);
	assert_ptr_equal(a, &party_nobody);
	assert_int_equal(parties_count(parties), 1);
	/* It was forgotten, and is kept anew. */
	assert_int_equal(parties_set(parties, &a, &server), 0);
	assert_string_equal(a->comm, "server");
	parties_unset(parties, &a);
	parties_unset(parties, &b);
	assert_int_equal(parties_count(parties), 0);
	parties_free(parties);
}

/* More than are remembered as recent, which share their places. */
static void many(void **state)
{
	struct parties *parties = parties_new();
	const struct party *slots[SLOTS];
	struct party party;

	(void)state;
	for (unsigned int i = 0; i < SLOTS; i++)
		slots[i] = &party_nobody;
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < SLOTS; i++) {
			party = party_of(1 + (i * 64 + round) % 640, "many");
			assert_int_equal(
				parties_set(parties, &slots[i], &party), 0);
			assert_int_equal(slots[i]->pid, party.pid);
			assert_true(party_is_same(slots[i], &party));
		}
		assert_int_equal(parties_count(parties), 10);
		for (unsigned int i = round; i < SLOTS; i += 2)
			parties_unset(parties, &slots[i]);
	}
	for (unsigned int i = 0; i < SLOTS; i++)
		parties_unset(parties, &slots[i]);
	assert_int_equal(parties_count(parties), 0);
	parties_free(parties);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept_once),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
