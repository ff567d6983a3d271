// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tcpwhy: why TCP connections die. */
#include <argp.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "version.h"

const char *argp_program_version = "tcpwhy " TCPWHY_VERSION;

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "watch", cmd_watch },	  { "run", cmd_run },
	{ "replay", cmd_replay }, { "explain", cmd_explain },
	{ "check", cmd_check },
};

/* Larger blocks are the kernel's again when they are freed: see mallopt(3). */
#define LARGE_BLOCK (128 * 1024)

int main(int argc, char **argv)
{
	/* Else what the start takes, and a burst, would be kept. */
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	if (argc < 2 || argv[1][0] == '-')
		return cmd_watch(argc, argv);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr,
		"tcpwhy: no command is called '%s'; there are watch, run, "
		"replay, explain and check\n",
		argv[1]);
	return EXIT_USAGE;
}
