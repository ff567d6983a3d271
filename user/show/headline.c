// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "headline.h"

#include "page.h"

static const char *word_for(enum finding_what what)
{
	switch (what) {
	case WHAT_RST_SENT:
	case WHAT_RST_RECEIVED:
		return "RST";
	case WHAT_RETRANSMIT:
	case WHAT_SYNACK_RETRANSMIT:
		return "RETRANSMIT";
	case WHAT_STALLED:
		return "STALLED";
	default:
		return "FAILED";
	}
}

void headline_print(const struct sink_options *page, uint64_t time,
		    enum finding_what what, const char *text)
{
	const char *word = word_for(what);
	bool mended = what == WHAT_RETRANSMIT || what == WHAT_SYNACK_RETRANSMIT;

	page_time(page, time);
	fprintf(page->out, "  %s%s%s%s ", page_colour(page, PAGE_BOLD),
		page_colour(page, mended ? PAGE_YELLOW : PAGE_RED), word,
		page_colour(page, PAGE_PLAIN));
	page_wrapped(page, text, PAGE_TIME_COLUMNS + 3 + page_columns(word));
}
