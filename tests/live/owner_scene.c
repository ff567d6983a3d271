// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "owner_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "harness.h"
#include "namespace.h"

#define CHUNK	 65536
#define JUDGE	 "bench/owners/judge"
#define PROGRAMS "bench/owners/programs"

static pid_t enter_space_of; /* for the next owner_start() */
static char not_right[65536];

const char *owner_program(const char *name)
{
	static char path[512];

	/* Beside the samples: both are built into the same directory. */
	snprintf(path, sizeof(path), "%s/../bench/owners/%s", getenv("SAMPLES"),
		 name);
	return path;
}

int owner_truth(const char **path)
{
	int fd;

	*path = temporary_file();
	fd = open(*path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void enter_space(const struct launch *launch)
{
	char path[64];
	int fd;

	(void)launch;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", enter_space_of);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET)) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		_exit(EXIT_FAILURE);
	}
}

struct process *owner_start(const char *const *argv, int truth, pid_t space)
{
	struct launch launch = { .argv = argv, .truth = truth };
	struct process *scene;

	if (space) {
		enter_space_of = space;
		launch.before_exec = enter_space;
	}
	scene = process_start(&launch);
	if (!process_read(scene, "watch"))
		fail_msg("%s: %s", argv[0], scene->err.at);
	return scene;
}

void owner_go(struct process *scene)
{
	process_signal(scene, SIGUSR1);
}

static void take(struct process *process)
{
	struct text *text = &process->out;
	ssize_t len;

	if (text->len + CHUNK >= text->room) {
		text->room = 2 * text->room + CHUNK + 1;
		text->at = realloc(text->at, text->room);
		assert_non_null(text->at);
	}
	len = read(process->out_fd, text->at + text->len, CHUNK);
	assert_true(len > 0);
	text->len += len;
	text->at[text->len] = '\0';
}

/* Reads what tcpwhy says meanwhile: else it would wait for us in write(). */
void owner_end(struct process *scene, const struct watcher *watcher)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = scene->out_fd, .events = POLLIN },
			{ .fd = watcher->process->out_fd, .events = POLLIN },
		};

		if (poll(fds, 2, PATIENCE_MS) <= 0)
			fail_msg("the scene takes too long");
		if (fds[1].revents & POLLIN)
			take(watcher->process);
		else if (fds[0].revents || fds[1].revents)
			break;
	}
	process_wait(scene);
	if (scene->status)
		fail_msg("status 0x%x: %s", scene->status, scene->err.at);
}

/* --- the judge --- */

static void read_count(struct owner_counts *counts, const char *line)
{
	struct owner_count count;
	char kind[32];

	if (sscanf(line, "tcpwhy %31s %u %u %u %u", kind, &count.right,
		   &count.wrong, &count.unknown, &count.unjudged) != 5)
		return;
	if (!strcmp(kind, "state"))
		counts->states = count;
	else if (!strcmp(kind, "finding"))
		counts->findings = count;
	else if (!strcmp(kind, "connection"))
		counts->connections = count;
}

struct owner_counts owner_judge(const struct watcher *watcher,
				const char *truth, uint32_t netns)
{
	struct owner_counts counts = { .not_right = not_right,
				       .watcher = watcher,
				       .truth = truth };
	const char *said = temporary_file();
	char command[256], line[1024];
	size_t used = 0;
	FILE *f = fopen(said, "w");

	assert_non_null(f);
	fputs(watcher->process->out.at, f);
	fclose(f);
	snprintf(command, sizeof(command), JUDGE " %s %u %s", truth, netns,
		 said);
	f = popen(command, "r");
	assert_non_null(f);
	*not_right = '\0';
	while (fgets(line, sizeof(line), f)) {
		read_count(&counts, line);
		if (*line == '!' && used + strlen(line) < sizeof(not_right)) {
			strcpy(not_right + used, line);
			used += strlen(line);
		}
	}
	if (pclose(f))
		fail_msg("it did not judge: %s", command);
	return counts;
}

static void expect_kind(const struct owner_counts *counts, const char *kind,
			const struct owner_count *count)
{
	if (count->wrong || count->unknown)
		fail_msg("%s: %u right, %u wrong, %u unknown\n%s", kind,
			 count->right, count->wrong, count->unknown,
			 counts->not_right);
}

void owner_expect_right(const struct owner_counts *counts)
{
	expect_kind(counts, "states", &counts->states);
	expect_kind(counts, "findings", &counts->findings);
	expect_kind(counts, "connections", &counts->connections);
}

/* Watches @argv, judges, and expects that there was something to judge. */
static struct owner_counts watch_and_judge(const char *const *argv)
{
	struct owner_counts counts;
	struct watcher *watcher;
	struct process *scene;
	const char *path;
	int truth = owner_truth(&path);

	scene = owner_start(argv, truth, 0);
	watcher = watcher_start(ARGS("--json"));
	owner_go(scene);
	owner_end(scene, watcher);
	watcher_stop(watcher);
	close(truth);
	expect_sound(watcher, 0);
	counts = owner_judge(watcher, path, namespace_id());
	/* What nobody knows the truth of would not be tested. */
	if (counts.states.unjudged || counts.findings.unjudged)
		fail_msg("unjudged\n%s", counts.not_right);
	assert_true(counts.states.right);
	return counts;
}

struct owner_counts owner_play_on(const char *name, const char *address)
{
	const char *argv[] = { owner_program("scenes"), "-a", address, name,
			       NULL };

	return watch_and_judge(argv);
}

struct owner_counts owner_play_program(const char *name, const char *address)
{
	char path[128];
	const char *argv[] = { path, NULL };

	snprintf(path, sizeof(path), PROGRAMS "/%s", name);
	setenv("OWNERS", owner_program(""), 1);
	setenv("ADDRESS", address, 1);
	return watch_and_judge(argv);
}
