// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tcpwhy replay FILE: the same output from a recording. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "recording.h"
#include "session.h"

/* The start comes once the facts about the recorded host are known. */
struct replay {
	struct session *session;
	const struct source_handler *handler;
	bool started;
};

static void start(struct replay *replay)
{
	if (!replay->started)
		session_start(replay->session);
	replay->started = true;
}

static int on_fact(void *arg, const struct fact *fact)
{
	struct replay *replay = arg;
	int err = replay->handler->fact(replay->handler->arg, fact);

	/* As live: the scope is the last that comes before the start. */
	if (!err && fact->kind == FACT_SCOPE)
		start(replay);
	return err;
}

static int on_event(void *arg, const struct event_header *event)
{
	struct replay *replay = arg;

	start(replay);
	return replay->handler->event(replay->handler->arg, event);
}

static int explain(const char *path, int err,
		   const struct recording_result *result)
{
	if (result->truncated)
		fprintf(stderr,
			"tcpwhy: '%s' ends in the middle of a block at byte "
			"%llu: the recording was cut off; %llu events were "
			"read\n",
			path, (unsigned long long)result->offset,
			(unsigned long long)result->events);
	if (!err)
		return EXIT_OK;
	if (err == -EINVAL && *result->problem)
		fprintf(stderr, "tcpwhy: '%s', byte %llu: %s\n", path,
			(unsigned long long)result->offset, result->problem);
	else
		fprintf(stderr, "tcpwhy: cannot read '%s': %s\n", path,
			strerror(-err));
	return EXIT_FAILED;
}

static int replay_file(const struct options *options)
{
	struct session *session = session_new(options);
	struct recording_result result = { 0 };
	struct replay replay = { .session = session };
	struct source_handler handler = { .fact = on_fact,
					  .event = on_event,
					  .arg = &replay };
	int status, ended, err;

	if (!session)
		return EXIT_FAILED;
	replay.handler = session_handler(session);
	err = recording_read(options->arguments[0], &handler, &result);
	status = explain(options->arguments[0], err, &result);
	if (err && !replay.started) {
		session_free(session); /* nothing was read: nothing to show */
		return status;
	}
	start(&replay);
	/* What reading ran into is said; the session says the rest. */
	ended = session_end(session, 0, result.truncated || err, result.bad);
	session_free(session);
	return status ? status : ended;
}

int cmd_replay(int argc, char **argv)
{
	struct options options;
	int status;

	options_parse(&options, "replay", argc, argv,
		      OPTIONS_OUTPUT | OPTIONS_FILTERS, "FILE",
		      "Show what a recording (made with -w) holds, as it was "
		      "shown live. FILE - is standard input. Needs no "
		      "privileges.",
		      1, 1);
	signal(SIGPIPE, SIG_IGN);
	options.replayed = true;
	status = replay_file(&options);
	options_free(&options);
	return status;
}
