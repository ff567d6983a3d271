/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Scenes: a sample program is watched, and all that tcpwhy finds must be what
 * the table says. Each is played on IPv4 and on IPv6.
 */
#ifndef TESTS_LIVE_SCENE_H
#define TESTS_LIVE_SCENE_H

#include "expect.h"
#include "harness.h"

struct scene {
	/*
	 * What the test is called. The ids of the rules whose absence it must
	 * notice are part of it: see tests/without-each-rule.
	 */
	const char *name;
	/* A shell script: $SAMPLES, $six ("-6" or empty), $loop (address). */
	const char *script;
	void (*prepare)(void);	    /* may be NULL: settings, a firewall */
	int status;		    /* of the command */
	const char *const *options; /* of "run"; NULL: --json */
	const struct expected *findings;
	/* What else must hold; may be NULL. */
	void (*also)(const struct watcher *watcher);
};

int scenes_main(const char *group, const struct scene *scenes, size_t count,
		int argc, char **argv);

#endif
