// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Events that were lost: where that is said, and what it leaves in doubt. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "one_connection.h"

static void counts_between(struct lab *lab, __u64 produced, __u64 lost,
			   struct span gap)
{
	struct fact fact = { .kind = FACT_COUNTS };

	fact.counts.decoded = produced - lost;
	fact.counts.kinds[EVENT_STATE].produced = produced - 1;
	fact.counts.kinds[EVENT_STATE].lost = lost;
	fact.counts.kinds[EVENT_DROP].produced = 1;
	fact.counts.gap_from = gap.from;
	fact.counts.gap_to = gap.to;
	assert_int_equal(lab->in.fact(lab->in.arg, &fact), 0);
}

/* As recordings had it that did not say when. */
static void counts(struct lab *lab, __u64 produced, __u64 lost)
{
	counts_between(lab, produced, lost, (struct span){ 0 });
}

static void losses_in_their_place(void **state)
{
	const __u64 then = 3 * SEC;
	struct lab *lab = *state;

	open_connection(lab);
	send_reset(lab, then);
	counts(lab, 10, 0); /* nothing is said of nothing */
	counts_between(lab, 20, 5, (struct span){ then + 1, then + 2 });
	counts(lab, 30, 5);
	lab_state(lab, then + 3, CLIENT_SOCK, loopback(), STATE_ESTABLISHED,
		  STATE_CLOSE_WAIT, 0);
	lab_end(lab);
	assert_string_equal(lab->said, "reset-sent 6, finding rst.linger-zero, "
				       "lost 5/5, state 7, end");
	assert_true(lab->summary.counted);
	assert_int_equal(lab->summary.produced, 30);
	assert_int_equal(lab->summary.lost, 5);
	assert_int_equal(lab->summary.received, 25);
}

/* Not a line for each look, while it goes on. */
static void losses_twice_a_second(void **state)
{
	struct lab *lab = *state;

	for (__u64 i = 1; i <= 100; i++) {
		__u64 time = SEC + i * SEC / 100;

		counts_between(lab, 10 * i, i, (struct span){ time, time });
		tick(lab, time + PIPELINE_SETTLE_NS + 1);
	}
	lab_end(lab);
	assert_string_equal(lab->said,
			    "lost 1/1, lost 50/51, lost 49/100, end");
}

/* The connection lived then, however long ago that was. */
static void a_gap_in_its_life(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	counts_between(lab, 20, 5, (struct span){ 3 * SEC, 4 * SEC });
	send_reset(lab, 50 * SEC);
	assert_true(lab_only_finding(lab)->after_loss);
	assert_int_equal(lab->findings[0].confidence, CONFIDENCE_LIKELY);
	assert_int_equal(lab->findings[0].lost.from, 3 * SEC);
	assert_int_equal(lab->findings[0].lost.to, 4 * SEC);
}

/* What would have explained it may have come after it. */
static void a_gap_right_after(void **state)
{
	struct lab *lab = *state;
	const __u64 later = 3 * SEC + PIPELINE_SETTLE_NS - 1;

	open_connection(lab);
	send_reset(lab, 3 * SEC);
	counts_between(lab, 20, 5, (struct span){ later, later });
	assert_true(lab_only_finding(lab)->after_loss);
	assert_int_equal(lab->findings[0].confidence, CONFIDENCE_LIKELY);
}

static void a_gap_before_it_began(void **state)
{
	struct lab *lab = *state;

	counts_between(lab, 20, 5, (struct span){ 1, SEC - 1 });
	open_connection(lab);
	send_reset(lab, 3 * SEC);
	assert_false(lab_only_finding(lab)->after_loss);
	assert_int_equal(lab->findings[0].confidence, CONFIDENCE_CERTAIN);
}

/* Nobody's connection: what was known of that port, or was not? */
static void a_gap_before_a_stray(void **state)
{
	struct segment_event stray = segment_event(EVENT_RESET_SENT, 30 * SEC,
						   0, turned(loopback()));
	struct lab *lab = *state;

	counts_between(lab, 20, 5, (struct span){ 1, 15 * SEC });
	lab_play(lab, &stray);
	counts_between(lab, 20, 6, (struct span){ 31 * SEC, 32 * SEC });
	stray.h.time = 40 * SEC;
	lab_play(lab, &stray);
	lab_end(lab);
	assert_int_equal(lab->count, 2);
	assert_false(lab->findings[0].after_loss);
	assert_true(lab->findings[1].after_loss);
}

/* A recording that does not say when: at any time since it was counted. */
static void a_gap_of_unknown_time(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	counts(lab, 20, 0);
	tick(lab, 10 * SEC);
	counts(lab, 20, 5);
	send_reset(lab, 10 * SEC);
	assert_true(lab_only_finding(lab)->after_loss);
	assert_int_equal(lab->findings[0].lost.to, 10 * SEC);
}

static void without_counts(void **state)
{
	struct lab *lab = *state;

	lab_end(lab);
	assert_false(lab->summary.counted);
	assert_string_equal(lab->said, "end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(losses_in_their_place),
		lab_test(losses_twice_a_second),
		lab_test(a_gap_in_its_life),
		lab_test(a_gap_right_after),
		lab_test(a_gap_before_it_began),
		lab_test(a_gap_before_a_stray),
		lab_test(a_gap_of_unknown_time),
		lab_test(without_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
