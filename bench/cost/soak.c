// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * soak: tcpwhy on a host that is never quiet, its output read by who stalls
 * now and then, for $TIME seconds. Afterwards each event must have been shown
 * or counted as lost, and memory and descriptors be what they were after a
 * quarter of the time. Exit status: 0 so it was, 1 not, 2 it could not be told.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "feed.h"
#include "goal.h"
#include "ledger.h"
#include "observer.h"
#include "series.h"
#include "tool.h"
#include "trouble.h"

#define TIME_S 60

/* How long it may take to end once it is asked to. */
#define END_S 60

/* The reader: it reads so long, then stalls so long. */
#define READ_NS	 700000000ULL
#define STALL_NS 300000000ULL

/* What is remembered is bounded, and full long before the first sample. */
#define MAX_SOCKETS "--max-sockets=4096"

/* The more so that events are lost when we stall. */
#define RING_SIZE "--ring-size=1024"

/* Late against early: the noise of an allocator. */
#define GROWTH	   0.02
#define GROWTH_KIB 1024

static const char *const arguments[] = { "--json", MAX_SOCKETS, RING_SIZE,
					 NULL };

struct sample {
	struct series rss_kib, files;
};

static double files_of(pid_t pid)
{
	char path[64];
	double count = 0;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	fds = opendir(path);
	if (!fds)
		die("%s", path);
	while (readdir(fds))
		count++;
	closedir(fds);
	return count;
}

static void take_sample(struct sample *sample, pid_t pid)
{
	series_add(&sample->rss_kib, rss_kib(pid));
	series_add(&sample->files, files_of(pid));
}

/* Reads and stalls until @end, with a sample after each stall. */
static void read_slowly(struct feed *feed, struct ledger *ledger,
			struct sample *sample, uint64_t end)
{
	uint64_t stall = now_ns() + READ_NS, now;
	const char *line;

	while ((now = now_ns()) < end) {
		if (now >= stall) {
			sleep_until(now + STALL_NS);
			take_sample(sample, feed_pid(feed));
			stall = now_ns() + READ_NS;
		}
		line = feed_line(feed);
		if (!line)
			return; /* it has ended: that will be seen */
		ledger_take(ledger, line);
	}
}

static void demand(const struct ledger *l, const struct sample *early,
		   const struct sample *late, int status)
{
	double rss = series_median(&early->rss_kib);

	goal_at_most(status, 0, "exit status");
	goal_at_least(l->has_end, 1, "it said its end");
	goal_at_least(l->findings, 1, "findings");
	goal_at_least(l->all_lost, 1, "events lost, since the reader stalls");
	goal_at_most(ledger_missing(l), 0, "neither shown nor counted as lost");
	goal_at_most(l->bad, 0, "events that cannot be read");
	goal_at_most(series_median(&late->rss_kib),
		     rss * (1 + GROWTH) + GROWTH_KIB,
		     "KiB of RSS, late; goal: early");
	/* One is open while it looks at what a namespace has. */
	goal_at_most(series_median(&late->files),
		     series_median(&early->files) + 1,
		     "descriptors, late; goal: early");
}

int main(void)
{
	static struct sample warm, early, middle, late;
	unsigned int seconds = setting("TIME", TIME_S);
	struct ledger ledger = { 0 };
	struct troubles *troubles;
	struct feed *feed;
	uint64_t begun, part = seconds * 1000000000ULL / 4;
	const char *line;
	int status;

	alarm(seconds + END_S);
	observer_find_tcpwhy();
	enter_own_space();
	troubles = troubles_begin();
	feed = feed_begin(arguments);
	ledger_take(&ledger, feed_await(feed, "\"type\":\"start\""));
	begun = now_ns();
	read_slowly(feed, &ledger, &warm, begun + part);
	read_slowly(feed, &ledger, &early, begun + 2 * part);
	read_slowly(feed, &ledger, &middle, begun + 3 * part);
	read_slowly(feed, &ledger, &late, begun + 4 * part);
	feed_interrupt(feed);
	while ((line = feed_line(feed)))
		ledger_take(&ledger, line);
	status = feed_end(feed);
	troubles_end(troubles);
	printf("%u s: %.0f events, of which %.0f were lost, %.0f findings; RSS "
	       "%.1f, %.1f, %.1f, %.1f MiB in the quarters\n",
	       seconds, ledger.all_produced, ledger.all_lost, ledger.findings,
	       series_median(&warm.rss_kib) / 1024,
	       series_median(&early.rss_kib) / 1024,
	       series_median(&middle.rss_kib) / 1024,
	       series_median(&late.rss_kib) / 1024);
	demand(&ledger, &early, &late, status);
	return goals_print() ? EXIT_SUCCESS : EXIT_FAILURE;
}
