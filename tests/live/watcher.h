/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tcpwhy at work, and what it said. */
#ifndef TESTS_LIVE_WATCHER_H
#define TESTS_LIVE_WATCHER_H

#include <stdbool.h>
#include <stddef.h>

#include <yajl/yajl_tree.h>

#include "process.h"

/* What follows a list of arguments: ARGS("--json", "-4"). */
#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

struct line {
	const char *text; /* NUL-terminated */
	const char *type; /* "event", "finding", ... */
	yajl_val json;
};

struct watcher {
	struct process *process;
	int status;	    /* exit status, or 128 + signal */
	struct text told;   /* what the watched command printed */
	struct line *lines; /* with --json: all that tcpwhy printed */
	size_t line_count, line_room;
	char *copy; /* what the lines' text points into */
	int truth;
	bool six; /* for expectations: which addresses there are */
};

/*
 * Starts "tcpwhy @args". With --json it returns once everything is attached
 * (unless tcpwhy ended before): what happens from now on is seen.
 */
struct watcher *watcher_start(const char *const *args);
struct watcher *watcher_launch(const char *const *args,
			       void (*before_exec)(const struct launch *));

/*
 * The arguments of "run @options -- sh -c @script": what the script prints is
 * told to us, not to who reads the output.
 */
struct watcher *watcher_run(const char *const *options, const char *script);

/* Awaits a line of JSON that contains @words. */
void watcher_await(struct watcher *watcher, const char *words);

/* Ctrl-C. */
void watcher_interrupt(struct watcher *watcher);

/* Awaits the end, and reads what was said. */
void watcher_finish(struct watcher *watcher);

/* Both, for "watch". */
void watcher_stop(struct watcher *watcher);

/* The process that the command said plays @role; fails if there is none. */
int watcher_role(const struct watcher *watcher, const char *role);

/* Called by the teardown. */
void watcher_free_all(void);

/*
 * In @json, the value at @path ("owner/pid"). A string that is null, or not
 * there, is NULL; a number is -1 then.
 */
yajl_val json_at(yajl_val json, const char *path);
const char *json_string(yajl_val json, const char *path);
long long json_number(yajl_val json, const char *path);

#endif
