// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "history.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "observer.h"
#include "recording.h"
#include "stage.h"
#include "tool.h"

#define RECORDED "storm"

/* Kernel addresses that no socket of the storm has, nor its repetitions. */
#define OPEN_SOCKS    0xff00000000000000ULL
#define NEXT_TIME(n)  ((uint64_t)(n) << 40)
#define SOCK_DISTANCE 64

struct history {
	char *at; /* the storm's events, one after the other */
	size_t len, room;
	uint64_t first, last; /* their times */
	double count;
	struct sock_event model; /* of an end of an open connection */
};

/* --- made --- */

static int keep_event(void *arg, const struct event_header *event)
{
	struct history *h = arg;

	/* What was there before, and who, belongs to the first time only. */
	if (event->kind == EVENT_EXISTING || event->kind == EVENT_HOLDER)
		return 0;
	if (h->len + event->size > h->room) {
		h->room = 2 * (h->len + event->size);
		h->at = realloc(h->at, h->room);
		if (!h->at)
			die("memory");
	}
	memcpy(h->at + h->len, event, event->size);
	h->len += event->size;
	h->count++;
	if (!h->first)
		h->first = event->time;
	h->last = event->time;
	if (event->kind == EVENT_STATE &&
	    ((const struct sock_event *)event)->new_state == STATE_ESTABLISHED)
		memcpy(&h->model, event, sizeof(h->model));
	return 0;
}

static int skip_fact(void *arg, const struct fact *fact)
{
	(void)arg;
	(void)fact;
	return 0;
}

struct history *history_record(unsigned int ms)
{
	static const struct observer recorder = { "tcpwhy -w",
						  { NULL, "-w", RECORDED },
						  NULL };
	struct stage *stage = stage_set(workload_find("reset"));
	struct history *h = calloc(1, sizeof(*h));
	const struct source_handler keeper = { .fact = skip_fact,
					       .event = keep_event,
					       .arg = h };
	struct recording_result result;
	struct watch *watch;

	if (!h)
		die("memory");
	watch = watch_begin(&recorder);
	stage_play(stage, ms);
	watch_end(watch);
	stage_clear(stage);
	errno = 0;
	if (recording_read(RECORDED, &keeper, &result) || !h->count)
		die("the recording of the storm: %s", result.problem);
	return h;
}

double history_events(const struct history *h)
{
	return h->count;
}

void history_free(struct history *h)
{
	free(h->at);
	free(h);
	unlink(RECORDED);
}

/* --- written --- */

static void check(int err)
{
	errno = -err;
	if (err)
		die("cannot write a recording");
}

static int copy_fact(void *arg, const struct fact *fact)
{
	/* How many there are of the whole is not known yet. */
	return fact->kind == FACT_COUNTS ? 0 : recorder_fact(arg, fact);
}

static int skip_event(void *arg, const struct event_header *event)
{
	(void)arg;
	(void)event;
	return 0;
}

static void write_end(struct recorder *recorder, struct sock_event *e,
		      unsigned int number, bool server)
{
	__u32 address = htonl(0x0a000000 + number / 50000);

	e->h.sock = OPEN_SOCKS + (2ULL * number + server) * SOCK_DISTANCE;
	memcpy(e->conn.laddr + 12, &address, sizeof(address));
	memcpy(e->conn.raddr + 12, &address, sizeof(address));
	e->conn.lport = server ? 443 : 10000 + number % 50000;
	e->conn.rport = server ? 10000 + number % 50000 : 443;
	check(recorder_event(recorder, &e->h));
}

static void write_open(struct recorder *recorder, const struct history *h,
		       unsigned int open)
{
	struct sock_event e = h->model;

	e.h.kind = EVENT_EXISTING;
	e.h.time = h->first;
	e.old_state = e.new_state;
	for (unsigned int i = 0; i < open; i++) {
		write_end(recorder, &e, i, false);
		write_end(recorder, &e, i, true);
	}
}

static void write_storm(struct recorder *recorder, const struct history *h,
			unsigned int time)
{
	union {
		struct event_header h;
		char room[sizeof(struct segment_event)];
	} event;

	for (size_t at = 0; at < h->len; at += event.h.size) {
		memcpy(&event, h->at + at, sizeof(event.h));
		memcpy(&event, h->at + at, event.h.size);
		event.h.time += time * (h->last - h->first + 1000000);
		if (event.h.sock)
			event.h.sock ^= NEXT_TIME(time);
		check(recorder_event(recorder, &event.h));
	}
}

double history_write(const struct history *h, const char *path,
		     unsigned int times, unsigned int open)
{
	struct recorder *recorder;
	struct recording_result result;
	struct source_handler copier = { .fact = copy_fact,
					 .event = skip_event };

	check(recorder_open(&recorder, path));
	copier.arg = recorder;
	if (recording_read(RECORDED, &copier, &result))
		die("the recording of the storm: %s", result.problem);
	write_open(recorder, h, open);
	for (unsigned int i = 0; i < times; i++)
		write_storm(recorder, h, i);
	check(recorder_close(recorder));
	return h->count * times;
}

double replay_cpu_s(const char *path)
{
	pid_t pid = begin_child("bench-replay", -1);
	struct rusage used;
	int status;

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDOUT_FILENO);
		execl(tcpwhy_path(), "tcpwhy", "replay", path, NULL);
		die("%s", tcpwhy_path());
	}
	if (wait4(pid, &status, 0, &used) != pid || status)
		die("replay failed");
	return used.ru_utime.tv_sec + used.ru_utime.tv_usec / 1e6 +
	       used.ru_stime.tv_sec + used.ru_stime.tv_usec / 1e6;
}
