// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "feed.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "observer.h"
#include "tool.h"

#define MAX_ARGUMENTS 16

struct feed {
	pid_t pid;
	FILE *out;
	char *line;
	size_t room;
};

static _Noreturn void become_tcpwhy(const char *const *arguments, int out)
{
	const char *argv[MAX_ARGUMENTS + 2] = { tcpwhy_path() };

	for (int i = 0; i < MAX_ARGUMENTS && arguments[i]; i++)
		argv[i + 1] = arguments[i];
	dup2(out, STDOUT_FILENO);
	execv(argv[0], (char *const *)argv);
	die("%s", argv[0]);
}

struct feed *feed_begin(const char *const *arguments)
{
	struct feed *feed = calloc(1, sizeof(*feed));
	int out[2];

	if (!feed || pipe(out))
		die("a pipe");
	feed->pid = begin_child("bench-observer", -1);
	if (feed->pid == 0) {
		close(out[0]);
		become_tcpwhy(arguments, out[1]);
	}
	close(out[1]);
	feed->out = fdopen(out[0], "r");
	if (!feed->out)
		die("a pipe");
	return feed;
}

pid_t feed_pid(const struct feed *feed)
{
	return feed->pid;
}

const char *feed_line(struct feed *feed)
{
	return getline(&feed->line, &feed->room, feed->out) < 0 ? NULL
								: feed->line;
}

const char *feed_await(struct feed *feed, const char *words)
{
	const char *line;

	while ((line = feed_line(feed)))
		if (strstr(line, words))
			return line;
	errno = 0;
	die("tcpwhy ended and did not say %s", words);
}

void feed_interrupt(struct feed *feed)
{
	kill(feed->pid, SIGINT);
}

int feed_end(struct feed *feed)
{
	int status;

	while (feed_line(feed))
		;
	if (waitpid(feed->pid, &status, 0) != feed->pid)
		die("waitpid");
	fclose(feed->out);
	free(feed->line);
	free(feed);
	return status;
}

/* What /proc/PID/status has at @key, of KiB. */
static double status_kib(pid_t pid, const char *key)
{
	char path[64], line[128];
	double kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	if (!f)
		die("%s", path);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			kib = strtod(line + strlen(key), NULL);
	fclose(f);
	return kib;
}

double rss_kib(pid_t pid)
{
	return status_kib(pid, "VmRSS:");
}

double peak_rss_kib(pid_t pid)
{
	return status_kib(pid, "VmHWM:");
}
