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
#define AT_LEAST 990 /* of them: how many are seen is not the point here */
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

static unsigned int findings_said(const struct watcher *watcher)
{
	const char *at = strstr(said(watcher), "\n-- ");

	at = at ? strstr(at, ", ") : NULL; /* after "N connections" */
	EXPECT(watcher, at, "a summary");
	return strtoul(at + strlen(", "), NULL, 10);
}

/* How many refused connections the summary counts: the most, so the first. */
static unsigned int refused_said(const struct watcher *watcher)
{
	const char *at = strstr(said(watcher), "\n-- ");

	at = at ? strstr(at, "\n  cause   ") : NULL;
	EXPECT(watcher, at, "a ranking");
	return strtoul(at + strlen("\n  cause   "), NULL, 10);
}

/* @format is given @where and @number, in this order. */
static void expect_words(const struct watcher *watcher, const char *format,
			 const char *where, unsigned int number)
{
	char words[128];

	snprintf(words, sizeof(words), format, where, number);
	EXPECT(watcher, strstr(said(watcher), words), "%s", words);
}

static void told_as_one(const char *address, const char *where)
{
	const char *file = temporary_file();
	struct watcher *live =
		watch_burst(ARGS("--why-only", "--utc", "-w", file), address);
	unsigned int count = findings_said(live);
	struct watcher *again, *full, *json;
	char bash[32];

	EXPECT(live, count >= AT_LEAST, "a burst");
	EXPECT(live, times(said(live), "cause   rst.port-closed") == 3,
	       "three in full");
	EXPECT(live, sum_of_more(said(live)) == count - 3,
	       "all others counted");
	/* One for each second; this takes a few at most. */
	EXPECT(live, times(said(live), " more in ") < 30, "a line a second");
	snprintf(bash, sizeof(bash), "bash[%d]", watcher_role(live, "client"));
	expect_words(live, "nobody on %s:8087, from ", where, 0);
	expect_words(live, ":8087, from %s\n", bash, 0);
	expect_words(live, "%s%u rst.port-closed", "cause   ", count);
	expect_words(live, "%s%u bash", "process ", count);
	expect_words(live, "remote  %2$u %1$s\n", address, count);

	again = replay(ARGS("replay", "--why-only", "--utc", file));
	EXPECT(again, !strcmp(said(again), said(live)), "the same again");
	full = replay(ARGS("replay", "--why-only", "--no-fold", file));
	EXPECT(full, times(said(full), "cause   rst.port-closed") == count,
	       "all in full");
	EXPECT(full, !times(said(full), " more in "), "none folded");
	json = replay(ARGS("replay", "--json", file));
	EXPECT(json, count_lines(json, "finding", 0) == count,
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
	unsigned int findings;
	const char *text;
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
	/* Nothing else, nor of the connection refused just as we began. */
	findings = refused_said(watcher);
	EXPECT(watcher,
	       findings == findings_said(watcher) || strstr(text, "LOST"),
	       "of one cause");
	EXPECT(watcher, !strstr(text, "unreachable"), "of no other cause");
	EXPECT(watcher, findings > 100, "a burst");
	EXPECT(watcher,
	       times(text, "cause   rst.port-closed") + sum_of_more(text) ==
		       findings,
	       "all %u were told", findings);
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
