// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "moments.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crowd.h"
#include "feed.h"
#include "stage.h"
#include "tool.h"

#define SAID_START "\"type\":\"start\""

/* Longer than it takes for a finding; its phase differs from any timer's. */
#define BETWEEN_NS	 150000000ULL
#define PHASE_NS(number) ((number)*1370000ULL % 20000000ULL)

/* Past its start, and what it does once a second. */
#define BEGUN_NS 1500000000ULL

#define IDLE_S	 10

static const char *const json[] = { "--json", NULL };
static const char *const findings[] = { "--json", "--why-only", NULL };

void measure_start(struct series *ms, unsigned int sockets, unsigned int rounds)
{
	struct crowd *crowd = crowd_gather(sockets / 2);

	for (unsigned int i = 0; i < rounds; i++) {
		uint64_t begun = now_ns();
		struct feed *feed = feed_begin(json);

		feed_await(feed, SAID_START);
		series_add(ms, (now_ns() - begun) / 1e6);
		feed_interrupt(feed);
		feed_end(feed);
	}
	crowd_leave(crowd);
}

static void await_finding(struct feed *feed, uint16_t port)
{
	char words[32];
	const char *line;

	snprintf(words, sizeof(words), "\"port\":%u}", port);
	do
		line = feed_await(feed, "\"type\":\"finding\"");
	while (!strstr(line, words));
}

void measure_latency(struct series *ms, unsigned int resets)
{
	struct stage *stage = stage_set(workload_find("reset"));
	struct feed *feed = feed_begin(findings);

	feed_await(feed, SAID_START);
	for (unsigned int i = 0; i < resets; i++) {
		uint64_t sent;
		uint16_t port;

		sleep_until(now_ns() + BETWEEN_NS + PHASE_NS(i));
		sent = stage_reset(&port);
		await_finding(feed, port);
		series_add(ms, (now_ns() - sent) / 1e6);
	}
	feed_interrupt(feed);
	feed_end(feed);
	stage_clear(stage);
}

double measure_idle(void)
{
	struct feed *feed = feed_begin(findings);
	double used;

	feed_await(feed, SAID_START);
	sleep_until(now_ns() + BEGUN_NS);
	used = cpu_s_of(feed_pid(feed));
	sleep_until(now_ns() + IDLE_S * 1000000000ULL);
	used = cpu_s_of(feed_pid(feed)) - used;
	feed_interrupt(feed);
	feed_end(feed);
	return used * 1000 / IDLE_S;
}

static double lost_of(const char *end)
{
	const char *at = strstr(end, "\"lost\":");
	double lost;

	if (!at || sscanf(at, "\"lost\":%lf", &lost) != 1)
		die("no losses in the end: %s", end);
	return lost;
}

double measure_memory(unsigned int connections, double *lost)
{
	struct feed *feed = feed_begin(findings);
	struct crowd *crowd;
	double mib;

	feed_await(feed, SAID_START);
	crowd = crowd_gather(connections);
	sleep_until(now_ns() + BEGUN_NS);
	mib = rss_kib(feed_pid(feed)) / 1024;
	feed_interrupt(feed);
	*lost = lost_of(feed_await(feed, "\"type\":\"end\""));
	feed_end(feed);
	crowd_leave(crowd);
	return mib;
}

double measure_memory_before(unsigned int connections)
{
	struct crowd *crowd = crowd_gather(connections);
	struct feed *feed = feed_begin(findings);
	double mib;

	feed_await(feed, SAID_START);
	mib = peak_rss_kib(feed_pid(feed)) / 1024;
	feed_interrupt(feed);
	feed_end(feed);
	crowd_leave(crowd);
	return mib;
}
