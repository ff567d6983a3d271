// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tcpwhy check: what this kernel and these privileges allow. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "ability.h"
#include "ability_json.h"
#include "kernel.h"
#include "options.h"

#define INDENT	    10
#define LAST_COLUMN 79

/* --- text --- */

struct cause_list {
	enum coverage coverage; /* those that it takes */
	const char *label;
	int column; /* 0: none was printed yet */
};

static void print_cause(const struct rule *rule, enum coverage coverage,
			void *arg)
{
	struct cause_list *list = arg;
	int width = strlen(rule->id) + 2;

	if (coverage != list->coverage)
		return;
	if (!list->column)
		list->column = printf("%*s%s: ", INDENT, "", list->label);
	else if (list->column + width > LAST_COLUMN)
		list->column = printf(",\n%*s", INDENT, "") - 2;
	else
		printf(", ");
	list->column += width;
	printf("%s", rule->id);
}

/* The causes that are found less well with @sources than with all there is. */
static void print_causes(const struct sources *sources)
{
	struct cause_list lists[] = {
		{ COVERAGE_NONE, "not found", 0 },
		{ COVERAGE_LIKELY, "only likely", 0 },
	};

	for (int i = 0; i < 2; i++) {
		coverage_each_cost(sources, &everything, print_cause,
				   &lists[i]);
		if (lists[i].column)
			printf("\n");
	}
}

static const char *verdict(bool works)
{
	return works ? "ok" : "MISSING";
}

static void print_part(const struct ability *ability, const struct part *part)
{
	struct sources without = ability_without_part(part);
	char shape[128] = "";

	if (part->tracepoint)
		kernel_tracepoint_shape(ability->btf, part->tracepoint, shape,
					sizeof(shape));
	printf("  %-7s %s", verdict(!part->err), part->hook);
	if (*shape)
		printf("%*s(%s)", 29 - (int)strlen(part->hook), "", shape);
	printf("\n");
	if (!part->err)
		return;
	if (!part->present)
		printf("%*sthis kernel does not have it%s%s\n", INDENT, "",
		       part->since ? ": kernels do since " : "",
		       part->since ? part->since : "");
	else
		printf("%*sthis kernel refused it: %s\n", INDENT, "",
		       *part->refusal ? part->refusal : strerror(-part->err));
	printf("%*slost: %s\n", INDENT, "", part->lost);
	print_causes(&without);
}

static void print_telling(const struct ability *ability,
			  const struct telling *telling)
{
	struct sources without = ability_without_telling(telling);
	bool told = ability->sources.tells & telling->bit;

	printf("  %-7s %s\n", verdict(told), telling->what);
	if (told)
		return;
	printf("%*skernels tell it from %s on; here: %s\n", INDENT, "",
	       telling->since, telling->instead);
	print_causes(&without);
}

static void print_privilege(const struct privilege *privilege)
{
	printf("  %-7s %s\n", verdict(!privilege->err), privilege->what);
	if (!privilege->err)
		return;
	printf("%*slost: %s\n", INDENT, "", privilege->lost);
	printf("%*s%s\n", INDENT, "", privilege->way_out);
}

static void print_text(const struct ability *ability)
{
	const struct parts *parts = ability->parts;

	printf("BPF programs, and where they are attached:\n");
	for (size_t i = 0; i < parts->count; i++)
		print_part(ability, &parts->at[i]);
	printf("What the kernel tells:\n");
	for (int i = 0; i < TELLING_COUNT; i++)
		print_telling(ability, &tellings[i]);
	printf("What these privileges allow to see:\n");
	for (int i = 0; i < PRIVILEGE_COUNT; i++)
		print_privilege(&ability->privileges[i]);
	printf("%s\n",
	       ability->full ? "All works." : "Degraded: see what is MISSING.");
}

/* --- the command --- */

static int check(const struct options *options)
{
	struct live_options live_options = {
		.ring_bytes = options->ring_bytes,
		.all_resets = true, /* would it work? */
	};
	struct live_problem problem;
	struct ability ability;
	struct utsname system;
	struct live *live;

	uname(&system);
	if (!options->json)
		printf("Linux %s\n", system.release);
	if (live_open(&live, &live_options, &problem)) {
		if (options->json)
			ability_json_failed(system.release, problem.text);
		fflush(stdout);
		fprintf(stderr, "tcpwhy: %s\n", problem.text);
		return EXIT_FAILED;
	}
	ability_find(&ability, live);
	if (options->json)
		ability_json(&ability, system.release);
	else
		print_text(&ability);
	live_close(live);
	return ability.full ? EXIT_OK : EXIT_DEGRADED;
}

int cmd_check(int argc, char **argv)
{
	struct options options;
	int status;

	options_parse(&options, "check", argc, argv, OPTIONS_JSON, "",
		      "Say what this kernel and these privileges allow, and "
		      "what is lost without the rest.\v"
		      "Exit status: 0 all works, 3 some of it, 1 nothing.",
		      0, 0);
	status = check(&options);
	options_free(&options);
	return status;
}
