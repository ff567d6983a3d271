// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define MAX_ARGS     24
#define MAX_WATCHERS 24

static struct watcher *watchers[MAX_WATCHERS];
static unsigned int watcher_count;

struct watcher *watcher_launch(const char *const *args,
			       void (*before_exec)(const struct launch *))
{
	const char *argv[MAX_ARGS] = { tcpwhy_path() };
	struct watcher *watcher = calloc(1, sizeof(*watcher));
	struct launch launch = { .argv = argv, .before_exec = before_exec };
	bool json = false;

	assert_non_null(watcher);
	assert_in_range(watcher_count, 0, MAX_WATCHERS - 1);
	watchers[watcher_count++] = watcher;
	for (int i = 0; args[i]; i++) {
		assert_in_range(i, 0, MAX_ARGS - 3);
		argv[i + 1] = args[i];
		json |= !strcmp(args[i], "--json");
	}
	watcher->truth = memfd_create("truth", MFD_CLOEXEC);
	assert_true(watcher->truth >= 0);
	/*
	 * Several processes write to it: only by appending does none of them
	 * overwrite another's line. The kernel does not lock a memfd's place.
	 */
	assert_return_code(fcntl(watcher->truth, F_SETFL, O_APPEND), errno);
	launch.truth = watcher->truth;
	watcher->process = process_start(&launch);
	if (json)
		process_read(watcher->process, "{\"type\":\"start\"");
	return watcher;
}

struct watcher *watcher_start(const char *const *args)
{
	return watcher_launch(args, NULL);
}

struct watcher *watcher_run(const char *const *options, const char *script)
{
	const char *args[MAX_ARGS] = { "run" };
	char *redirected;
	struct watcher *watcher;
	int n = 1;

	for (; *options; options++) {
		assert_in_range(n, 1, MAX_ARGS - 6);
		args[n++] = *options;
	}
	assert_true(asprintf(&redirected, "exec >&%d 2>&1 </dev/null\n%s",
			     TRUTH_FD, script) > 0);
	args[n++] = "--";
	args[n++] = "/bin/sh";
	args[n++] = "-c";
	args[n] = redirected;
	watcher = watcher_launch(args, NULL);
	free(redirected);
	return watcher;
}

static void read_told(struct watcher *watcher)
{
	off_t size = lseek(watcher->truth, 0, SEEK_END);

	assert_true(size >= 0);
	watcher->told.at = calloc(1, size + 1);
	assert_non_null(watcher->told.at);
	watcher->told.len = pread(watcher->truth, watcher->told.at, size, 0);
	assert_int_equal(watcher->told.len, size);
}

static void add_line(struct watcher *watcher, const char *text)
{
	struct line *line;
	char problem[256];

	if (watcher->line_count == watcher->line_room) {
		watcher->line_room = 2 * watcher->line_room + 64;
		watcher->lines = reallocarray(
			watcher->lines, watcher->line_room, sizeof(*line));
		assert_non_null(watcher->lines);
	}
	line = &watcher->lines[watcher->line_count++];
	line->text = text;
	line->json = yajl_tree_parse(text, problem, sizeof(problem));
	if (!line->json)
		fail_msg("not JSON: %s\n%s%s", text, problem,
			 watcher->process->err.at);
	line->type = json_string(line->json, "type");
	if (!line->type)
		fail_msg("no type: %s", text);
}

static void parse_lines(struct watcher *watcher)
{
	const struct text *out = &watcher->process->out;
	char *text, *rest;

	if (!out->len || out->at[0] != '{')
		return;
	watcher->copy = strndup(out->at, out->len);
	assert_non_null(watcher->copy);
	for (text = strtok_r(watcher->copy, "\n", &rest); text;
	     text = strtok_r(NULL, "\n", &rest))
		add_line(watcher, text);
}

void watcher_await(struct watcher *watcher, const char *words)
{
	if (!process_read(watcher->process, words))
		fail_msg("it ended before it said %s:\n%s%s", words,
			 watcher->process->out.at, watcher->process->err.at);
}

void watcher_interrupt(struct watcher *watcher)
{
	process_signal(watcher->process, SIGINT);
}

void watcher_finish(struct watcher *watcher)
{
	struct process *process = watcher->process;

	process_wait(process);
	watcher->status = WIFSIGNALED(process->status)
				  ? 128 + WTERMSIG(process->status)
				  : WEXITSTATUS(process->status);
	read_told(watcher);
	parse_lines(watcher);
}

void watcher_stop(struct watcher *watcher)
{
	watcher_interrupt(watcher);
	watcher_finish(watcher);
}

int watcher_role(const struct watcher *watcher, const char *role)
{
	const char *at = watcher->told.at;
	char name[64];
	int pid;

	for (; at && *at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (sscanf(at, "role %63s %d\n", name, &pid) == 2 &&
		    !strcmp(name, role))
			return pid;
	}
	fail_msg("nobody plays %s:\n%s", role, watcher->told.at);
	return 0;
}

static void free_one(struct watcher *watcher)
{
	for (size_t i = 0; i < watcher->line_count; i++)
		yajl_tree_free(watcher->lines[i].json);
	free(watcher->lines);
	free(watcher->copy);
	free(watcher->told.at);
	close(watcher->truth);
	free(watcher);
}

void watcher_free_all(void)
{
	while (watcher_count)
		free_one(watchers[--watcher_count]);
}

/* --- JSON ---------------------------------------------------------------- */

yajl_val json_at(yajl_val json, const char *path)
{
	const char *keys[8] = { NULL };
	char copy[128], *rest = NULL, *key;
	int n = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	for (key = strtok_r(copy, "/", &rest); key && n < 7;
	     key = strtok_r(NULL, "/", &rest))
		keys[n++] = key;
	return yajl_tree_get(json, keys, yajl_t_any);
}

const char *json_string(yajl_val json, const char *path)
{
	return YAJL_GET_STRING(json_at(json, path));
}

long long json_number(yajl_val json, const char *path)
{
	yajl_val value = json_at(json, path);

	return YAJL_IS_INTEGER(value) ? YAJL_GET_INTEGER(value) : -1;
}
