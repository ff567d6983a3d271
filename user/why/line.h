/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A text in a fixed buffer that is added to until it is full, then cut. */
#ifndef TCPWHY_LINE_H
#define TCPWHY_LINE_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "digits.h"

struct line {
	char *text; /* always terminated once something was added */
	size_t size;
	size_t used;
};

#define LINE(buffer)                                     \
	{                                                \
		.text = (buffer), .size = sizeof(buffer) \
	}

/* Without a format: for lines of which there are many. */
static inline void line_put(struct line *line, const char *text)
{
	size_t len = strlen(text);

	if (len >= line->size - line->used)
		len = line->size - line->used - 1;
	memcpy(line->text + line->used, text, len);
	line->used += len;
	line->text[line->used] = '\0';
}

static inline void line_put_number(struct line *line, uint64_t number)
{
	char text[DIGITS_MAX + 1];

	*digits_put(text, number) = '\0';
	line_put(line, text);
}

/* ... and spaces up to @width bytes. */
static inline void line_put_column(struct line *line, const char *text,
				   size_t width)
{
	size_t end = line->used + width;

	line_put(line, text);
	while (line->used < end && line->used + 1 < line->size)
		line->text[line->used++] = ' ';
	line->text[line->used] = '\0';
}

__attribute__((format(printf, 2, 3))) static inline void
line_add(struct line *line, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line->text + line->used, line->size - line->used,
			format, args);
	va_end(args);
	if (len > 0)
		line->used += len;
	if (line->used >= line->size)
		line->used = line->size - 1;
}

#endif /* TCPWHY_LINE_H */
