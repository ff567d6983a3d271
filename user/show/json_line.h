/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One line of JSON, put together piece by piece. There may be several hundred
 * thousand a second, of which yajl_gen, with a call and a copy for each token,
 * made a third.
 */
#ifndef TCPWHY_JSON_LINE_H
#define TCPWHY_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct json_line {
	char *text;
	size_t used, room;
	bool failed; /* out of memory: the line is left out */
};

/* Zero-initialise; json_line_free() when done. */
void json_line_free(struct json_line *line);

/* Write the line to @out, and begin the next. */
void json_line_end(struct json_line *line, FILE *out);

char *json_line_grow(struct json_line *line, size_t more);

/* Room for @more bytes; NULL when out of memory. */
static inline char *json_line_room(struct json_line *line, size_t more)
{
	if (line->used + more <= line->room)
		return line->text + line->used;
	return json_line_grow(line, more);
}

/* Any text, in quotes, escaped as RFC 8259 has it. */
void json_line_string(struct json_line *line, const char *text, size_t len);
void json_line_number(struct json_line *line, int64_t number);

/* What is JSON already. */
static inline void json_line_raw(struct json_line *line, const char *json,
				 size_t len)
{
	char *to = json_line_room(line, len);

	if (to) {
		memcpy(to, json, len);
		line->used += len;
	}
}

/* A comma, unless it is the first in its object or array. */
static inline void json_line_next(struct json_line *line)
{
	char last = line->used ? line->text[line->used - 1] : '{';

	if (last != '{' && last != '[' && last != ':')
		json_line_raw(line, ",", 1);
}

/* '{', '}', '[' or ']' */
static inline void json_line_open(struct json_line *line, char bracket)
{
	json_line_next(line);
	json_line_raw(line, &bracket, 1);
}

static inline void json_line_close(struct json_line *line, char bracket)
{
	json_line_raw(line, &bracket, 1);
}

/* @key is a name of ours: nothing in it has to be escaped. */
static inline void json_line_key(struct json_line *line, const char *key)
{
	size_t len = strlen(key);
	char *to;

	json_line_next(line);
	to = json_line_room(line, len + 3);
	if (!to)
		return;
	*to++ = '"';
	to = mempcpy(to, key, len);
	*to++ = '"';
	*to++ = ':';
	line->used += len + 3;
}

#endif /* TCPWHY_JSON_LINE_H */
