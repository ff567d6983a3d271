// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tcpwhy run -- COMMAND: watch a command and all that it starts. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ability.h"
#include "facts.h"
#include "live.h"
#include "options.h"
#include "session.h"

struct child {
	pid_t pid;
	int gate;   /* write end: a byte lets it go on to exec */
	int report; /* read end: errno of a failed exec, else end of file */
	bool done;
	int status;	   /* as wait() gives it */
	uint64_t ended_at; /* CLOCK_MONOTONIC ns */
};

static volatile sig_atomic_t interrupts;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupts++;
}

static void on_child(int signal)
{
	(void)signal;
}

/*
 * A terminal sends Ctrl-C to the command too: it decides whether to end, and
 * we end with it. A second Ctrl-C ends the watch without it.
 */
static void catch_signals(void)
{
	struct sigaction stop = { .sa_handler = on_interrupt,
				  .sa_flags = SA_RESTART };

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	/* Not to be missed while we wait for events. */
	stop.sa_handler = on_child;
	stop.sa_flags |= SA_NOCLDSTOP;
	sigaction(SIGCHLD, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void restore_signals(void)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
}

__attribute__((noreturn)) static void child_main(int gate, int report,
						 char **arguments)
{
	char go;

	if (read(gate, &go, 1) != 1)
		_exit(EXIT_FAILED); /* the parent gave up */
	restore_signals();
	execvp(arguments[0], arguments);
	go = errno;
	if (write(report, &go, 1) != 1)
		_exit(EXIT_FAILED);
	_exit(EXIT_NOT_FOUND);
}

static int start_child(struct child *child, char **arguments)
{
	int gate[2], report[2];

	if (pipe2(gate, O_CLOEXEC))
		return -errno;
	if (pipe2(report, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	child->pid = fork();
	if (child->pid < 0)
		return -errno;
	if (!child->pid) {
		close(gate[1]);
		close(report[0]);
		child_main(gate[0], report[1], arguments);
	}
	close(gate[0]);
	close(report[1]);
	child->gate = gate[1];
	child->report = report[0];
	return 0;
}

/* Returns 0 once COMMAND runs, or the errno of its exec. */
static int release_child(struct child *child)
{
	char go = 1, failed = 0;
	ssize_t len;

	if (write(child->gate, &go, 1) != 1)
		return errno;
	close(child->gate);
	do
		len = read(child->report, &failed, 1);
	while (len < 0 && errno == EINTR);
	close(child->report);
	return len == 1 ? failed : 0;
}

static bool go_on(void *arg)
{
	struct child *child = arg;

	if (!child->done &&
	    waitpid(child->pid, &child->status, WNOHANG) == child->pid) {
		child->done = true;
		child->ended_at = facts_now();
	}
	if (interrupts > 1)
		return false;
	/* What its end set off is still on its way. */
	return !child->done ||
	       facts_now() < child->ended_at + PIPELINE_SETTLE_NS;
}

static int exit_status(const struct child *child)
{
	if (!child->done)
		return 128 + SIGINT;
	if (WIFSIGNALED(child->status))
		return 128 + WTERMSIG(child->status);
	return WEXITSTATUS(child->status);
}

/* The reports have ended, the command has not: its status is still ours. */
static void await_child(struct child *child)
{
	while (!child->done && interrupts < 2) {
		if (waitpid(child->pid, &child->status, 0) == child->pid)
			child->done = true;
	}
}

/* The child that waits for its release, which will not come. */
static void give_up_child(struct child *child)
{
	if (child->pid <= 0)
		return;
	close(child->gate);
	waitpid(child->pid, NULL, 0);
}

/* All that is to be done before the command begins. */
static int prepare(struct live *live, struct session *session,
		   struct child *child, const struct options *options)
{
	int err = live_start(live, session_handler(session));

	if (!err)
		err = start_child(child, options->arguments);
	if (!err)
		err = session_scope(session, child->pid);
	if (err)
		return err;
	session_start(session);
	err = live_scan(live, session_handler(session));
	if (!err)
		session_ready(session);
	return err;
}

static int run(struct live *live, const struct options *options)
{
	struct session *session = session_new(options);
	struct child child = { 0 };
	int status, err;

	if (!session)
		return EXIT_FAILED;
	err = prepare(live, session, &child, options);
	if (err) {
		give_up_child(&child);
		status = session_end(session, err, false, 0);
		session_free(session);
		return status;
	}
	err = release_child(&child);
	if (err) {
		fprintf(stderr, "tcpwhy: cannot run '%s': %s\n",
			options->arguments[0], strerror(err));
		session_free(session);
		waitpid(child.pid, NULL, 0);
		return err == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
	}
	err = live_run(live, session_handler(session), go_on, &child);
	await_child(&child);
	status = session_end(session, err, false, 0);
	session_free(session);
	/* The command's own, unless it would hide that we failed. */
	return exit_status(&child) ? exit_status(&child) : status;
}

int cmd_run(int argc, char **argv)
{
	struct live_options live_options = { 0 };
	struct live_problem problem;
	struct options options;
	struct live *live;
	int status = EXIT_FAILED;

	options_parse(&options, "run", argc, argv,
		      OPTIONS_OUTPUT | OPTIONS_FILTERS | OPTIONS_LIVE,
		      "-- COMMAND [ARG...]",
		      "Watch COMMAND and all processes that it starts, and the "
		      "other ends of their connections.\v"
		      "Exits with COMMAND's status; 126 or 127 if it cannot be "
		      "run, 128+N if signal N ended it.",
		      1, -1);
	catch_signals();
	live_options.ring_bytes = options.ring_bytes;
	live_options.cmdlines = options.cmdlines;
	live_options.all_resets = options.all_resets;
	live_options.filters = scope_filters(options.scope);
	live_options.run = true;
	if (live_open(&live, &live_options, &problem)) {
		fprintf(stderr, "tcpwhy: %s\n", problem.text);
	} else {
		ability_warn(live);
		status = run(live, &options);
		live_close(live);
	}
	options_free(&options);
	return status;
}
