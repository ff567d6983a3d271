// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tcpwhy check: what this kernel and these privileges allow. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "kallsyms.h"
#include "kernel.h"
#include "live.h"
#include "options.h"
#include "parts.h"

static bool print_part(const struct live *live, const struct part *part)
{
	char shape[128];

	*shape = '\0';
	if (part->tracepoint)
		kernel_tracepoint_shape(live_btf(live), part->tracepoint, shape,
					sizeof(shape));
	printf("  %-4s %-28s", part->attached ? "ok" : "MISSING", part->hook);
	if (*shape)
		printf(" (%s)", shape);
	if (!part->present)
		printf("\n         this kernel does not have it");
	else if (!part->attached)
		printf("\n         this kernel refused it: %s",
		       *part->refusal ? part->refusal : strerror(-part->err));
	if (!part->attached)
		printf("; lost without it: %s", part->lost);
	printf("\n");
	return part->attached;
}

static bool check_symbols(void)
{
	struct kallsyms *syms;
	int err = kallsyms_load(&syms);

	if (!err) {
		kallsyms_free(syms);
		printf("  ok   /proc/kallsyms\n");
		return true;
	}
	printf("  MISSING /proc/kallsyms: %s; lost without it: most causes "
	       "are only likely; run as root, or set kernel.kptr_restrict to 0 "
	       "or 1\n",
	       err == -EPERM ? "the kernel hides its addresses"
			     : strerror(-err));
	return false;
}

int cmd_check(int argc, char **argv)
{
	struct live_options live_options = { 0 };
	const struct parts *parts;
	struct live_problem problem;
	struct utsname system;
	struct options options;
	struct live *live;
	bool all = true;

	options_parse(&options, "check", argc, argv, 0, "",
		      "Say what this kernel and these privileges allow, and "
		      "what is lost without the rest.\v"
		      "Exit status: 0 all works, 3 some of it, 1 nothing.",
		      0, 0);
	live_options.ring_bytes = options.ring_bytes;
	live_options.all_resets = true; /* would it work? */
	options_free(&options);
	uname(&system);
	printf("Linux %s\n", system.release);
	if (live_open(&live, &live_options, &problem)) {
		fflush(stdout);
		fprintf(stderr, "tcpwhy: %s\n", problem.text);
		return EXIT_FAILED;
	}
	parts = live_parts(live);
	for (size_t i = 0; i < parts->count; i++)
		all &= print_part(live, &parts->at[i]);
	all &= check_symbols();
	live_close(live);
	return all ? EXIT_OK : EXIT_DEGRADED;
}
