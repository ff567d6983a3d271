// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which causes a kernel costs that does not deliver or tell all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "catalogue.h"
#include "coverage.h"

static const struct sources all = { UINT32_MAX, UINT32_MAX };

static enum coverage covered(const char *id, uint32_t no_kinds,
			     uint32_t not_told)
{
	struct sources sources = { ~no_kinds, ~not_told };
	const struct rule *rule = catalogue_find(id);

	assert_non_null(rule);
	return coverage_of(rule, &sources);
}

static void with_all_there_is(void **state)
{
	(void)state;
	for (unsigned int i = 0; catalogue[i]; i++)
		for (unsigned int r = 0; r < catalogue[i]->count; r++)
			assert_int_equal(coverage_of(&catalogue[i]->rules[r],
						     &all),
					 COVERAGE_FULL);
}

static void without_the_only_trigger(void **state)
{
	(void)state;
	assert_int_equal(covered("synack.client-silent",
				 1 << EVENT_RETRANSMIT_SYNACK, 0),
			 COVERAGE_NONE);
	assert_int_equal(covered("rst.unread-data",
				 1 << EVENT_RETRANSMIT_SYNACK, 0),
			 COVERAGE_FULL);
}

/* A firewall's RST is known by the packet, or by its receiver. */
static void without_one_of_two(void **state)
{
	const uint32_t packet = 1 << EVENT_PACKET;
	const uint32_t received = 1 << EVENT_RESET_RECEIVED;

	(void)state;
	assert_int_equal(covered("rst.firewall-reject", packet, 0),
			 COVERAGE_FULL);
	assert_int_equal(covered("rst.firewall-reject", packet | received, 0),
			 COVERAGE_NONE);
}

static void without_evidence(void **state)
{
	(void)state;
	assert_int_equal(covered("rtx.local-drop", 1 << EVENT_DROP, 0),
			 COVERAGE_NONE);
	assert_int_equal(covered("connect.unreachable", 1 << EVENT_ERROR, 0),
			 COVERAGE_LIKELY);
}

/* Before 6.10 it is concluded from the drop, whose reason 5.17 brought. */
static void answers_not_told(void **state)
{
	const uint32_t since_6_10 = KERNEL_TELLS_ANSWERS;
	const uint32_t since_5_17 =
		since_6_10 | KERNEL_TELLS_NO_SOCKET | KERNEL_TELLS_WHY_DROPPED;

	(void)state;
	assert_int_equal(covered("rst.port-closed", 0, since_6_10),
			 COVERAGE_FULL);
	assert_int_equal(covered("rst.port-closed", 0, since_5_17),
			 COVERAGE_LIKELY);
	assert_int_equal(covered("rst.port-closed", 1 << EVENT_DROP,
				 since_6_10),
			 COVERAGE_NONE);
	assert_int_equal(covered("rst.port-closed", 1 << EVENT_DROP, 0),
			 COVERAGE_FULL);
	assert_int_equal(covered("rst.port-reused", 0, since_6_10),
			 COVERAGE_LIKELY);
	assert_int_equal(covered("rst-received.ignored", 0, since_5_17),
			 COVERAGE_NONE);
	assert_int_equal(covered("rst.linger-zero", 0, since_5_17),
			 COVERAGE_FULL);
}

static void add_cause(const struct rule *rule, enum coverage coverage,
		      void *arg)
{
	char *list = arg;

	sprintf(list + strlen(list), "%s%s ", rule->id,
		coverage == COVERAGE_NONE ? "" : "?");
}

static void list_of_costs(void **state)
{
	struct sources sources = { UINT32_MAX, ~(uint32_t)KERNEL_TELLS_UNSENT };
	char list[4096] = "";

	(void)state;
	coverage_each_cost(&sources, &all, add_cause, list);
	assert_string_equal(list, "rtx.unsent ");
	*list = '\0';
	sources = all;
	sources.kinds &= ~(1U << EVENT_ERROR);
	coverage_each_cost(&sources, &all, add_cause, list);
	assert_string_equal(list, "connect.unreachable? conn.unreachable? ");
	*list = '\0';
	coverage_each_cost(&sources, &sources, add_cause, list);
	assert_string_equal(list, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_all_there_is),
		cmocka_unit_test(without_the_only_trigger),
		cmocka_unit_test(without_one_of_two),
		cmocka_unit_test(without_evidence),
		cmocka_unit_test(answers_not_told),
		cmocka_unit_test(list_of_costs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
