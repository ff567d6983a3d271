// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Text for people: a line a state change, a paragraph a finding. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "act.h"
#include "decode.h"
#include "line.h"
#include "rule.h"
#include "sink.h"
#include "words.h"

#define DEFAULT_WIDTH 100
#define INDENT	      10 /* of what a finding says */
#define PARTY_LEN     96

struct text_sink {
	struct sink sink; /* first: a text_sink is a sink */
	struct sink_options o;
};

static struct text_sink *text_of(struct sink *sink)
{
	return (struct text_sink *)sink;
}

/* --- pieces --- */

static const char *colour(const struct text_sink *t, const char *code)
{
	return t->o.colour ? code : "";
}

#define RED(t)	  colour(t, "\033[31m")
#define YELLOW(t) colour(t, "\033[33m")
#define DIM(t)	  colour(t, "\033[2m")
#define BOLD(t)	  colour(t, "\033[1m")
#define PLAIN(t)  colour(t, "\033[0m")

static void print_time(const struct text_sink *t, uint64_t time)
{
	uint64_t start = host_start(t->o.host);
	uint64_t real = host_realtime(t->o.host, time);
	time_t seconds = real / 1000000000ULL;
	char text[16];
	struct tm tm;

	if (t->o.clock == SINK_RELATIVE) {
		fprintf(t->o.out, "%12.6f",
			((double)time - (double)start) / 1e9);
		return;
	}
	if (t->o.clock == SINK_UTC)
		gmtime_r(&seconds, &tm);
	else
		localtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%H:%M:%S", &tm);
	fprintf(t->o.out, "%s.%03u", text,
		(unsigned int)(real / 1000000 % 1000));
}

/* Columns that @text takes: UTF-8 bytes that begin a character. */
static int columns(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static unsigned int width(const struct text_sink *t)
{
	return t->o.width ? t->o.width : DEFAULT_WIDTH;
}

#define STICKY_SPACE '\x01' /* print_wrapped() does not break there */

/* Print @text from column @at on, broken at spaces, indented by INDENT. */
static void print_wrapped(const struct text_sink *t, const char *text, int at)
{
	while (*text) {
		size_t len = strcspn(text, " ");
		char word[256];

		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (at > INDENT && at + 1 + columns(word) > (int)width(t)) {
			fprintf(t->o.out, "\n%*s", INDENT, "");
			at = INDENT;
		} else if (at > INDENT) {
			fputc(' ', t->o.out);
			at++;
		}
		for (size_t i = 0; i < len; i++)
			fputc(text[i] == STICKY_SPACE ? ' ' : text[i],
			      t->o.out);
		at += columns(word);
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', t->o.out);
}

static void print_item(const struct text_sink *t, const char *label,
		       const char *text)
{
	if (!*text)
		return;
	fprintf(t->o.out, "  %s%-*s%s", DIM(t), INDENT - 2, label, PLAIN(t));
	print_wrapped(t, text, INDENT);
}

static void party_text(const struct party *party, const char *unknown,
		       char text[PARTY_LEN])
{
	if (party->pid)
		words_party(party, text, PARTY_LEN);
	else
		snprintf(text, PARTY_LEN, "%s", unknown);
}

/* --- events --- */

static void text_start(struct sink *sink)
{
	struct text_sink *t = text_of(sink);

	if (t->o.width)
		fprintf(t->o.out, "%stcpwhy is watching; Ctrl-C ends it%s\n",
			DIM(t), PLAIN(t));
}

/* Width of a column and the space behind it. */
static int pad(int used, int least)
{
	return (used > least ? used : least) + 1;
}

static void text_event(struct sink *sink, const struct moment *m)
{
	struct text_sink *t = text_of(sink);
	const struct sock_event *e = event_sock(m->event);
	char who[PARTY_LEN], local[WORDS_ENDPOINT_LEN];
	char remote[WORDS_ENDPOINT_LEN], change[64], spent[32] = "";
	int used;

	if (t->o.why_only || !e || e->h.kind != EVENT_STATE)
		return;
	party_text(&m->owner, "-", who);
	if (m->owner.pid && m->flow->holder_count > 1)
		snprintf(who + strlen(who), PARTY_LEN - strlen(who), "+%u",
			 m->flow->holder_count - 1);
	words_endpoint(m->conn->laddr, m->conn->lport, local, sizeof(local));
	if (m->conn->rport)
		words_endpoint(m->conn->raddr, m->conn->rport, remote,
			       sizeof(remote));
	else
		snprintf(remote, sizeof(remote), "*");
	if (m->duration_known && m->duration)
		words_duration(m->duration, spent, sizeof(spent));
	snprintf(change, sizeof(change), "%s → %s", words_state(e->old_state),
		 words_state(e->new_state));
	print_time(t, e->h.time);
	/* A narrow terminal gets the change on a line of its own. */
	used = 13 + pad(columns(who), 20) + pad(columns(local), 15) +
	       pad(columns(remote), 15) + columns(change) +
	       (*spent ? 2 + columns(spent) : 0);
	if (t->o.width && (unsigned int)used > t->o.width)
		fprintf(t->o.out, " %s %s %s\n%*s%s", who, local, remote, 13,
			"", change);
	else
		fprintf(t->o.out, " %-20s %-15s %-15s %s", who, local, remote,
			change);
	fprintf(t->o.out, "%s%s\n", *spent ? "  " : "", spent);
}

/* --- findings --- */

static const char *headline(const struct finding *f)
{
	switch (f->what) {
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

static void print_headline(const struct text_sink *t, const struct finding *f)
{
	char local_who[PARTY_LEN], remote_who[PARTY_LEN] = "";
	char local[WORDS_ENDPOINT_LEN], remote[WORDS_ENDPOINT_LEN];
	char line[400];

	/* Nobody holds a port at which nothing listens. */
	party_text(&f->owner, "", local_who);
	if (f->has_peer)
		party_text(&f->peer, "", remote_who);
	words_endpoint(f->conn.laddr, f->conn.lport, local, sizeof(local));
	words_endpoint(f->conn.raddr, f->conn.rport, remote, sizeof(remote));
	print_time(t, f->time);
	fprintf(t->o.out, "  %s%s%s%s ", BOLD(t),
		f->what == WHAT_RETRANSMIT || f->what == WHAT_SYNACK_RETRANSMIT
			? YELLOW(t)
			: RED(t),
		headline(f), PLAIN(t));
	snprintf(line, sizeof(line), "%s%s%s %s %s%s%s", local_who,
		 *local_who ? " " : "", local,
		 f->what == WHAT_RST_RECEIVED ? "←" : "→", remote_who,
		 *remote_who ? " " : "", remote);
	print_wrapped(t, line, 12 + 2 + (int)strlen(headline(f)));
}

/* A short phrase is not broken over two lines. */
static void add_phrase(struct line *line, const char *phrase)
{
	bool brief = columns(phrase) < 40;
	size_t from;

	if (!*phrase)
		return;
	line_add(line, "%s", line->used ? " · " : "");
	from = line->used;
	line_add(line, "%s", phrase);
	for (size_t i = from; brief && i < line->used; i++)
		if (line->text[i] == ' ')
			line->text[i] = STICKY_SPACE;
}

static void print_evidence(const struct text_sink *t, const struct finding *f)
{
	char text[FINDING_MAX_EVIDENCE * sizeof(f->evidence[0].phrase)] = "";
	struct line line = LINE(text);

	for (unsigned int i = 0; i < f->evidence_count; i++)
		add_phrase(&line, f->evidence[i].phrase);
	if (f->after_loss)
		add_phrase(&line, "events were lost shortly before: this may "
				  "be incomplete");
	print_item(t, "seen", text);
}

/* Only where the user asked for command lines is there one. */
static void print_cmdline(const struct text_sink *t, const struct party *party)
{
	const struct process *process =
		host_process(t->o.host, party->pid, party->start_time);
	char who[PARTY_LEN], safe[2100], text[2200];

	if (!party->pid || !process || !process->cmdline)
		return;
	words_party(party, who, sizeof(who));
	words_safe(process->cmdline, safe, sizeof(safe));
	snprintf(text, sizeof(text), "%s: %s", who, safe);
	print_item(t, "process", text);
}

static void text_finding(struct sink *sink, const struct finding *f)
{
	struct text_sink *t = text_of(sink);
	char verdict[96];

	print_headline(t, f);
	print_item(t, "why", f->why);
	print_item(t, "effect", f->effect);
	print_evidence(t, f);
	print_cmdline(t, &f->owner);
	if (f->actor.pid != f->owner.pid)
		print_cmdline(t, &f->actor);
	if (f->has_peer)
		print_cmdline(t, &f->peer);
	print_item(t, "advice", f->advice);
	if (f->rule)
		snprintf(verdict, sizeof(verdict), "%s, %s", finding_cause(f),
			 confidence_name(f->confidence));
	else
		snprintf(verdict, sizeof(verdict), "unknown");
	print_item(t, "cause", verdict);
}

/* --- the end of a connection --- */

static void print_end(const struct text_sink *t, const struct flow *flow)
{
	char who[PARTY_LEN], local[WORDS_ENDPOINT_LEN];
	char text[512];
	struct line line = LINE(text);

	party_text(&flow->owner, "-", who);
	words_endpoint(flow->conn.laddr, flow->conn.lport, local,
		       sizeof(local));
	line_add(&line, "%s %s ", who, local);
	for (unsigned int i = 0; i < flow->path_len; i++)
		line_add(&line, "%s%s", i ? " → " : " ",
			 words_state(flow->path[i]));
	print_item(t, "end", text);
}

static void print_let_go(const struct text_sink *t, const struct ending *e)
{
	for (int i = 0; i < 2; i++) {
		char who[PARTY_LEN], when[32], line[256];

		/* Sooner is the ordinary course of things. */
		if (!e->ends[i] || e->let_go[i] < 100000000ULL)
			continue;
		party_text(e->ends[i]->let_go_by.pid ? &e->ends[i]->let_go_by
						     : &e->ends[i]->owner,
			   "a process", who);
		words_duration(e->let_go[i], when, sizeof(when));
		snprintf(line, sizeof(line),
			 "%s let go of its socket %s after the %s", who, when,
			 !strcmp(e->how, "rst") ? "RST" : "end");
		print_item(t, "later", line);
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
	char text[512], part[PARTY_LEN], trigger[32], act[64];
	struct line line = LINE(text);
	struct party who;

	if (t->o.why_only)
		return;
	print_time(t, e->time);
	fputs("  ", t->o.out);
	line_add(&line, "%s", how_words(e->how));
	if (e->first &&
	    act_of_flow(&e->first->act, &who, trigger, sizeof(trigger))) {
		words_party(&who, part, sizeof(part));
		act_words(trigger, act, sizeof(act));
		line_add(&line, ": %s %s first", part, act);
	}
	if (e->duration) {
		words_duration(e->duration, part, sizeof(part));
		line_add(&line, " · open %s", part);
	}
	line_add(&line, " · %llu B to the %s, %llu B back",
		 (unsigned long long)a->bytes_out,
		 b || a->path[0] == STATE_SYN_SENT ? "server" : "remote",
		 (unsigned long long)a->bytes_in);
	print_wrapped(t, text, 14);
	print_end(t, a);
	if (b)
		print_end(t, b);
	print_let_go(t, e);
}

/* --- the end of watching --- */

static void text_lost(struct sink *sink, uint64_t time, uint64_t more,
		      uint64_t total)
{
	struct text_sink *t = text_of(sink);

	print_time(t, time);
	fprintf(t->o.out,
		"  %sLOST%s %llu events (%llu so far): the ring was full; "
		"--ring-size makes it larger\n",
		RED(t), PLAIN(t), (unsigned long long)more,
		(unsigned long long)total);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void text_end(struct sink *sink, const struct summary *s)
{
	struct text_sink *t = text_of(sink);
	FILE *out = t->o.out;

	fprintf(out, "%s--%s %llu connection%s, %llu finding%s", DIM(t),
		PLAIN(t), (unsigned long long)s->connections,
		plural(s->connections), (unsigned long long)s->findings,
		plural(s->findings));
	for (unsigned int i = 0; i < s->cause_count; i++)
		fprintf(out, "%s%llu %s", i ? ", " : " (",
			(unsigned long long)s->causes[i].count,
			s->causes[i].cause);
	fprintf(out, "%s; ", s->cause_count ? ")" : "");
	if (s->counted)
		fprintf(out, "%llu event%s, %llu lost\n",
			(unsigned long long)s->produced, plural(s->produced),
			(unsigned long long)s->lost);
	else
		fprintf(out, "%llu event%s, lost: not recorded%s\n",
			(unsigned long long)s->events, plural(s->events),
			s->truncated ? " (the recording was cut off)" : "");
	if (s->counted && s->received + s->bad + s->lost != s->produced)
		fprintf(out, "   %llu of them were taken from the ring\n",
			(unsigned long long)s->received);
	for (unsigned int kind = 0; kind < EVENT_KINDS; kind++) {
		if (s->kinds[kind].lost)
			fprintf(out, "   lost %llu of %llu %s events\n",
				(unsigned long long)s->kinds[kind].lost,
				(unsigned long long)s->kinds[kind].produced,
				event_kind_name(kind));
	}
	if (s->bad)
		fprintf(out, "   %llu records were not understood\n",
			(unsigned long long)s->bad);
	if (s->evicted)
		fprintf(out,
			"   %llu sockets were forgotten for want of room\n",
			(unsigned long long)s->evicted);
}

static void text_free(struct sink *sink)
{
	free(text_of(sink));
}

static const struct sink_ops text_ops = {
	.start = text_start,
	.event = text_event,
	.finding = text_finding,
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
	t->o = *options;
	return &t->sink;
}
