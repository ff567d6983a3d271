// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Every event is accounted for: received, or counted as lost. */
#include <signal.h>
#include <string.h>

#include "expect.h"
#include "harness.h"
#include "pair.h"

#define BURST 500

/* Events of these kinds have a line each; the others serve to know who. */
static bool has_lines(const char *kind)
{
	static const char *const silent[] = { "existing", "holder", "fork",
					      "exec", "exit" };

	for (size_t i = 0; i < COUNT(silent); i++)
		if (!strcmp(kind, silent[i]))
			return false;
	return true;
}

static long long count_kind(const struct watcher *watcher, const char *kind)
{
	long long n = 0;

	for (size_t i = 0; i < watcher->line_count; i++)
		n += !strcmp(watcher->lines[i].type, "event") &&
		     !strcmp(json_string(watcher->lines[i].json, "kind"), kind);
	return n;
}

/* Kind by kind, and in sum; returns what was lost. */
static long long expect_balance(const struct watcher *watcher)
{
	yajl_val end = expect_line(watcher, "end");
	yajl_val kinds = json_at(end, "events/kinds");
	long long all_produced = 0, all_lost = 0;

	EXPECT(watcher, YAJL_IS_OBJECT(kinds), "kinds of events");
	for (size_t i = 0; i < kinds->u.object.len; i++) {
		const char *kind = kinds->u.object.keys[i];
		yajl_val value = kinds->u.object.values[i];
		long long produced = json_number(value, "produced");
		long long lost = json_number(value, "lost");

		EXPECT(watcher, lost >= 0 && lost <= produced, "%s: %lld, %lld",
		       kind, produced, lost);
		EXPECT(watcher,
		       json_number(value, "received") + lost == produced,
		       "%s: received + lost = produced", kind);
		if (has_lines(kind))
			EXPECT(watcher,
			       count_kind(watcher, kind) == produced - lost,
			       "%lld lines of kind %s", produced - lost, kind);
		all_produced += produced;
		all_lost += lost;
	}
	EXPECT(watcher, json_number(end, "events/produced") == all_produced,
	       "the sum of the kinds produced: %lld", all_produced);
	EXPECT(watcher, json_number(end, "events/lost") == all_lost,
	       "the sum of the kinds lost: %lld", all_lost);
	EXPECT(watcher,
	       json_number(end, "events/received") +
			       json_number(end, "events/bad") + all_lost ==
		       all_produced,
	       "received + bad + lost = produced");
	EXPECT(watcher, json_number(end, "events/bad") == 0, "none bad");
	return all_lost;
}

static struct pair stormy_pair(void)
{
	return (struct pair)PAIR("storm", "127.0.0.1", 9001);
}

/* It does not read while all of it happens: the ring must overflow. */
static void overflow(void **state)
{
	struct pair pair = stormy_pair();
	struct watcher *watcher;
	long long lost, told = 0;

	(void)state;
	watcher = watcher_start(ARGS("watch", "--json", "--ring-size", "4"));
	pair_start(&pair);
	process_signal(watcher->process, SIGSTOP);
	pair_burst(&pair, BURST);
	pair_end(&pair);
	process_signal(watcher->process, SIGCONT);
	watcher_stop(watcher);

	EXPECT(watcher, watcher->status == 0, "exit status 0");
	lost = expect_balance(watcher);
	/* Per connection: six changes of state at least. */
	EXPECT(watcher, lost > BURST, "most of it is lost");
	for (size_t i = 0; i < watcher->line_count; i++) {
		const struct line *line = &watcher->lines[i];

		if (strcmp(line->type, "lost"))
			continue;
		told += json_number(line->json, "lost");
		EXPECT(watcher, json_number(line->json, "total") == told,
		       "a total that adds up: %s", line->text);
	}
	EXPECT(watcher, told == lost, "%lld told as lost", lost);
}

/* The one finding about @port; and whether it says that it may lack events. */
static void expect_touched(const struct watcher *watcher, int port,
			   bool touched)
{
	yajl_val found = NULL;

	for (size_t i = 0; i < watcher->line_count; i++) {
		const struct line *line = &watcher->lines[i];

		if (!strcmp(line->type, "finding") &&
		    json_number(line->json, "local/port") == port) {
			EXPECT(watcher, !found, "one finding about %d", port);
			found = line->json;
		}
	}
	EXPECT(watcher, found, "a finding about %d", port);
	EXPECT(watcher,
	       YAJL_IS_TRUE(json_at(found, "evidence/after_loss")) == touched,
	       "%d: after_loss", port);
	EXPECT(watcher,
	       !strcmp(json_string(found, "confidence"),
		       touched ? "likely" : "certain"),
	       "%d: confidence", port);
	if (!touched)
		return;
	EXPECT(watcher,
	       strcmp(json_string(found, "evidence/lost_from"),
		      json_string(found, "evidence/lost_until")) < 0,
	       "%d: from when to when", port);
	EXPECT(watcher,
	       strcmp(json_string(found, "evidence/lost_until"),
		      json_string(found, "time")) < 0,
	       "%d: before it happened", port);
}

/*
 * A connection that lived while events were lost, and one that began later. A
 * replay says the same, to the byte.
 */
static void gap_is_marked(void **state)
{
	struct pair old = PAIR("old", "127.0.0.1", 9002),
		    new = PAIR("new", "::1", 9003), storm = stormy_pair();
	const char *file = temporary_file();
	struct watcher *watcher, *again;

	(void)state;
	watcher = watcher_start(
		ARGS("watch", "--json", "--ring-size", "64", "-w", file));
	pair_start(&old);
	pair_start(&new);
	pair_start(&storm);
	pair_connect(&old);
	watcher_await(watcher, "\"port\":9002");
	process_signal(watcher->process, SIGSTOP);
	process_await_delivery(watcher->process);
	pair_burst(&storm, BURST);
	process_signal(watcher->process, SIGCONT);
	watcher_await(watcher, "{\"type\":\"lost\"");
	pair_reset(&old);
	pair_connect(&new);
	pair_reset(&new);
	pair_end(&old);
	pair_end(&new);
	pair_end(&storm);
	watcher_stop(watcher);

	EXPECT(watcher, watcher->status == 0, "exit status 0");
	EXPECT(watcher, expect_balance(watcher) > BURST, "most of it is lost");
	expect_touched(watcher, 9002, true);
	expect_touched(watcher, 9003, false);

	again = watcher_start(ARGS("replay", "--json", file));
	watcher_finish(again);
	EXPECT(again, again->status == 0, "exit status 0");
	EXPECT(again, !strcmp(again->process->out.at, watcher->process->out.at),
	       "the same as\n%s", watcher->process->out.at);
}

/* With room enough nothing is lost, although the end comes amid a storm. */
static void nothing_lost(void **state)
{
	struct pair pair = stormy_pair();
	struct watcher *watcher;

	(void)state;
	watcher = watcher_start(ARGS("watch", "--json"));
	pair_start(&pair);
	pair_storm(&pair);
	watcher_await(watcher, "\"seq\":1000,");
	watcher_interrupt(watcher);
	process_wait(watcher->process);
	pair_end(&pair);
	watcher_finish(watcher);

	EXPECT(watcher, watcher->status == 0, "exit status 0");
	EXPECT(watcher, expect_balance(watcher) == 0, "nothing lost");
	EXPECT(watcher, count_lines(watcher, "lost", 0) == 0, "nothing lost");
}

/* The text says so too, be it none. */
static void text_says_so(void **state)
{
	struct watcher *watcher;

	(void)state;
	watcher = watcher_run(ARGS("--utc"), "exec $SAMPLES/sample2");
	watcher_finish(watcher);
	EXPECT(watcher, watcher->status == 0, "exit status 0");
	EXPECT(watcher, strstr(watcher->process->out.at, "rst.linger-zero"),
	       "the cause");
	EXPECT(watcher, strstr(watcher->process->out.at, "0 lost"),
	       "that nothing was lost");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(overflow),
		LIVE_TEST(gap_is_marked),
		LIVE_TEST(nothing_lost),
		LIVE_TEST(text_says_so),
	};

	return harness_main("loss", tests, COUNT(tests), argc, argv);
}
