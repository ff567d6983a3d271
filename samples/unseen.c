// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "unseen.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const tracepoints[] = {
	"sock/inet_sock_set_state",
	"sock/inet_sk_error_report",
	"tcp/tcp_destroy_sock",
	"tcp/tcp_send_reset",
	"tcp/tcp_receive_reset",
	"tcp/tcp_retransmit_skb",
	"tcp/tcp_retransmit_synack",
	"tcp/tcp_cong_state_set",
	"skb/kfree_skb",
};

#define TRACEPOINTS (sizeof(tracepoints) / sizeof(tracepoints[0]))
#define MAX_THREADS 64

static int counters[TRACEPOINTS * MAX_THREADS];
static unsigned int counter_count;

/* A tracefs of our own: it is mounted nowhere. -1: there is none. */
static int open_tracefs(void)
{
	int root = -1, fs = fsopen("tracefs", FSOPEN_CLOEXEC);

	if (fs < 0)
		return -1;
	if (!fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		root = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	close(fs);
	return root;
}

/* What perf calls the tracepoint; 0: this kernel has none of that name. */
static uint64_t read_id(int tracefs, const char *tracepoint)
{
	char path[96], text[24];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "events/%s/id", tracepoint);
	fd = openat(tracefs, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return 0;
	text[len] = '\0';
	return strtoull(text, NULL, 10);
}

static void count(uint64_t id, pid_t tid)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = id,
		.inherit = 1, /* threads that it starts later */
		.inherit_thread = 1,
	};
	long fd;

	fd = syscall(SYS_perf_event_open, &attr, tid, -1, -1,
		     PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0)
		counters[counter_count++] = (int)fd;
}

void unseen_watch(void)
{
	pid_t threads[MAX_THREADS];
	unsigned int thread_count = 0;
	struct dirent *entry;
	int tracefs;
	DIR *tasks;

	tasks = opendir("/proc/1/task");
	if (!tasks)
		return;
	while (thread_count < MAX_THREADS && (entry = readdir(tasks))) {
		pid_t tid = atoi(entry->d_name);

		if (tid > 0)
			threads[thread_count++] = tid;
	}
	closedir(tasks);
	tracefs = open_tracefs();
	if (tracefs < 0)
		return;
	for (unsigned int i = 0; i < TRACEPOINTS; i++) {
		uint64_t id = read_id(tracefs, tracepoints[i]);

		for (unsigned int k = 0; id && k < thread_count; k++)
			count(id, threads[k]);
	}
	close(tracefs);
}

uint64_t unseen_count(void)
{
	uint64_t total = 0, hits;

	for (unsigned int i = 0; i < counter_count; i++)
		if (read(counters[i], &hits, sizeof(hits)) == sizeof(hits))
			total += hits;
	return total;
}
