/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Programs that a test starts. Each is in a process group of its own, so that
 * what it leaves behind can be ended with it, and nothing else.
 */
#ifndef TESTS_LIVE_PROCESS_H
#define TESTS_LIVE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TRUTH_FD 3 /* where a program may tell what tcpwhy must not see */

struct launch {
	const char *const *argv; /* NULL-terminated; argv[0] is a path */
	/* In the child, right before exec; may be NULL. */
	void (*before_exec)(const struct launch *launch);
	int truth; /* becomes TRUTH_FD there; -1: none */
};

/* Growing text. */
struct text {
	char *at; /* NUL-terminated, NULL at first */
	size_t len, room;
};

struct process {
	pid_t pid;
	int out_fd, err_fd; /* read ends; -1: ended, or closed by the test */
	struct text out, err;
	bool exited;
	int status; /* as waitpid() gives it */
};

struct process *process_start(const struct launch *launch);

/*
 * Collects output until a line of stdout contains @words (NULL: forever) or
 * both outputs have ended, and fails the test when that takes too long. False:
 * ended before there was such a line.
 */
bool process_read(struct process *process, const char *words);

/* Until the end of its outputs and of itself. */
void process_wait(struct process *process);
void process_signal(struct process *process, int signal);

/* Until a signal that was sent has been taken from the queue. */
void process_await_delivery(const struct process *process);

/* Kills what is still there of all that was started, and frees it. */
void process_end_all(void);

/* Remembers a child that was forked otherwise, for process_end_all(). */
void process_remember(pid_t pid);

#endif
