// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tcpwhy watch: until Ctrl-C. */
#include <signal.h>
#include <stdio.h>

#include "ability.h"
#include "live.h"
#include "options.h"
#include "session.h"

static volatile sig_atomic_t stopped;

static void on_stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static bool go_on(void *arg)
{
	(void)arg;
	return !stopped;
}

/* The first ends the watch in order; a second ends the program at once. */
static void catch_signals(void)
{
	struct sigaction stop = { .sa_handler = on_stop,
				  .sa_flags = SA_RESETHAND | SA_RESTART };

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int watch(struct live *live, const struct options *options)
{
	struct session *session = session_new(options);
	int status, err;

	if (!session)
		return EXIT_FAILED;
	err = live_start(live, session_handler(session));
	if (!err)
		err = session_scope(session, 0);
	if (!err) {
		session_start(session);
		err = live_scan(live, session_handler(session));
	}
	if (!err) {
		session_ready(session);
		err = live_run(live, session_handler(session), go_on, NULL);
	}
	status = session_end(session, err, false, 0);
	session_free(session);
	return status;
}

int cmd_watch(int argc, char **argv)
{
	struct live_options live_options = { 0 };
	struct live_problem problem;
	struct options options;
	struct live *live;
	int status = EXIT_FAILED;

	options_parse(&options, "", argc, argv,
		      OPTIONS_OUTPUT | OPTIONS_FILTERS | OPTIONS_LIVE, "",
		      "Watch TCP on this host and say why connections are "
		      "reset, refused, retransmitted or time out.\v"
		      "Other commands: run, replay, explain, check; "
		      "\"tcpwhy COMMAND --help\" tells more.",
		      0, 0);
	catch_signals();
	live_options.ring_bytes = options.ring_bytes;
	live_options.cmdlines = options.cmdlines;
	live_options.all_resets = options.all_resets;
	live_options.filters = scope_filters(options.scope);
	if (live_open(&live, &live_options, &problem)) {
		fprintf(stderr, "tcpwhy: %s\n", problem.text);
	} else {
		ability_warn(live);
		status = watch(live, &options);
		live_close(live);
	}
	options_free(&options);
	return status;
}
