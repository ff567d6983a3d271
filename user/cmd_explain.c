// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tcpwhy explain [CAUSE]: the catalogue. */
#include <stdio.h>

#include "catalogue.h"
#include "options.h"
#include "page.h"
#include "words.h"

static void print_text(const struct sink_options *page, const char *label,
		       const char *template)
{
	char text[512];

	words_generic(template, text, sizeof(text));
	page_item(page, label, text);
}

static void print_rule(const struct sink_options *page, const struct rule *rule)
{
	printf("%s (%s)\n", rule->id, finding_what_name(rule->what));
	print_text(page, "meaning", rule->meaning);
	print_text(page, "why", rule->why);
	print_text(page, "effect", rule->effect);
	print_text(page, "advice", rule->advice);
	print_text(page, "see", rule->reference);
}

static void print_markdown_text(const char *label, const char *template)
{
	char text[512];

	words_generic(template, text, sizeof(text));
	printf("- **%s**: %s\n", label, text);
}

static void print_markdown_rule(const struct rule *rule)
{
	printf("\n### %s\n\n%s (`%s`).\n\n", rule->id, rule->meaning,
	       finding_what_name(rule->what));
	print_markdown_text("why", rule->why);
	print_markdown_text("effect", rule->effect);
	print_markdown_text("advice", rule->advice);
	print_markdown_text("see", rule->reference);
}

static void print_markdown(void)
{
	printf("# Causes\n\nMade by `make docs` from the catalogue in "
	       "`user/why`: change it there.\nWhat no rule explains is shown "
	       "as cause `unknown`, with all its evidence.\n\n"
	       "A sample or script makes each of them happen: "
	       "`samples/scenes/causes` says which. Two need a\n"
	       "limit of the whole host lowered, and so a virtual machine "
	       "(`make check-kernels`): `rst.out-of-memory`,\n"
	       "`rst.orphan-limit`.\n");
	for (unsigned int i = 0; catalogue[i]; i++) {
		printf("\n## %s\n", catalogue[i]->title);
		for (unsigned int r = 0; r < catalogue[i]->count; r++)
			print_markdown_rule(&catalogue[i]->rules[r]);
	}
}

/* Where a meaning begins, beside the longest id. */
#define MEANING_COLUMN 29

static void print_catalogue(const struct sink_options *page)
{
	char name[MEANING_COLUMN];

	for (unsigned int i = 0; catalogue[i]; i++) {
		printf("%s%s\n", i ? "\n" : "", catalogue[i]->title);
		for (unsigned int r = 0; r < catalogue[i]->count; r++) {
			snprintf(name, sizeof(name), "  %s",
				 catalogue[i]->rules[r].id);
			page_beside(page, name, MEANING_COLUMN,
				    catalogue[i]->rules[r].meaning);
		}
	}
}

int cmd_explain(int argc, char **argv)
{
	const struct sink_options page = { .out = stdout,
					   .width = page_terminal_width() };
	struct options options;
	const struct rule *rule;
	int status = EXIT_OK;

	options_parse(&options, "explain", argc, argv, OPTIONS_MARKDOWN,
		      "[CAUSE]",
		      "Say what a cause means; without CAUSE list them all.", 0,
		      1);
	if (options.markdown) {
		print_markdown();
	} else if (!options.argument_count) {
		print_catalogue(&page);
	} else {
		rule = catalogue_find(options.arguments[0]);
		if (rule) {
			print_rule(&page, rule);
		} else {
			fprintf(stderr,
				"tcpwhy: no cause is called '%s'; \"tcpwhy "
				"explain\" lists them\n",
				options.arguments[0]);
			status = EXIT_USAGE;
		}
	}
	options_free(&options);
	return status;
}
