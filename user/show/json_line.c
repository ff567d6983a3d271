// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "json_line.h"

#include <stdlib.h>

#include "digits.h"

void json_line_free(struct json_line *line)
{
	free(line->text);
	*line = (struct json_line){ 0 };
}

char *json_line_grow(struct json_line *line, size_t more)
{
	size_t room = line->room ? line->room : 4096;
	char *grown;

	while (room < line->used + more)
		room *= 2;
	grown = realloc(line->text, room);
	if (!grown) {
		line->failed = true;
		return NULL;
	}
	line->text = grown;
	line->room = room;
	return line->text + line->used;
}

void json_line_end(struct json_line *line, FILE *out)
{
	json_line_raw(line, "\n", 1);
	if (!line->failed)
		fwrite(line->text, 1, line->used, out);
	line->used = 0;
	line->failed = false;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\';
}

/* What stands for @c after a backslash; 'u': its number. */
static char escape_of(unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		return (char)c;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return 'u';
	}
}

static char *put_escaped(char *to, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";
	char escape = escape_of(c);

	*to++ = '\\';
	*to++ = escape;
	if (escape == 'u') {
		*to++ = '0';
		*to++ = '0';
		*to++ = hex[c >> 4];
		*to++ = hex[c & 15];
	}
	return to;
}

void json_line_string(struct json_line *line, const char *text, size_t len)
{
	char *to = json_line_room(line, 6 * len + 2), *begin = to;

	if (!to)
		return;
	*to++ = '"';
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (is_plain(c))
			*to++ = (char)c;
		else
			to = put_escaped(to, c);
	}
	*to++ = '"';
	line->used += to - begin;
}

void json_line_number(struct json_line *line, int64_t number)
{
	char *to = json_line_room(line, DIGITS_MAX + 1), *begin = to;
	uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;

	if (!to)
		return;
	if (number < 0)
		*to++ = '-';
	line->used += digits_put(to, size) - begin;
}
