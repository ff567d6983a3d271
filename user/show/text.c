// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Text for people: a line a state change, a paragraph a finding. */
#include <stdlib.h>
#include <string.h>

#include "act.h"
#include "burst.h"
#include "decode.h"
#include "headline.h"
#include "page.h"
#include "rule.h"
#include "sink.h"
#include "summary.h"
#include "words.h"

/* How many bursts are followed at a time, at four groups each. */
#define MAX_GROUPS 2048

#define SHOWN	   256

struct text_sink {
	struct sink sink; /* first: a text_sink is a sink */
	struct sink_options o;
	struct sink_second last;
	struct fold *fold;     /* NULL: every finding in full */
	uint64_t shown[SHOWN]; /* seq of findings told in full, recent ones */
};

static struct text_sink *text_of(struct sink *sink)
{
	return (struct text_sink *)sink;
}

static const char *red(const struct text_sink *t)
{
	return page_colour(&t->o, PAGE_RED);
}

static const char *dim(const struct text_sink *t)
{
	return page_colour(&t->o, PAGE_DIM);
}

static const char *plain(const struct text_sink *t)
{
	return page_colour(&t->o, PAGE_PLAIN);
}

/* --- events --- */

static void text_start(struct sink *sink)
{
	struct text_sink *t = text_of(sink);

	if (t->o.width && !t->o.replayed)
		fprintf(t->o.out, "%stcpwhy is watching; Ctrl-C ends it%s\n",
			dim(t), plain(t));
}

/* Width of a column and the space behind it. */
static unsigned int pad(unsigned int used, unsigned int least)
{
	return (used > least ? used : least) + 1;
}

/*
 * A state change: who, where and with whom, then what. On a narrow terminal
 * what comes on a line of its own, and so may the rest.
 */
static void print_change(const struct text_sink *t, uint64_t time,
			 const char *const ends[3], const char *change)
{
	unsigned int used = PAGE_TIME_COLUMNS + 1 +
			    pad(page_columns(ends[0]), 20) +
			    pad(page_columns(ends[1]), 15);
	unsigned int remote = page_columns(ends[2]);
	char text[PAGE_PARTY_LEN + 2 * WORDS_ENDPOINT_LEN + 128];
	struct line whole = LINE(text);

	page_time(&t->o, time);
	if (!t->o.width ||
	    used + pad(remote, 15) + page_columns(change) <= t->o.width) {
		line_put(&whole, " ");
		line_put_column(&whole, ends[0], 20);
		line_put(&whole, " ");
		line_put_column(&whole, ends[1], 15);
		line_put(&whole, " ");
		line_put_column(&whole, ends[2], 15);
		line_put(&whole, " ");
		line_put(&whole, change);
		line_put(&whole, "\n");
		fwrite_unlocked(text, 1, whole.used, t->o.out);
		return;
	}
	if (used + remote <= t->o.width) {
		fprintf(t->o.out, " %-20s %-15s %s\n", ends[0], ends[1],
			ends[2]);
	} else {
		snprintf(text, sizeof(text), "%s %s %s", ends[0], ends[1],
			 ends[2]);
		page_wrapped(&t->o, text, PAGE_TIME_COLUMNS);
	}
	fprintf(t->o.out, "%*s%s\n", PAGE_TIME_COLUMNS + 1, "", change);
}

static void text_event(struct sink *sink, const struct moment *m)
{
	struct text_sink *t = text_of(sink);
	const struct sock_event *e = event_sock(m->event);
	char who[PAGE_PARTY_LEN], local[WORDS_ENDPOINT_LEN];
	char remote[WORDS_ENDPOINT_LEN], text[96], spent[32];
	struct line change = LINE(text);

	if (t->o.why_only || !e || e->h.kind != EVENT_STATE)
		return;
	page_party(&m->owner, "-", who);
	if (m->owner.pid && flow_holder_count(m->flow) > 1)
		snprintf(who + strlen(who), PAGE_PARTY_LEN - strlen(who), "+%u",
			 flow_holder_count(m->flow) - 1);
	words_endpoint(m->conn->laddr, m->conn->lport, local, sizeof(local));
	if (m->conn->rport)
		words_endpoint(m->conn->raddr, m->conn->rport, remote,
			       sizeof(remote));
	else
		strcpy(remote, "*");
	line_put(&change, words_state(e->old_state));
	line_put(&change, " → ");
	line_put(&change, words_state(e->new_state));
	if (m->duration_known && m->duration) {
		words_duration(m->duration, spent, sizeof(spent));
		line_put(&change, "  ");
		line_put(&change, spent);
	}
	print_change(t, e->h.time, (const char *const[]){ who, local, remote },
		     text);
}

/* --- findings --- */

/* Who is where, in one piece. */
static void add_end(struct line *line, const char *before,
		    const struct party *party, const uint8_t addr[16],
		    uint16_t port)
{
	char who[PAGE_PARTY_LEN], where[WORDS_ENDPOINT_LEN];
	size_t from = line->used;

	page_party(party, "", who);
	words_endpoint(addr, port, where, sizeof(where));
	line_add(line, "%s%s%s%s", before, who, *who ? " " : "", where);
	page_stick(line->text, from);
}

static void print_ends(const struct text_sink *t, const struct finding *f)
{
	const struct party nobody = { 0 };
	char text[400];
	struct line line = LINE(text);

	/* Nobody holds a port at which nothing listens. */
	add_end(&line, "", &f->owner, f->conn.laddr, f->conn.lport);
	line_add(&line, " ");
	add_end(&line, f->what == WHAT_RST_RECEIVED ? "← " : "→ ",
		f->has_peer ? &f->peer : &nobody, f->conn.raddr, f->conn.rport);
	headline_print(&t->o, f->time, f->what, text);
}

/* A short phrase is not broken; what separates two stays with the first. */
static void put_phrase(struct line *line, const char *phrase)
{
	size_t from;

	if (!*phrase)
		return;
	if (line->used)
		line_put(line, PAGE_STUCK "· ");
	from = line->used;
	line_put(line, phrase);
	if (page_columns(phrase) < 40)
		page_stick(line->text, from);
}

static void print_evidence(const struct text_sink *t, const struct finding *f)
{
	char text[FINDING_MAX_EVIDENCE * sizeof(f->evidence[0].phrase)] = "";
	char from[PAGE_CLOCK_LEN], to[PAGE_CLOCK_LEN];
	char loss[2 * PAGE_CLOCK_LEN + 64];
	struct line line = LINE(text);

	for (unsigned int i = 0; i < f->evidence_count; i++)
		put_phrase(&line, f->evidence[i].phrase);
	if (f->after_loss) {
		page_clock(&t->o, f->lost.from, from);
		page_clock(&t->o, f->lost.to, to);
		snprintf(loss, sizeof(loss),
			 "events were lost between %s and %s: one may be "
			 "missing here",
			 from, to);
		put_phrase(&line, loss);
	}
	page_item(&t->o, "seen", text);
}

/* Only where the user asked for command lines is there one. */
static void print_cmdline(const struct text_sink *t, const struct party *party)
{
	const struct process *process =
		host_process(t->o.host, party->pid, party->start_time);
	char who[PAGE_PARTY_LEN], safe[2100], text[2200];

	if (!party->pid || !process || !process->cmdline)
		return;
	words_party(party, who, sizeof(who));
	words_safe(process->cmdline, safe, sizeof(safe));
	snprintf(text, sizeof(text), "%s: %s", who, safe);
	page_item(&t->o, "process", text);
}

static bool text_count(struct sink *sink, const struct finding *f)
{
	struct text_sink *t = text_of(sink);

	return t->fold && fold_take(t->fold, f);
}

static void text_finding(struct sink *sink, const struct finding *f)
{
	struct text_sink *t = text_of(sink);
	char verdict[96];

	t->shown[f->seq % SHOWN] = f->seq;
	print_ends(t, f);
	page_item(&t->o, "why", f->why);
	page_item(&t->o, "effect", f->effect);
	print_evidence(t, f);
	print_cmdline(t, &f->owner);
	if (f->actor.pid != f->owner.pid)
		print_cmdline(t, &f->actor);
	if (f->has_peer)
		print_cmdline(t, &f->peer);
	page_item(&t->o, "advice", f->advice);
	if (f->rule)
		snprintf(verdict, sizeof(verdict), "%s, %s", finding_cause(f),
			 confidence_name(f->confidence));
	else
		snprintf(verdict, sizeof(verdict), "unknown");
	page_item(&t->o, "cause", verdict);
}

static void print_burst(void *arg, const struct fold_line *line)
{
	const struct text_sink *t = arg;

	burst_print(&t->o, line);
}

static void text_advance(struct sink *sink, uint64_t now)
{
	struct text_sink *t = text_of(sink);

	if (t->fold)
		fold_advance(t->fold, now);
}

/* Of findings told in full only: those that a fold counts are many. */
static bool was_shown(const struct text_sink *t, const struct resent_verdict *v)
{
	for (unsigned int i = 0; i < v->count; i++)
		if (t->shown[v->of[i].seq % SHOWN] == v->of[i].seq)
			return true;
	return false;
}

static void add_needless(struct line *line, const struct amendment *a)
{
	const struct resent_verdict *v = a->verdict;
	char when[32];

	words_duration(a->time - v->of[0].time, when, sizeof(when));
	if (v->needless < v->segments)
		line_add(line,
			 "%u of the %u segments sent again since %s ago were",
			 v->needless, v->segments, when);
	else if (v->count > 1)
		line_add(line, "the %u retransmissions since %s ago were",
			 v->count, when);
	else
		line_add(line, "that retransmission, %s ago, was", when);
	line_add(line, " needless: %s",
		 v->proof == PROOF_DSACK
			 ? "the peer had the segment (D-SACK)"
			 : "the kernel took back that it had slowed down");
}

static void text_amendment(struct sink *sink, const struct amendment *a)
{
	const struct event_conn *conn = &a->flow->conn;
	char local[WORDS_ENDPOINT_LEN], remote[WORDS_ENDPOINT_LEN];
	char who[PAGE_PARTY_LEN], text[512];
	struct text_sink *t = text_of(sink);
	struct line line = LINE(text);

	if (!was_shown(t, a->verdict))
		return;
	page_party(a->flow->owner, "", who);
	words_endpoint(conn->laddr, conn->lport, local, sizeof(local));
	words_endpoint(conn->raddr, conn->rport, remote, sizeof(remote));
	line_add(&line, "%s%s%s → %s: ", who, *who ? " " : "", local, remote);
	add_needless(&line, a);
	page_time(&t->o, a->time);
	fputc(' ', t->o.out);
	page_wrapped(&t->o, text, PAGE_TIME_COLUMNS + 1);
}

/* --- the end of a connection --- */

static void print_end(const struct text_sink *t, const struct flow *flow)
{
	char who[PAGE_PARTY_LEN], local[WORDS_ENDPOINT_LEN];
	char text[512];
	struct line line = LINE(text);

	page_party(flow->owner, "-", who);
	words_endpoint(flow->conn.laddr, flow->conn.lport, local,
		       sizeof(local));
	line_put(&line, who);
	line_put(&line, PAGE_STUCK);
	line_put(&line, local);
	line_put(&line, " ");
	for (unsigned int i = 0; i < flow->path_len; i++) {
		if (i)
			line_put(&line, " →" PAGE_STUCK);
		line_put(&line, words_state(flow->path[i]));
	}
	page_item(&t->o, "end", text);
}

static void print_let_go(const struct text_sink *t, const struct ending *e)
{
	for (int i = 0; i < 2; i++) {
		char who[PAGE_PARTY_LEN], when[32], line[256];

		/* Sooner is the ordinary course of things. */
		if (!e->ends[i] || e->let_go[i] < 100000000ULL)
			continue;
		page_party(e->ends[i]->past->let_go_by->pid
				   ? e->ends[i]->past->let_go_by
				   : e->ends[i]->owner,
			   "a process", who);
		words_duration(e->let_go[i], when, sizeof(when));
		snprintf(line, sizeof(line),
			 "%s let go of its socket %s after the %s", who, when,
			 !strcmp(e->how, "rst") ? "RST" : "end");
		page_item(&t->o, "later", line);
	}
}

static const char *how_words(const char *how)
{
	return !strcmp(how, "fin")	 ? "closed normally"
	       : !strcmp(how, "rst")	 ? "ended by a RST"
	       : !strcmp(how, "timeout") ? "timed out"
					 : "ended";
}

static void text_ending(struct sink *sink, const struct ending *e)
{
	struct text_sink *t = text_of(sink);
	const struct flow *a = e->ends[0], *b = e->ends[1];
	char text[512], part[PAGE_PARTY_LEN], trigger[32], act[64];
	struct line line = LINE(text);
	char words[64];
	struct line phrase = LINE(words);
	struct party who;

	if (t->o.why_only)
		return;
	page_time(&t->o, e->time);
	fputs("  ", t->o.out);
	line_put(&line, how_words(e->how));
	if (e->first &&
	    act_of_flow(&e->first->past->act, &who, trigger, sizeof(trigger))) {
		words_party(&who, part, sizeof(part));
		act_words(trigger, act, sizeof(act));
		line_put(&line, ": ");
		line_put(&line, part);
		line_put(&line, " ");
		line_put(&line, act);
		line_put(&line, " first");
	}
	if (e->duration) {
		words_duration(e->duration, part, sizeof(part));
		line_put(&phrase, "open ");
		line_put(&phrase, part);
		put_phrase(&line, words);
		phrase.used = 0;
	}
	line_put_number(&phrase, a->bytes_out);
	line_put(&phrase, b || a->path[0] == STATE_SYN_SENT
				  ? " B to the server, "
				  : " B to the remote, ");
	line_put_number(&phrase, a->bytes_in);
	line_put(&phrase, " B back");
	put_phrase(&line, words);
	page_wrapped(&t->o, text, 14);
	print_end(t, a);
	if (b)
		print_end(t, b);
	print_let_go(t, e);
}

/* --- the end of watching --- */

static void text_lost(struct sink *sink, const struct loss *loss)
{
	struct text_sink *t = text_of(sink);
	char from[PAGE_CLOCK_LEN], to[PAGE_CLOCK_LEN], text[200];

	page_clock(&t->o, loss->when.from, from);
	page_clock(&t->o, loss->when.to, to);
	snprintf(text, sizeof(text),
		 "%llu events (%llu so far) between %s and %s: the ring was "
		 "full; --ring-size makes it larger",
		 (unsigned long long)loss->count,
		 (unsigned long long)loss->total, from, to);
	page_time(&t->o, loss->when.to);
	fprintf(t->o.out, "  %sLOST%s", red(t), plain(t));
	page_wrapped(&t->o, text, PAGE_TIME_COLUMNS + 6);
}

static void text_end(struct sink *sink, const struct summary *s)
{
	struct text_sink *t = text_of(sink);

	if (t->fold)
		fold_flush(t->fold);
	summary_print(&t->o, s);
}

static void text_free(struct sink *sink)
{
	fold_free(text_of(sink)->fold);
	free(text_of(sink));
}

static const struct sink_ops text_ops = {
	.start = text_start,
	.advance = text_advance,
	.event = text_event,
	.count = text_count,
	.finding = text_finding,
	.amendment = text_amendment,
	.ending = text_ending,
	.lost = text_lost,
	.end = text_end,
	.free = text_free,
};

struct sink *text_sink_new(const struct sink_options *options)
{
	struct text_sink *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->sink.ops = &text_ops;
	t->sink.findings_only = options->why_only;
	t->o = *options;
	t->o.last = &t->last;
	if (options->no_fold)
		return &t->sink;
	t->fold = fold_new(MAX_GROUPS, print_burst, t);
	if (!t->fold) {
		free(t);
		return NULL;
	}
	return &t->sink;
}
