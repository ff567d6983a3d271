// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Bursts: what is told in full, what is counted, and when it is told. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "fold.h"
#include "shown.h"

#define MAX_TOLD 4096

struct told {
	struct fold *fold;
	struct fold_line lines[MAX_TOLD];
	unsigned int count;
	uint64_t full; /* findings told in full */
};

static void note_line(void *arg, const struct fold_line *line)
{
	struct told *told = arg;

	assert_in_range(told->count, 0, MAX_TOLD - 1);
	assert_int_not_equal(line->count, 0);
	told->lines[told->count++] = *line;
}

static void set_up_with(void **state, unsigned int limit)
{
	struct told *told = calloc(1, sizeof(*told));

	assert_non_null(told);
	told->fold = fold_new(limit, note_line, told);
	assert_non_null(told->fold);
	*state = told;
}

static int set_up(void **state)
{
	set_up_with(state, 64);
	return 0;
}

static int tear_down(void **state)
{
	struct told *told = *state;

	fold_free(told->fold);
	free(told);
	return 0;
}

/* A refused connect: nobody at @port, a new port at the other end. */
static struct finding refusal(uint64_t time, uint16_t port, uint16_t from)
{
	struct finding f;

	fill_finding(&f, "rst.port-closed");
	f.time = time;
	f.conn = conn_of("127.0.0.1", port, "127.0.0.1", from);
	f.owner = f.actor = some_party(0, "");
	f.state = 0;
	return f;
}

static bool take(struct told *told, const struct finding *f)
{
	bool folded = fold_take(told->fold, f);

	told->full += !folded;
	return folded;
}

/* @count refused connects from @time on, evenly over @span. */
static void burst(struct told *told, uint64_t time, uint64_t span,
		  unsigned int count, uint16_t port)
{
	static uint16_t from = 20000;

	for (unsigned int i = 0; i < count; i++) {
		struct finding f = refusal(time + i * span / count, port,
					   from++ % 20000 + 20000);

		take(told, &f);
	}
}

static uint64_t counted(const struct told *told)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < told->count; i++)
		sum += told->lines[i].count;
	return sum;
}

static void three_in_full_then_a_count(void **state)
{
	struct told *told = *state;
	const struct fold_line *line = told->lines;

	burst(told, 10 * SEC, 100 * MS, 1000, 8087);
	assert_int_equal(told->full, FOLD_FULL);
	assert_int_equal(told->count, 0); /* the second is not over */
	fold_advance(told->fold, 11 * SEC);
	assert_int_equal(told->count, 0);
	fold_advance(told->fold, 12 * SEC);
	assert_int_equal(told->count, 1);
	assert_string_equal(line->cause, "rst.port-closed");
	assert_int_equal(line->count, 997);
	assert_int_equal(line->port, 8087);
	assert_false(line->remote);
	assert_true(line->unsocketed);
	assert_int_equal(line->owner.party.pid, 0);
	assert_false(line->owner.several);
	assert_int_equal(line->peer.party.pid, 4121);
	assert_int_equal(line->local.count, 1);
	assert_int_equal(line->far.count, 1);
	/* Since the third, at 10.0002 s; a second after the fourth. */
	assert_int_equal(line->since, 10 * SEC + 200000);
	assert_int_equal(line->time, 11 * SEC + 300000);
	fold_flush(told->fold);
	assert_int_equal(told->count, 1);
}

static void a_line_a_second(void **state)
{
	struct told *told = *state;

	burst(told, 10 * SEC, 10 * SEC, 1000, 8087);
	fold_flush(told->fold);
	assert_int_equal(told->full, 3);
	assert_int_equal(counted(told), 997);
	assert_int_equal(told->count, 10);
	for (unsigned int i = 1; i < told->count; i++) {
		const struct fold_line *line = &told->lines[i];

		/* One begins where the other ends: nothing is left out. */
		assert_int_equal(line->since, line[-1].time);
		assert_true(line->time > line->since);
		assert_in_range(line->time - line->since, 1, 1010 * MS);
	}
	/* The last is told at the end: up to the last that came. */
	assert_int_equal(told->lines[9].time, 10 * SEC + 9990 * MS);
}

static void few_are_no_burst(void **state)
{
	struct told *told = *state;

	burst(told, 10 * SEC, 20 * SEC, 60, 8087); /* three a second */
	assert_int_equal(told->full, 60);
	fold_flush(told->fold);
	assert_int_equal(told->count, 0);
}

static void quiet_ends_a_burst(void **state)
{
	struct told *told = *state;

	burst(told, 10 * SEC, 100 * MS, 10, 8087);
	assert_int_equal(told->full, 3);
	/* Not yet quiet for so long: still the same burst. */
	burst(told, 15 * SEC, 1, 1, 8087);
	assert_int_equal(told->full, 3);
	burst(told, 15 * SEC + FOLD_QUIET_NS + 1, 1, 1, 8087);
	assert_int_equal(told->full, 4);
	fold_flush(told->fold);
	assert_int_equal(counted(told), 8);
}

/* Each of these differs in one thing from a burst that is going on. */
static void what_is_alike(void **state)
{
	struct told *told = *state;
	struct finding f;

	burst(told, 10 * SEC, 10 * MS, 10, 8087);
	f = refusal(10 * SEC + 20 * MS, 8088, 60000);
	assert_false(take(told, &f)); /* another port */
	f = refusal(10 * SEC + 20 * MS, 8087, 60001);
	f.rule = catalogue_find("rst.connection-gone");
	assert_false(take(told, &f)); /* cause */
	f = refusal(10 * SEC + 20 * MS, 8087, 60002);
	f.conn.netns = 7;
	assert_false(take(told, &f)); /* namespace */
	f = refusal(10 * SEC + 20 * MS, 8087, 60003);
	f.owner = some_party(9, "nginx");
	assert_false(take(told, &f)); /* owner */
	f = refusal(10 * SEC + 20 * MS, 8087, 60004);
	f.actor = some_party(9, "ss");
	assert_false(take(told, &f)); /* actor */
	f = refusal(10 * SEC + 20 * MS, 8087, 60005);
	assert_true(take(told, &f));
}

/* Of a client, the port in common is the remote one. */
static void clients_meet_at_the_remote_port(void **state)
{
	struct told *told = *state;

	for (unsigned int i = 0; i < 10; i++) {
		struct finding f = refusal(10 * SEC + i, 40000 + i, 443);

		f.owner = f.actor = some_party(9, "curl");
		f.state = STATE_SYN_SENT;
		f.conn.raddr[15] = i; /* of several hosts */
		take(told, &f);
	}
	fold_flush(told->fold);
	assert_int_equal(told->full, 3);
	assert_int_equal(told->count, 1);
	assert_int_equal(told->lines[0].count, 7);
	assert_int_equal(told->lines[0].port, 443);
	assert_true(told->lines[0].remote);
	assert_false(told->lines[0].unsocketed);
	assert_int_equal(told->lines[0].owner.party.pid, 9);
	assert_int_equal(told->lines[0].far.count, 7);
}

/* A process for each connection: they meet under their name. */
static void processes_of_one_name(void **state)
{
	struct told *told = *state;

	for (unsigned int i = 0; i < 100; i++) {
		struct finding f = refusal(10 * SEC + i, 8080, 40000 + i);

		f.owner = f.actor = some_party(1000 + i, "worker");
		take(told, &f);
	}
	fold_flush(told->fold);
	assert_int_equal(told->full, FOLD_FULL_NAME);
	assert_int_equal(told->count, 1);
	assert_int_equal(told->lines[0].count, 90);
	assert_true(told->lines[0].owner.several);
	assert_string_equal(told->lines[0].owner.party.comm, "worker");
}

static void more_addresses_than_there_is_room_for(void **state)
{
	struct told *told = *state;

	for (unsigned int i = 0; i < 100; i++) {
		struct finding f = refusal(10 * SEC + i, 8087, 40000 + i);

		f.conn.raddr[15] = i;
		take(told, &f);
	}
	fold_flush(told->fold);
	assert_int_equal(told->lines[0].far.count, FOLD_MAX_ADDRESSES);
	assert_true(told->lines[0].far.more);
	assert_false(told->lines[0].local.more);
}

static void several_bursts_are_told_in_order(void **state)
{
	struct told *told = *state;

	burst(told, 10 * SEC, 10 * MS, 10, 8083);
	burst(told, 10 * SEC + 10 * MS, 10 * MS, 10, 8081);
	burst(told, 10 * SEC + 20 * MS, 10 * MS, 10, 8082);
	fold_advance(told->fold, 20 * SEC);
	assert_int_equal(told->count, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(told->lines[i].port,
				 ((int[]){ 8083, 8081, 8082 })[i]);
	assert_true(told->lines[0].time < told->lines[1].time);
	assert_true(told->lines[1].time < told->lines[2].time);
}

/* However often the clock is looked at, the same is told. */
static void only_the_time_of_events_counts(void **state)
{
	struct told *told = *state, *other;
	void *second;

	set_up_with(&second, 64);
	other = second;
	for (unsigned int i = 0; i < 500; i++) {
		struct finding f = refusal(10 * SEC + i * 17 * MS, 8080 + i % 3,
					   40000 + i);

		assert_int_equal(take(told, &f), take(other, &f));
		for (unsigned int n = 0; n < 17; n++)
			fold_advance(other->fold, f.time + n * MS);
	}
	fold_flush(told->fold);
	fold_flush(other->fold);
	assert_int_equal(told->count, other->count);
	assert_memory_equal(told->lines, other->lines, sizeof(told->lines));
	tear_down(&second);
}

/* A scan of all ports by one, and a burst: memory ends, nothing is lost. */
static void bounded(void **state)
{
	void *small;
	struct told *told;

	(void)state;
	set_up_with(&small, 8);
	told = small;
	for (unsigned int i = 0; i < 3000; i++) {
		uint16_t port = i % 3 ? 8000 + i % 10 : i;
		struct finding f = refusal(10 * SEC + i * MS, port, 30000 + i);

		f.owner = f.actor = some_party(1 + i % 7, "p");
		take(told, &f);
	}
	fold_flush(told->fold);
	assert_int_equal(told->full + counted(told), 3000);
	tear_down(&small);
}

#define fold_test(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		fold_test(three_in_full_then_a_count),
		fold_test(a_line_a_second),
		fold_test(few_are_no_burst),
		fold_test(quiet_ends_a_burst),
		fold_test(what_is_alike),
		fold_test(clients_meet_at_the_remote_port),
		fold_test(processes_of_one_name),
		fold_test(more_addresses_than_there_is_room_for),
		fold_test(several_bursts_are_told_in_order),
		fold_test(only_the_time_of_events_counts),
		fold_test(bounded),
	};

	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
