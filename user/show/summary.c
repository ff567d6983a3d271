// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "summary.h"

#include "decode.h"
#include "page.h"
#include "words.h"

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* --- rankings --- */

/* The lines of one; numbers end in the same column. */
struct column {
	const struct sink_options *page;
	const char *label;
	int digits;
	unsigned int lines;
};

static int digits_of(uint64_t n)
{
	int digits = 1;

	while (n /= 10)
		digits++;
	return digits;
}

static void print_label(const struct column *c)
{
	fprintf(c->page->out, "  %s%-*s%s", page_colour(c->page, PAGE_DIM),
		PAGE_INDENT - 2, c->lines ? "" : c->label,
		page_colour(c->page, PAGE_PLAIN));
}

static void print_ranked(struct column *c, uint64_t count, const char *who)
{
	print_label(c);
	fprintf(c->page->out, "%*llu %s\n", c->digits,
		(unsigned long long)count, who);
	c->lines++;
}

/* @unlisted of those that are known, and @forgotten counts of others. */
static void print_more(struct column *c, unsigned int unlisted,
		       uint64_t forgotten, uint64_t count)
{
	if (!count)
		return;
	print_label(c);
	if (unlisted)
		fprintf(c->page->out, "and %s%u more", forgotten ? "over " : "",
			unlisted);
	else
		fprintf(c->page->out, "and others");
	fprintf(c->page->out, ", with %llu finding%s\n",
		(unsigned long long)count, plural(count));
}

static void print_causes(const struct sink_options *page,
			 const struct summary *s)
{
	struct column c = { page, "cause", digits_of(s->causes[0].count), 0 };
	uint64_t left = s->findings;

	while (c.lines < s->cause_count && c.lines < SUMMARY_MAX_LINES) {
		left -= s->causes[c.lines].count;
		print_ranked(&c, s->causes[c.lines].count,
			     s->causes[c.lines].cause);
	}
	print_more(&c, s->cause_count - c.lines, 0, left);
}

static void process_name(const struct ranked *who, char *text, size_t size)
{
	if (who->process.pid)
		words_party(&who->process, text, size);
	else
		snprintf(text, size, "no process, or none known");
}

static void address_name(const struct ranked *who, char *text, size_t size)
{
	words_address(who->addr, text, size);
}

static void
print_ranking(const struct sink_options *page, const char *label,
	      const struct ranked *list, unsigned int count, uint64_t others,
	      void (*name)(const struct ranked *who, char *text, size_t size))
{
	struct column c = { page, label, count ? digits_of(list[0].count) : 1,
			    0 };
	uint64_t left = others;
	char text[PAGE_PARTY_LEN];

	while (c.lines < count && c.lines < SUMMARY_MAX_LINES) {
		const struct ranked *who = &list[c.lines];

		name(who, text, sizeof(text));
		print_ranked(&c, who->count, text);
	}
	for (unsigned int i = c.lines; i < count; i++)
		left += list[i].count;
	print_more(&c, count - c.lines, others, left);
}

/* --- the whole --- */

static void print_first_line(const struct sink_options *page,
			     const struct summary *s)
{
	fprintf(page->out, "%s--%s %llu connection%s, %llu finding%s",
		page_colour(page, PAGE_DIM), page_colour(page, PAGE_PLAIN),
		(unsigned long long)s->connections, plural(s->connections),
		(unsigned long long)s->findings, plural(s->findings));
	/* One needs no ranking. */
	if (s->findings == 1 && s->cause_count)
		fprintf(page->out, " (1 %s)", s->causes[0].cause);
	if (s->counted)
		fprintf(page->out, "; %llu event%s, %llu lost\n",
			(unsigned long long)s->produced, plural(s->produced),
			(unsigned long long)s->lost);
	else
		fprintf(page->out, "; %llu event%s, lost: not recorded\n",
			(unsigned long long)s->events, plural(s->events));
}

static void print_filtered(FILE *out, const struct summary *s)
{
	uint64_t filtered = 0;

	for (unsigned int kind = 0; kind < EVENT_KINDS; kind++)
		filtered += s->kinds[kind].filtered;
	if (filtered)
		fprintf(out,
			"  %llu more were left out in the kernel: filters\n",
			(unsigned long long)filtered);
}

static void print_troubles(FILE *out, const struct summary *s)
{
	if (s->truncated)
		fprintf(out, "  the recording was cut off\n");
	if (s->counted && s->received + s->bad + s->lost != s->produced)
		fprintf(out, "  %llu of them were taken from the ring\n",
			(unsigned long long)s->received);
	for (unsigned int kind = 0; kind < EVENT_KINDS; kind++) {
		if (s->kinds[kind].lost)
			fprintf(out, "  lost %llu of %llu %s events\n",
				(unsigned long long)s->kinds[kind].lost,
				(unsigned long long)s->kinds[kind].produced,
				event_kind_name(kind));
	}
	if (s->bad)
		fprintf(out, "  %llu records were not understood\n",
			(unsigned long long)s->bad);
	if (s->untraced)
		fprintf(out,
			"  %llu retransmissions were counted by the kernel, "
			"and "
			"not told\n",
			(unsigned long long)s->untraced);
	if (s->evicted)
		fprintf(out,
			"  %llu sockets were forgotten for want of room: "
			"--max-sockets keeps more\n",
			(unsigned long long)s->evicted);
}

void summary_print_recorded(const struct sink_options *page,
			    const struct summary *s)
{
	fprintf(page->out,
		"-- %llu event%s recorded, %llu lost; to have them explained: "
		"tcpwhy replay %s\n",
		(unsigned long long)s->received, plural(s->received),
		(unsigned long long)s->lost, page->record);
	print_filtered(page->out, s);
	print_troubles(page->out, s);
}

void summary_print(const struct sink_options *page, const struct summary *s)
{
	print_first_line(page, s);
	if (s->findings > 1 && s->cause_count) {
		print_causes(page, s);
		print_ranking(page, "process", s->by_process, s->process_count,
			      s->process_others, process_name);
		print_ranking(page, "remote", s->by_remote, s->remote_count,
			      s->remote_others, address_name);
	}
	print_filtered(page->out, s);
	print_troubles(page->out, s);
}
