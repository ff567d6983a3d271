/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What must hold of text that was shown. For test_text*.c; include after
 * <cmocka.h>.
 */
#ifndef TCPWHY_TEST_SHOWN_TEXT_H
#define TCPWHY_TEST_SHOWN_TEXT_H

#include "shown.h"

static const struct sink_options utc = { .clock = SINK_UTC };

/* All that was shown, to the letter; frees @s. */
static inline void assert_shown(struct shown *s, const char *expected)
{
	fflush(s->out);
	assert_string_equal(s->text, expected);
	shown_free(s);
}

/* In characters. */
static inline unsigned int widest_line(const char *text)
{
	unsigned int widest = 0, at = 0;

	for (; *text; text++) {
		at = *text == '\n' ? 0 : at + ((*text & 0xc0) != 0x80);
		widest = at > widest ? at : widest;
	}
	return widest;
}

/* No control characters, and none of their like in UTF-8. */
static inline void assert_printable(const char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;

		assert_true(c == '\n' || c >= 0x20);
		assert_int_not_equal(c, 0x7f);
		assert_int_not_equal(c, 0xff);
		/* Of C1 controls, as UTF-8. */
		assert_false(c == 0xc2 && (unsigned char)text[1] < 0xa0);
	}
}

#endif /* TCPWHY_TEST_SHOWN_TEXT_H */
