// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The lab's table of causes and the catalogue cannot drift apart. The table
 * is read where "make" runs: at the top of the source tree.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"

#define TABLE	    "samples/scenes/causes"
#define MAX_LINES   256
#define MAX_TEACHES 100

struct row {
	unsigned int line;
	char *cause, *command, *teaches;
};

struct table {
	struct row rows[MAX_LINES];
	unsigned int count;
};

static char *trim(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && strchr(" \t\n", end[-1]))
		end--;
	*end = '\0';
	return text;
}

/* " | " parts the columns; a command may be a pipe, so the last one counts. */
static void add_row(struct table *t, unsigned int line, char *text)
{
	struct row *row = &t->rows[t->count++];
	char *first = strstr(text, " | ");
	char *last = NULL;

	assert_in_range(t->count, 1, MAX_LINES);
	for (char *at = first; at; at = strstr(at + 1, " | "))
		last = at;
	if (!first || first == last)
		fail_msg(TABLE ":%u: not \"CAUSE | COMMAND | what it teaches\"",
			 line);
	*first = *last = '\0';
	*row = (struct row){ line, strdup(trim(text)), strdup(trim(first + 3)),
			     strdup(trim(last + 3)) };
}

static int read_table(void **state)
{
	struct table *t = calloc(1, sizeof(*t));
	FILE *file = fopen(TABLE, "r");
	char text[1024];

	if (!file)
		fail_msg(TABLE " cannot be read: run this at the top");
	for (unsigned int line = 1; fgets(text, sizeof(text), file); line++) {
		char *start = trim(text);

		if (*start && *start != '#')
			add_row(t, line, start);
	}
	fclose(file);
	*state = t;
	return 0;
}

static int free_table(void **state)
{
	struct table *t = *state;

	for (unsigned int i = 0; i < t->count; i++) {
		free(t->rows[i].cause);
		free(t->rows[i].command);
		free(t->rows[i].teaches);
	}
	free(t);
	return 0;
}

/* The first word of the first column. */
static bool is_of(const struct row *row, const char *id)
{
	size_t len = strcspn(row->cause, " ");

	return strlen(id) == len && !strncmp(row->cause, id, len);
}

static void every_cause_has_one_line(void **state)
{
	const struct table *t = *state;

	for (unsigned int i = 0; catalogue[i]; i++) {
		for (unsigned int r = 0; r < catalogue[i]->count; r++) {
			const char *id = catalogue[i]->rules[r].id;
			unsigned int lines = 0;

			for (unsigned int n = 0; n < t->count; n++)
				lines += is_of(&t->rows[n], id);
			if (lines != 1)
				fail_msg(TABLE " has %u lines for %s: one "
					       "must show it in the lab",
					 lines, id);
		}
	}
}

static void every_line_is_of_a_cause(void **state)
{
	const struct table *t = *state;

	assert_in_range(t->count, 1, MAX_LINES);
	for (unsigned int n = 0; n < t->count; n++) {
		char words[256];
		char *rest = words;

		snprintf(words, sizeof(words), "%s", t->rows[n].cause);
		for (char *w; (w = strsep(&rest, " "));) {
			if (!*w || !strcmp(w, "alone"))
				continue;
			w += w != words && *w == '+';
			if (!catalogue_find(w))
				fail_msg(TABLE ":%u: no cause is called '%s'",
					 t->rows[n].line, w);
		}
	}
}

static void every_line_runs_and_teaches(void **state)
{
	const struct table *t = *state;

	for (unsigned int n = 0; n < t->count; n++) {
		const struct row *row = &t->rows[n];
		size_t len = strlen(row->teaches);

		if (!*row->command)
			fail_msg(TABLE ":%u: no command", row->line);
		if (len < 10 || len > MAX_TEACHES)
			fail_msg(TABLE ":%u: the last column has %zu "
				       "characters, not 10 to %d",
				 row->line, len, MAX_TEACHES);
	}
}

#define DOCUMENT "docs/causes.md"

/* What stands before the first cause. */
static void read_introduction(char *text, size_t size)
{
	FILE *file = fopen(DOCUMENT, "r");
	char *end;

	if (!file)
		fail_msg(DOCUMENT " cannot be read: run this at the top");
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
	end = strstr(text, "\n## ");
	assert_non_null(end);
	*end = '\0';
}

static void what_not_every_host_can_show_is_said(void **state)
{
	const struct table *t = *state;
	char introduction[4096], quoted[64];

	read_introduction(introduction, sizeof(introduction));
	for (unsigned int n = 0; n < t->count; n++) {
		const struct row *row = &t->rows[n];
		bool elsewhere = !strcmp(row->command, "-") ||
				 !strncmp(row->command, "host-wide.sh ", 13);

		snprintf(quoted, sizeof(quoted), "`%.*s`",
			 (int)strcspn(row->cause, " "), row->cause);
		if (elsewhere != !!strstr(introduction, quoted))
			fail_msg(DOCUMENT " says %s of %s",
				 elsewhere ? "nothing" : "something wrong",
				 quoted);
	}
}

#define table_test(function) \
	cmocka_unit_test_setup_teardown(function, read_table, free_table)

int main(void)
{
	const struct CMUnitTest tests[] = {
		table_test(every_cause_has_one_line),
		table_test(every_line_is_of_a_cause),
		table_test(every_line_runs_and_teaches),
		table_test(what_not_every_host_can_show_is_said),
	};

	return cmocka_run_group_tests_name("lab causes", tests, NULL, NULL);
}
