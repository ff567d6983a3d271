/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What was shown as JSON, read again. */
#ifndef TESTS_UNIT_SHOWN_JSON_H
#define TESTS_UNIT_SHOWN_JSON_H

#include <yajl/yajl_tree.h>

#include "shown.h"

/* The one line that was printed since the last time, parsed. */
static inline yajl_val parse(struct shown *s)
{
	const char *line;
	char problem[256];
	yajl_val tree;

	fflush(s->out);
	line = s->text + s->seen;
	assert_true(s->size > s->seen);
	assert_ptr_equal(strchr(line, '\n'), s->text + s->size - 1);
	tree = yajl_tree_parse(line, problem, sizeof(problem));
	if (!tree)
		fail_msg("%s in %s", problem, line);
	s->seen = s->size;
	return tree;
}

/* The value at @path, keys separated by dots. */
static inline yajl_val at(yajl_val tree, const char *path)
{
	const char *keys[8];
	char copy[128], *rest = copy;
	int count = 0;
	yajl_val value;

	strncpy(copy, path, sizeof(copy) - 1);
	copy[sizeof(copy) - 1] = '\0';
	while ((keys[count] = strtok_r(rest, ".", &rest)))
		count++;
	value = yajl_tree_get(tree, keys, yajl_t_any);
	if (!value)
		fail_msg("there is no %s", path);
	return value;
}

static inline void assert_string(yajl_val tree, const char *path,
				 const char *text)
{
	yajl_val value = at(tree, path);

	assert_true(YAJL_IS_STRING(value));
	assert_string_equal(YAJL_GET_STRING(value), text);
}

static inline void assert_number(yajl_val tree, const char *path,
				 long long number)
{
	yajl_val value = at(tree, path);

	assert_true(YAJL_IS_INTEGER(value));
	assert_int_equal(YAJL_GET_INTEGER(value), number);
}

static inline void assert_null_at(yajl_val tree, const char *path)
{
	assert_true(YAJL_IS_NULL(at(tree, path)));
}

#endif /* TESTS_UNIT_SHOWN_JSON_H */
