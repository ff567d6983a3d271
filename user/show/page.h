/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Text on a page of some width: times, colours, labels, broken lines. */
#ifndef TCPWHY_PAGE_H
#define TCPWHY_PAGE_H

#include "line.h"
#include "sink.h"

#define PAGE_INDENT 10 /* of what a finding says */

/* A space at which page_wrapped() does not break, if it can be helped. */
#define PAGE_STICKY '\x01'
#define PAGE_STUCK  "\x01" /* the same in a string */

#define PAGE_RED    "\033[31m"
#define PAGE_YELLOW "\033[33m"
#define PAGE_DIM    "\033[2m"
#define PAGE_BOLD   "\033[1m"
#define PAGE_PLAIN  "\033[0m"

/* @code, or "" where there are no colours. */
const char *page_colour(const struct sink_options *page, const char *code);

/* Columns to a line, and those that UTF-8 @text takes. */
unsigned int page_width(const struct sink_options *page);
unsigned int page_columns(const char *text);

/* Of the terminal that standard output is; 0: it is none. */
unsigned int page_terminal_width(void);

/* @time (CLOCK_MONOTONIC ns) in 12 columns, as the options have it. */
#define PAGE_TIME_COLUMNS 12
void page_time(const struct sink_options *page, uint64_t time);

/* The same for use in a sentence: without spaces before it. */
#define PAGE_CLOCK_LEN 32
void page_clock(const struct sink_options *page, uint64_t time,
		char text[PAGE_CLOCK_LEN]);

/*
 * The rest of a line of which @at columns are used: @text behind a space,
 * broken at spaces, what follows indented by PAGE_INDENT.
 */
void page_wrapped(const struct sink_options *page, const char *text,
		  unsigned int at);

/* @name, and @text beside it, from column @columns on. */
void page_beside(const struct sink_options *page, const char *name,
		 unsigned int columns, const char *text);

/* A label and its @text; nothing if @text is empty. */
void page_item(const struct sink_options *page, const char *label,
	       const char *text);

/* Make the spaces of @text from @from on sticky. */
void page_stick(char *text, size_t from);

/* "nginx[812]"; @unknown if it is not known. */
#define PAGE_PARTY_LEN 96
void page_party(const struct party *party, const char *unknown,
		char text[PAGE_PARTY_LEN]);

#endif /* TCPWHY_PAGE_H */
