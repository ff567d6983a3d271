/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line. */
#ifndef TCPWHY_OPTIONS_H
#define TCPWHY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "scope.h"
#include "sink.h"

enum exit_status {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_DEGRADED = 3,	   /* check: works, but not all of it */
	EXIT_CANNOT_EXECUTE = 126, /* run, as shells have it */
	EXIT_NOT_FOUND = 127,
};

struct options {
	bool json;
	bool why_only;
	bool no_fold;
	bool replayed; /* by the subcommand: from a recording */
	bool markdown;
	enum sink_clock clock;
	const char *record; /* -w FILE; NULL: none */
	uint32_t ring_bytes;
	uint32_t max_sockets; /* how many are remembered */
	bool quiet;	      /* with record alone */
	bool cmdlines;
	bool all_resets;
	struct scope *scope; /* filters */
	char **arguments;    /* what is left, NULL-terminated */
	int argument_count;
};

/* What a subcommand accepts besides --help. */
enum option_groups {
	OPTIONS_OUTPUT = 1 << 0, /* how it is shown */
	OPTIONS_FILTERS = 1 << 1,
	OPTIONS_LIVE = 1 << 2,	   /* -w --quiet --ring-size */
	OPTIONS_MARKDOWN = 1 << 3, /* --markdown */
	OPTIONS_JSON = 1 << 4,	   /* --json, without the rest of output */
};

/*
 * Parse @argv of the subcommand @name. Prints help, or what is wrong, and
 * exits (0 or EXIT_USAGE) where that is called for. @usage names what follows
 * the options; @text is the help's description. @max_arguments: -1 for any.
 * options_free() what it fills.
 */
void options_parse(struct options *options, const char *name, int argc,
		   char **argv, unsigned int groups, const char *usage,
		   const char *text, int min_arguments, int max_arguments);
void options_free(struct options *options);

int cmd_watch(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_check(int argc, char **argv);

#endif /* TCPWHY_OPTIONS_H */
