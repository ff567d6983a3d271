// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A thousand findings that are alike are told as one, and none is lost. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "harness.h"

#define BURST	 "1000"
#define COUNT_OF 1000
#define REFUSED                                                             \
	"exec bash -c 'echo role client $$; for i in $(seq " BURST "); do " \
	": </dev/tcp/$0/8087; done 2>/dev/null; exit 0' "

static unsigned int times(const char *text, const char *words)
{
	unsigned int n = 0;

	for (; (text = strstr(text, words)); text++)
		n++;
	return n;
}

/* The sum of what is said to be more. */
static unsigned long sum_of_more(const char *text)
{
	unsigned long sum = 0;

	for (; (text = strstr(text, "rst.port-closed: ")); text++) {
		char *end;

		sum += strtoul(strchr(text, ' '), &end, 10);
		assert_memory_equal(end, " more in ", 9);
	}
	return sum;
}

static const char *said(const struct watcher *watcher)
{
	return watcher->process->out.at ? watcher->process->out.at : "";
}

static struct watcher *watch_burst(const char *const *options,
				   const char *address)
{
	char script[512];
	struct watcher *watcher;

	snprintf(script, sizeof(script), "%s%s", REFUSED, address);
	watcher = watcher_run(options, script);
	watcher_finish(watcher);
	EXPECT(watcher, watcher->status == 0, "exit status 0");
	return watcher;
}

static struct watcher *replay(const char *const *args)
{
	struct watcher *again = watcher_start(args);

	watcher_finish(again);
	EXPECT(again, again->status == 0, "exit status 0");
	return again;
}

static void told_as_one(const char *address, const char *where)
{
	const char *file = temporary_file();
	struct watcher *live =
		watch_burst(ARGS("--why-only", "--utc", "-w", file), address);
	const char *text = said(live);
	struct watcher *again, *full, *json;
	char words[128];

	EXPECT(live, times(text, "cause   rst.port-closed") == 3,
	       "three in full");
	EXPECT(live, sum_of_more(text) == COUNT_OF - 3, "all others counted");
	/* A second each; this takes a few at most. */
	EXPECT(live, times(text, " more in ") < 30, "a line a second");
	snprintf(words, sizeof(words), "nobody on %s:8087, from bash[%d]",
		 where, watcher_role(live, "client"));
	EXPECT(live, strstr(text, words), "%s", words);
	EXPECT(live, strstr(text, BURST " findings"), "the sum");
	EXPECT(live, strstr(text, "cause   " BURST " rst.port-closed"),
	       "the ranking by cause");
	snprintf(words, sizeof(words), "process " BURST " bash[%d]",
		 watcher_role(live, "client"));
	EXPECT(live, strstr(text, words), "%s", words);

	again = replay(ARGS("replay", "--why-only", "--utc", file));
	EXPECT(again, !strcmp(said(again), text), "the same again");
	full = replay(ARGS("replay", "--why-only", "--no-fold", file));
	EXPECT(full, times(said(full), "cause   rst.port-closed") == COUNT_OF,
	       "all in full");
	EXPECT(full, !times(said(full), " more in "), "none folded");
	json = replay(ARGS("replay", "--json", file));
	EXPECT(json, count_lines(json, "finding", 0) == COUNT_OF,
	       "all are in JSON");
}

static void told_as_one_4(void **state)
{
	(void)state;
	told_as_one("127.0.0.1", "127.0.0.1");
}

static void told_as_one_6(void **state)
{
	(void)state;
	told_as_one("::1", "[::1]");
}

/* What was counted is told on Ctrl-C, in the middle of a second. */
static void told_on_interrupt(void **state)
{
	struct watcher *watcher;
	const char *text, *end;
	unsigned long findings;
	pid_t client;

	(void)state;
	client = fork();
	assert_true(client >= 0);
	if (!client) {
		execlp("bash", "bash", "-c",
		       "while :; do : </dev/tcp/127.0.0.1/8087; done "
		       "2>/dev/null",
		       NULL);
		_exit(127);
	}
	process_remember(client);
	watcher = watcher_start(ARGS("watch", "--why-only", "--port", "8087"));
	watcher_await(watcher, " more in ");
	watcher_stop(watcher);
	kill(client, SIGKILL);
	EXPECT(watcher, watcher->status == 0, "exit status 0");
	text = said(watcher);
	end = strstr(text, "-- ");
	EXPECT(watcher, end && (end = strstr(end, "connections, ")),
	       "a summary");
	findings = strtoul(end + strlen("connections, "), NULL, 10);
	EXPECT(watcher, findings > 100, "a burst");
	EXPECT(watcher,
	       times(text, "cause   rst.port-closed") + sum_of_more(text) ==
		       findings,
	       "all %lu were told", findings);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(told_as_one_4),
		LIVE_TEST(told_as_one_6),
		LIVE_TEST(told_on_interrupt),
	};

	return harness_main("burst", tests, COUNT(tests), argc, argv);
}
