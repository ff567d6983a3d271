// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define MAX_PROCESSES 32
#define CHUNK	      65536

/* Of the test that runs; cleared by its teardown. */
static struct process *processes[MAX_PROCESSES];
static unsigned int process_count;
static pid_t others[MAX_PROCESSES];
static unsigned int other_count;

static struct process *new_process(void)
{
	struct process *process = calloc(1, sizeof(*process));

	assert_non_null(process);
	assert_in_range(process_count, 0, MAX_PROCESSES - 1);
	processes[process_count++] = process;
	return process;
}

void process_remember(pid_t pid)
{
	assert_in_range(other_count, 0, MAX_PROCESSES - 1);
	others[other_count++] = pid;
}

_Noreturn static void become(const struct launch *launch, int out, int err)
{
	/* Not even a test that crashes leaves anything behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	/* dup2() leaves the close-on-exec flag alone if both are the same. */
	if (launch->truth == TRUTH_FD)
		fcntl(TRUTH_FD, F_SETFD, 0);
	else if (launch->truth >= 0)
		dup2(launch->truth, TRUTH_FD);
	if (launch->before_exec)
		launch->before_exec(launch);
	execv(launch->argv[0], (char *const *)launch->argv);
	fprintf(stderr, "cannot run %s: %s\n", launch->argv[0],
		strerror(errno));
	_exit(EXIT_FAILURE);
}

struct process *process_start(const struct launch *launch)
{
	struct process *process = new_process();
	int out[2], err[2];

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	/*
	 * Most tests read only when the scene is over. Until then it must not
	 * wait for us: what it learns late, the kernel may no longer know.
	 */
	assert_return_code(fcntl(out[1], F_SETPIPE_SZ, 1 << 20), errno);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	fflush(NULL);
	process->pid = fork();
	assert_true(process->pid >= 0);
	if (!process->pid)
		become(launch, out[1], err[1]);
	setpgid(process->pid, process->pid);
	close(out[1]);
	close(err[1]);
	process->out_fd = out[0];
	process->err_fd = err[0];
	return process;
}

/* Adds what has come; closes @fd at its end. */
static void take(int *fd, struct text *text)
{
	ssize_t len;

	if (text->len + CHUNK >= text->room) {
		text->room = 2 * text->room + CHUNK + 1;
		text->at = realloc(text->at, text->room);
		assert_non_null(text->at);
	}
	len = read(*fd, text->at + text->len, CHUNK);
	if (len <= 0) {
		close(*fd);
		*fd = -1;
		len = 0;
	}
	text->len += len;
	text->at[text->len] = '\0';
}

/* Of what can be very long. */
static const char *last_of(const struct text *text)
{
	const size_t enough = 4000;

	if (!text->at)
		return "";
	return text->at + (text->len > enough ? text->len - enough : 0);
}

/* Is there a whole line with @words? Moves @at behind the lines without. */
static bool find_line(const struct text *text, const char *words, size_t *at)
{
	const char *found, *line_end;

	if (!words || text->len == *at)
		return false;
	found = strstr(text->at + *at, words);
	if (found)
		return strchr(found, '\n');
	line_end = memrchr(text->at + *at, '\n', text->len - *at);
	if (line_end)
		*at = line_end + 1 - text->at;
	return false;
}

bool process_read(struct process *process, const char *words)
{
	int64_t deadline = now_ms() + PATIENCE_MS;
	size_t searched = 0;

	while (!find_line(&process->out, words, &searched)) {
		struct pollfd fds[] = {
			{ .fd = process->out_fd, .events = POLLIN },
			{ .fd = process->err_fd, .events = POLLIN },
		};
		int64_t left = deadline - now_ms();

		if (process->out_fd < 0 && process->err_fd < 0)
			return false;
		if (left <= 0 || poll(fds, 2, left) <= 0)
			fail_msg("it takes too long; the last of %zu bytes:\n"
				 "%s\n%s",
				 process->out.len, last_of(&process->out),
				 last_of(&process->err));
		if (fds[0].revents)
			take(&process->out_fd, &process->out);
		if (fds[1].revents)
			take(&process->err_fd, &process->err);
	}
	return true;
}

void process_wait(struct process *process)
{
	siginfo_t info;

	if (process->exited)
		return;
	process_read(process, NULL);
	/* Its outputs have ended: it has, or is about to. */
	assert_int_equal(waitid(P_PID, process->pid, &info, WEXITED | WNOWAIT),
			 0);
	/* A command may go on without it; until it is reaped, this is its. */
	kill(-process->pid, SIGKILL);
	assert_int_equal(waitpid(process->pid, &process->status, 0),
			 process->pid);
	process->exited = true;
}

void process_signal(struct process *process, int signal)
{
	assert_int_equal(kill(process->pid, signal), 0);
}

static bool has_pending(const struct process *process)
{
	unsigned long long set, pending = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", process->pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "SigPnd: %llx", &set) == 1 ||
		    sscanf(line, "ShdPnd: %llx", &set) == 1)
			pending |= set;
	if (f)
		fclose(f);
	return pending;
}

void process_await_delivery(const struct process *process)
{
	int64_t deadline = now_ms() + PATIENCE_MS;

	/* Nothing tells it: look, and let the others work. */
	while (has_pending(process)) {
		if (now_ms() > deadline)
			fail_msg("a signal is not taken");
		sched_yield();
	}
}

static void end(struct process *process)
{
	if (!process->exited) {
		kill(-process->pid, SIGKILL);
		waitpid(process->pid, NULL, 0);
	}
	if (process->out_fd >= 0)
		close(process->out_fd);
	if (process->err_fd >= 0)
		close(process->err_fd);
	free(process->out.at);
	free(process->err.at);
	free(process);
}

void process_end_all(void)
{
	while (process_count)
		end(processes[--process_count]);
	while (other_count) {
		kill(others[--other_count], SIGKILL);
		waitpid(others[other_count], NULL, 0);
	}
}
