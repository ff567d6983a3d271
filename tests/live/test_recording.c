// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What was recorded is shown again as it was, even after a kill -9. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "expect.h"
#include "harness.h"
#include "pair.h"

/* --- the same output again ----------------------------------------------- */

/* Where the texts differ first, on stderr; all of them can be very long. */
static void print_difference(const char *live, const char *again)
{
	size_t at = 0, line = 0;

	for (; live[at] && live[at] == again[at]; at++)
		if (live[at] == '\n')
			line = at + 1;
	fprintf(stderr, "live:   %.*s\nreplay: %.*s\n",
		(int)strcspn(live + line, "\n"), live + line,
		(int)strcspn(again + line, "\n"), again + line);
}

static void expect_same(const struct watcher *live, const struct watcher *again)
{
	const struct text *a = &live->process->out;
	const struct text *b = &again->process->out;
	bool same = a->at && b->at && a->len == b->len &&
		    !memcmp(a->at, b->at, a->len);

	if (!same && a->at && b->at)
		print_difference(a->at, b->at);
	EXPECT(again, same, "the output of the live run");
}

static const char *const scripts[] = {
	"exec $SAMPLES/sample1",
	"exec $SAMPLES/sample2 -6",
	"exec $SAMPLES/data-after-close",
	"exec $SAMPLES/port-closed --listened",
	"exec $SAMPLES/remote --fast reset-ignored",
	"exec $SAMPLES/remote --fast no-ack",
};

static void record_and_replay(const char *const *options)
{
	const char *file = temporary_file();

	for (size_t i = 0; i < COUNT(scripts); i++) {
		const char *recording[8] = { "-w", file };
		const char *replaying[8] = { "replay" };
		struct watcher *live, *again;
		int n = 0;

		for (; options[n]; n++)
			recording[n + 2] = replaying[n + 1] = options[n];
		replaying[n + 1] = file;
		live = watcher_run(recording, scripts[i]);
		watcher_finish(live);
		EXPECT(live, live->status == 0, "exit status 0");
		EXPECT(live, live->process->out.len, "output");
		again = watcher_start(replaying);
		watcher_finish(again);
		EXPECT(again, again->status == 0, "exit status 0");
		EXPECT(again, !again->process->err.len, "no complaint");
		expect_same(live, again);
	}
}

static void replay_text(void **state)
{
	(void)state;
	record_and_replay(ARGS("--utc"));
}

static void replay_relative(void **state)
{
	(void)state;
	record_and_replay(ARGS("--relative"));
}

static void replay_why_only(void **state)
{
	(void)state;
	record_and_replay(ARGS("--why-only"));
}

static void replay_json(void **state)
{
	(void)state;
	record_and_replay(ARGS("--json"));
}

static void replay_json_why_only(void **state)
{
	(void)state;
	record_and_replay(ARGS("--json", "--why-only"));
}

/* In any order, as the usage says. */
static void replay_file_first(void **state)
{
	const char *file = temporary_file();
	struct watcher *live, *again;

	(void)state;
	live = watcher_run(ARGS("--json", "-w", file), "exec $SAMPLES/sample2");
	watcher_finish(live);
	again = watcher_start(ARGS("replay", file, "--json"));
	watcher_finish(again);
	EXPECT(again, again->status == 0, "exit status 0");
	expect_same(live, again);
}

/* The filters of the live run are those of the replay. */
static void replay_filtered(void **state)
{
	(void)state;
	record_and_replay(ARGS("--json", "--port", "8082", "-6"));
}

/* Nothing is said, and all is recorded. */
static void quiet_recording(void **state)
{
	const char *file = temporary_file();
	struct watcher *live, *again;
	yajl_val finding;

	(void)state;
	live = watcher_run(ARGS("--quiet", "-w", file),
			   "exec $SAMPLES/sample2");
	watcher_finish(live);
	EXPECT(live, live->status == 0, "exit status 0");
	EXPECT(live,
	       live->process->out.at &&
		       strstr(live->process->out.at, " recorded, 0 lost; ") &&
		       strchr(live->process->out.at, '\n')[1] == '\0',
	       "one line, of what was recorded");
	again = watcher_start(ARGS("replay", "--json", file));
	watcher_finish(again);
	finding = expect_one(again, "rst.linger-zero");
	EXPECT(again,
	       json_number(finding, "owner/pid") ==
		       watcher_role(live, "sample2-server"),
	       "the server's doing");
}

static void quiet_without_a_file(void **state)
{
	struct watcher *watcher = watcher_start(ARGS("watch", "--quiet"));

	(void)state;
	watcher_finish(watcher);
	expect_complaint(watcher, 2, "it is for --write=FILE");
}

static void quiet_and_json(void **state)
{
	struct watcher *watcher =
		watcher_start(ARGS("watch", "-q", "--json", "-w", "/dev/null"));

	(void)state;
	watcher_finish(watcher);
	expect_complaint(watcher, 2, "--quiet and --json");
}

/* What was known before the start is recorded too. */
static void replay_older_sockets(void **state)
{
	struct pair pair = PAIR("old", "::1", 9001);
	const char *file = temporary_file();
	struct watcher *live, *again;

	(void)state;
	pair_start(&pair);
	pair_connect(&pair);
	live = watcher_start(ARGS("watch", "--json", "-w", file));
	pair_reset(&pair);
	pair_end(&pair);
	watcher_stop(live);
	EXPECT(live, live->status == 0, "exit status 0");
	again = watcher_start(ARGS("replay", "--json", file));
	watcher_finish(again);
	expect_same(live, again);
}

/* And what was lost, when. */
static void replay_losses(void **state)
{
	struct pair pair = PAIR("storm", "127.0.0.1", 9001);
	const char *file = temporary_file();
	struct watcher *live, *again;

	(void)state;
	live = watcher_start(
		ARGS("watch", "--json", "--ring-size", "4", "-w", file));
	pair_start(&pair);
	process_signal(live->process, SIGSTOP);
	pair_burst(&pair, 50);
	process_signal(live->process, SIGCONT);
	watcher_await(live, "\"type\":\"lost\"");
	pair_end(&pair);
	watcher_stop(live);
	again = watcher_start(ARGS("replay", "--json", file));
	watcher_finish(again);
	expect_same(live, again);
}

/* --- kill -9 ------------------------------------------------------------- */

/* The complete lines of @text: what follows the last newline is cut off. */
static size_t complete_lines(const struct text *text)
{
	size_t len = text->len;

	while (len && text->at[len - 1] != '\n')
		len--;
	return len;
}

/* Seconds since the Epoch of an object's "time". */
static double seconds_of(const char *time)
{
	struct tm tm = { 0 };
	const char *rest = strptime(time, "%Y-%m-%dT%H:%M:%S", &tm);

	assert_non_null(rest);
	return timegm(&tm) + strtod(rest, NULL);
}

static const char *last_time(const struct watcher *watcher)
{
	for (size_t i = watcher->line_count; i > 0; i--)
		if (!strcmp(watcher->lines[i - 1].type, "event"))
			return json_string(watcher->lines[i - 1].json, "time");
	return NULL;
}

static void expect_prefix(const struct watcher *live,
			  const struct watcher *again)
{
	const struct text *a = &live->process->out;
	const struct text *b = &again->process->out;
	size_t len = complete_lines(a);
	bool same = len <= b->len && !memcmp(a->at, b->at, len);

	if (!same)
		print_difference(a->at, b->at);
	EXPECT(again, same, "all that was shown live");
}

static void kill_nine(void **state)
{
	struct pair pair = PAIR("storm", "127.0.0.1", 9001);
	const char *file = temporary_file();
	struct watcher *live, *again;
	struct timespec killed;
	double last;

	(void)state;
	live = watcher_start(ARGS("watch", "--json", "-w", file));
	pair_start(&pair);
	pair_storm(&pair);
	/*
	 * In the middle: a hundred events are behind, more are coming. Not
	 * every one of them is shown: it may also be 1001.
	 */
	watcher_await(live, "\"seq\":100");
	clock_gettime(CLOCK_REALTIME, &killed);
	process_signal(live->process, SIGKILL);
	process_wait(live->process);
	pair_end(&pair);

	again = watcher_start(ARGS("replay", "--json", file));
	watcher_finish(again);
	EXPECT(again, again->status == 0, "exit status 0");
	EXPECT(again, count_lines(again, "end", 0) == 1, "an end");
	expect_prefix(live, again);

	/* What is shown live is 50 ms old; what is recorded is newer. */
	last = seconds_of(last_time(again));
	EXPECT(again, killed.tv_sec + killed.tv_nsec / 1e9 - last < 0.5,
	       "events up to half a second before the kill");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(replay_text),	      LIVE_TEST(replay_relative),
		LIVE_TEST(replay_why_only),   LIVE_TEST(replay_json),
		LIVE_TEST(replay_filtered),   LIVE_TEST(replay_json_why_only),
		LIVE_TEST(replay_file_first), LIVE_TEST(replay_older_sockets),
		LIVE_TEST(replay_losses),     LIVE_TEST(kill_nine),
		LIVE_TEST(quiet_recording),   LIVE_TEST(quiet_without_a_file),
		LIVE_TEST(quiet_and_json),
	};

	return harness_main("recording", tests, COUNT(tests), argc, argv);
}
