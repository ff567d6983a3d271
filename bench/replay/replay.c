// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How fast a recording is replayed, and how much memory that takes, for 1,000
 * to 1,000,000 connections that are open at a time: prints a table. What is
 * compared is replayed in turns, and each figure is the median of its rounds,
 * in events a second of CPU time. Exit status: 0 the goals are met, 1 not, 2
 * it could not be measured.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/cost/goal.h"
#include "compose.h"

#define MAX_ROUNDS 101
#define CLOSED	   100000 /* connections in each recording */

static const struct load {
	const char *name;
	uint32_t open;
	bool by_reset;
} loads[] = {
	{ "1,000 open, FIN", 1000, false },
	{ "10,000 open, FIN", 10000, false },
	{ "100,000 open, FIN", 100000, false },
	{ "1,000,000 open, FIN", 1000000, false },
	{ "1,000 open, RST", 1000, true },
	{ "100,000 open, RST", 100000, true },
};

#define LOADS (sizeof(loads) / sizeof(loads[0]))

static const struct mode {
	const char *name;
	const char *option;
} modes[] = {
	{ "findings", "--why-only" },
	{ "text", "--utc" },
	{ "JSON", "--json" },
};

#define MODES (sizeof(modes) / sizeof(modes[0]))

struct runs {
	double seconds[MAX_ROUNDS];
	double rate; /* by the median */
	long peak_kib;
};

static struct runs runs[LOADS][MODES];

static void fail(const char *what, int err)
{
	fprintf(stderr, "replay: %s: %s\n", what, strerror(err));
	exit(2);
}

/* It waits for nothing: this is what it takes, whatever else runs here. */
static double cpu_seconds(const struct rusage *usage)
{
	return usage->ru_utime.tv_sec + usage->ru_stime.tv_sec +
	       (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/* As it comes, but with room for both ends of all that are open. */
static const char *room_for(const struct load *load)
{
	return load->open > 100000 ? "--max-sockets=2400000"
				   : "--max-sockets=262144";
}

static void replay(const char *tcpwhy, const char *file,
		   const struct load *load, const struct mode *mode,
		   struct runs *r, unsigned int round)
{
	char *const argv[] = { (char *)tcpwhy,	     "replay",
			       (char *)mode->option, (char *)room_for(load),
			       (char *)file,	     NULL };
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	int status, err;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
					 O_WRONLY, 0);
	err = posix_spawn(&pid, tcpwhy, &actions, NULL, argv, environ);
	if (err)
		fail(tcpwhy, err);
	posix_spawn_file_actions_destroy(&actions);
	if (wait4(pid, &status, 0, &usage) < 0)
		fail("wait4", errno);
	if (status) {
		fprintf(stderr, "replay: tcpwhy replay failed\n");
		exit(2);
	}
	r->seconds[round] = cpu_seconds(&usage);
	if (usage.ru_maxrss > r->peak_kib)
		r->peak_kib = usage.ru_maxrss;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_load(unsigned int load, unsigned int rounds, uint64_t events)
{
	printf("%-20s %9" PRIu64, loads[load].name, events);
	for (unsigned int m = 0; m < MODES; m++) {
		struct runs *r = &runs[load][m];

		qsort(r->seconds, rounds, sizeof(double), by_size);
		r->rate = events / r->seconds[rounds / 2];
		printf("  %6.2f %5.0f", r->rate / 1e6, r->peak_kib / 1024.0);
	}
	putchar('\n');
}

/* However many are open, an event may cost twice as much, not more. */
static void demand(unsigned int mode)
{
	const unsigned int few = 0, many = 3, few_reset = 4;

	goal_at_least(runs[few][mode].rate, 1e6, "events/s, %s: %s",
		      modes[mode].name, loads[few].name);
	goal_at_least(runs[few_reset][mode].rate, 1e6, "events/s, %s: %s",
		      modes[mode].name, loads[few_reset].name);
	goal_at_least(runs[many][mode].rate / runs[few][mode].rate, 0.5,
		      "rate, %s: %s, to that", modes[mode].name,
		      loads[many].name);
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 3 ? strtoul(argv[3], NULL, 10) : 5;
	uint64_t events[LOADS];
	char path[LOADS][256];

	if (argc < 3 || !rounds || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: replay TCPWHY DIRECTORY [ROUNDS]\n");
		return 2;
	}
	for (unsigned int i = 0; i < LOADS; i++) {
		const struct composition c = { loads[i].open, CLOSED,
					       loads[i].by_reset };
		int err;

		snprintf(path[i], sizeof(path[i]), "%s/%u.pcapng", argv[2], i);
		err = compose(path[i], &c, &events[i]);
		if (err)
			fail(path[i], -err);
	}
	for (unsigned int round = 0; round < rounds; round++)
		for (unsigned int i = 0; i < LOADS; i++)
			for (unsigned int m = 0; m < MODES; m++)
				replay(argv[1], path[i], &loads[i], &modes[m],
				       &runs[i][m], round);
	printf("%30s", "");
	for (unsigned int m = 0; m < MODES; m++)
		printf("  %-12s", modes[m].name);
	printf("\n%-20s %9s", "connections", "events");
	for (unsigned int m = 0; m < MODES; m++)
		printf("  %6s %5s", "M/s", "MiB");
	putchar('\n');
	for (unsigned int i = 0; i < LOADS; i++)
		print_load(i, rounds, events[i]);
	for (unsigned int i = 0; i < LOADS; i++)
		unlink(path[i]);
	for (unsigned int m = 0; m < MODES; m++)
		demand(m);
	return goals_print() ? 0 : 1;
}
