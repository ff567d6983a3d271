// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "page.h"

#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "digits.h"
#include "words.h"

#define DEFAULT_WIDTH 100

const char *page_colour(const struct sink_options *page, const char *code)
{
	return page->colour ? code : "";
}

unsigned int page_width(const struct sink_options *page)
{
	return page->width ? page->width : DEFAULT_WIDTH;
}

/* UTF-8 bytes that begin a character: all but 10xxxxxx. */
static unsigned int columns_of(const char *text, size_t len)
{
	unsigned int n = len;
	uint64_t eight;

	for (; len >= sizeof(eight); text += sizeof(eight)) {
		memcpy(&eight, text, sizeof(eight));
		eight &= ~eight << 1 & 0x8080808080808080ULL;
		if (eight)
			n -= __builtin_popcountll(eight);
		len -= sizeof(eight);
	}
	for (size_t i = 0; i < len; i++)
		n -= (text[i] & 0xc0) == 0x80;
	return n;
}

static void put_spaces(FILE *out, unsigned int count)
{
	while (count--)
		putc_unlocked(' ', out);
}

static void put_padded(FILE *out, const char *text, unsigned int width)
{
	size_t len = strlen(text);

	fwrite_unlocked(text, 1, len, out);
	if (len < width)
		put_spaces(out, width - len);
}

unsigned int page_columns(const char *text)
{
	return columns_of(text, strlen(text));
}

static void set_second(const struct sink_options *page,
		       struct sink_second *last, time_t second)
{
	struct tm tm;

	if (last->second == second && *last->text)
		return;
	if (page->clock == SINK_UTC)
		gmtime_r(&second, &tm);
	else
		localtime_r(&second, &tm);
	strftime(last->text, sizeof(last->text), "%H:%M:%S", &tm);
	last->second = second;
}

unsigned int page_terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col < 40)
		return 80;
	return size.ws_col;
}

void page_clock(const struct sink_options *page, uint64_t time,
		char text[PAGE_CLOCK_LEN])
{
	uint64_t start = host_start(page->host);
	uint64_t real = host_realtime(page->host, time);
	struct sink_second none = { 0 };
	struct sink_second *last = page->last ? page->last : &none;
	char *to;

	if (page->clock == SINK_RELATIVE) {
		snprintf(text, PAGE_CLOCK_LEN, "%.6f",
			 ((double)time - (double)start) / 1e9);
		return;
	}
	set_second(page, last, real / 1000000000ULL);
	to = stpcpy(text, last->text);
	*to++ = '.';
	to = digits_put_padded(to, real / 1000000 % 1000, 3);
	*to = '\0';
}

void page_time(const struct sink_options *page, uint64_t time)
{
	char text[PAGE_CLOCK_LEN];
	size_t len;

	page_clock(page, time, text);
	len = strlen(text);
	if (len < PAGE_TIME_COLUMNS)
		put_spaces(page->out, PAGE_TIME_COLUMNS - len);
	fputs_unlocked(text, page->out);
}

struct word {
	size_t len;
	unsigned int columns;
};

/* What is not to be broken at the start of @text. */
static struct word next_word(const struct sink_options *page, const char *text,
			     unsigned int indent)
{
	struct word word = { .len = strchrnul(text, ' ') - text };

	word.columns = columns_of(text, word.len);
	/* What is wider than a line has to be broken after all. */
	if (word.columns > page_width(page) - indent) {
		word.len = strcspn(text, " \x01");
		word.columns = columns_of(text, word.len);
	}
	return word;
}

static void put_word(FILE *out, const char *text, size_t len)
{
	if (!memchr(text, PAGE_STICKY, len)) {
		fwrite_unlocked(text, 1, len, out);
		return;
	}
	for (size_t i = 0; i < len; i++)
		putc_unlocked(text[i] == PAGE_STICKY ? ' ' : text[i], out);
}

static void wrap(const struct sink_options *page, const char *text,
		 unsigned int at, unsigned int indent)
{
	while (*text) {
		struct word word = next_word(page, text, indent);

		if (at > indent && at + 1 + word.columns > page_width(page)) {
			putc_unlocked('\n', page->out);
			put_spaces(page->out, indent);
			at = indent;
		} else if (at > indent) {
			putc_unlocked(' ', page->out);
			at++;
		}
		put_word(page->out, text, word.len);
		at += word.columns;
		text += word.len;
		while (*text == ' ' || *text == PAGE_STICKY)
			text++;
	}
	putc_unlocked('\n', page->out);
}

void page_wrapped(const struct sink_options *page, const char *text,
		  unsigned int at)
{
	wrap(page, text, at, PAGE_INDENT);
}

void page_beside(const struct sink_options *page, const char *name,
		 unsigned int columns, const char *text)
{
	put_padded(page->out, name, columns);
	wrap(page, text, columns, columns);
}

void page_item(const struct sink_options *page, const char *label,
	       const char *text)
{
	if (!*text)
		return;
	put_spaces(page->out, 2);
	fputs_unlocked(page_colour(page, PAGE_DIM), page->out);
	put_padded(page->out, label, PAGE_INDENT - 2);
	fputs_unlocked(page_colour(page, PAGE_PLAIN), page->out);
	page_wrapped(page, text, PAGE_INDENT);
}

void page_stick(char *text, size_t from)
{
	for (char *c = text + from; *c; c++)
		if (*c == ' ')
			*c = PAGE_STICKY;
}

void page_party(const struct party *party, const char *unknown,
		char text[PAGE_PARTY_LEN])
{
	if (party->pid)
		words_party(party, text, PAGE_PARTY_LEN);
	else
		snprintf(text, PAGE_PARTY_LEN, "%s", unknown);
}
