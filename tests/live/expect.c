// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "expect.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

void expect_failed(const struct watcher *watcher, const char *file, int line,
		   const char *condition, const char *format, ...)
{
	const struct process *process = watcher->process;
	va_list args;

	fprintf(stderr, "expected: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n(%s)\nstatus %d\n--- stdout:\n%s--- stderr:\n%s",
		condition, watcher->status,
		process->out.at ? process->out.at : "",
		process->err.at ? process->err.at : "");
	fprintf(stderr, "--- the command:\n%s---\n",
		watcher->told.at ? watcher->told.at : "");
	_fail(file, line);
	abort(); /* not reached: _fail() does not return */
}

/* --- lines --------------------------------------------------------------- */

unsigned int count_lines(const struct watcher *watcher, const char *type,
			 long long netns)
{
	unsigned int n = 0;

	for (size_t i = 0; i < watcher->line_count; i++) {
		const struct line *line = &watcher->lines[i];

		n += !strcmp(line->type, type) &&
		     (!netns || json_number(line->json, "netns") == netns);
	}
	return n;
}

yajl_val expect_line(const struct watcher *watcher, const char *type)
{
	EXPECT(watcher, count_lines(watcher, type, 0) == 1,
	       "one line of type %s", type);
	for (size_t i = 0; i < watcher->line_count; i++)
		if (!strcmp(watcher->lines[i].type, type))
			return watcher->lines[i].json;
	return NULL;
}

static unsigned int count_cause(const struct watcher *watcher,
				const char *cause)
{
	unsigned int n = 0;

	for (size_t i = 0; i < watcher->line_count; i++) {
		const struct line *line = &watcher->lines[i];

		n += !strcmp(line->type, "finding") &&
		     !strcmp(json_string(line->json, "cause"), cause);
	}
	return n;
}

yajl_val expect_one(const struct watcher *watcher, const char *cause)
{
	EXPECT(watcher, count_cause(watcher, cause) == 1, "one finding %s",
	       cause);
	for (size_t i = 0; i < watcher->line_count; i++) {
		const struct line *line = &watcher->lines[i];

		if (!strcmp(line->type, "finding") &&
		    !strcmp(json_string(line->json, "cause"), cause))
			return line->json;
	}
	return NULL;
}

static void expect_events(const struct watcher *watcher)
{
	yajl_val end = expect_line(watcher, "end");
	long long produced = json_number(end, "events/produced");

	EXPECT(watcher, json_number(end, "events/lost") == 0, "no loss");
	EXPECT(watcher, json_number(end, "events/bad") == 0, "no bad event");
	EXPECT(watcher, json_number(end, "events/received") == produced,
	       "all that was produced was received");
	EXPECT(watcher, count_lines(watcher, "lost", 0) == 0, "no loss");
}

/* The FIN that a socket has until it goes is no segment that was dropped. */
static void expect_no_purge(const struct watcher *watcher)
{
	for (size_t i = 0; i < watcher->line_count; i++) {
		const char *reason =
			json_string(watcher->lines[i].json, "reason");

		EXPECT(watcher, !reason || strcmp(reason, "QUEUE_PURGE") != 0,
		       "no loss: %s", watcher->lines[i].text);
	}
}

void expect_sound(const struct watcher *watcher, int status)
{
	const struct line *lines = watcher->lines;
	size_t count = watcher->line_count;
	yajl_val end = expect_line(watcher, "end");
	yajl_val causes = json_at(end, "causes");

	EXPECT(watcher, watcher->status == status, "exit status %d", status);
	EXPECT(watcher, !strcmp(lines[0].type, "start"), "start first");
	EXPECT(watcher, !strcmp(lines[count - 1].type, "end"), "end last");
	EXPECT(watcher,
	       json_number(end, "findings") ==
		       count_lines(watcher, "finding", 0),
	       "as many findings as the end says");
	EXPECT(watcher,
	       json_number(end, "connections") ==
		       count_lines(watcher, "connection", 0),
	       "as many connections as the end says");
	EXPECT(watcher, YAJL_IS_OBJECT(causes), "findings by cause");
	for (size_t i = 0; i < causes->u.object.len; i++)
		EXPECT(watcher,
		       YAJL_GET_INTEGER(causes->u.object.values[i]) ==
			       count_cause(watcher, causes->u.object.keys[i]),
		       "as many %s as the end says", causes->u.object.keys[i]);
	expect_events(watcher);
	expect_no_purge(watcher);
}

void expect_ended_well(const struct watcher *watcher)
{
	yajl_val connection = expect_line(watcher, "connection");

	EXPECT(watcher, !strcmp(json_string(connection, "how"), "fin"),
	       "a connection that ended well");
}

void expect_complaint(const struct watcher *watcher, int status,
		      const char *words)
{
	EXPECT(watcher, watcher->status == status, "exit status %d", status);
	EXPECT(watcher,
	       watcher->process->err.at &&
		       strstr(watcher->process->err.at, words),
	       "on stderr: %s", words);
}

/* --- findings ------------------------------------------------------------ */

static int put_name(const struct watcher *watcher, const char *role, char *text,
		    size_t size)
{
	bool six = watcher->six;

	if (!strcmp(role, "loop"))
		return snprintf(text, size, six ? "[::1]" : "127.0.0.1");
	if (!strcmp(role, "far"))
		return snprintf(text, size, six ? "[fd09::2]" : "10.9.0.2");
	return snprintf(text, size, "%s[%d]", role,
			watcher_role(watcher, role));
}

/* "@sample2-server closed" to "sample2-server[4120] closed". */
static void expand(const struct watcher *watcher, const char *words, char *text,
		   size_t size)
{
	size_t used = 0;
	char role[64];

	while (*words && used + 96 < size) {
		size_t len = 0;

		if (*words != '@') {
			text[used++] = *words++;
			continue;
		}
		words++;
		while (isalnum(words[len]) || words[len] == '-')
			len++;
		snprintf(role, sizeof(role), "%.*s", (int)len, words);
		used += put_name(watcher, role, text + used, size - used);
		words += len;
	}
	text[used] = '\0';
}

static void expect_words(const struct watcher *watcher, yajl_val finding,
			 const char *key, const char *const *list, size_t max)
{
	const char *said = json_string(finding, key);
	char words[512];

	EXPECT(watcher, said && *said, "a text \"%s\"", key);
	for (size_t i = 0; i < max && list[i]; i++) {
		expand(watcher, list[i], words, sizeof(words));
		EXPECT(watcher, strstr(said, words), "in \"%s\": %s", key,
		       words);
	}
}

static void expect_text(const struct watcher *watcher, yajl_val finding,
			const char *key, const char *expected)
{
	const char *said = json_string(finding, key);

	EXPECT(watcher, said && !strcmp(said, expected), "%s: \"%s\"", key,
	       expected);
}

static void expect_party(const struct watcher *watcher, yajl_val finding,
			 const char *key, const char *role)
{
	yajl_val party = json_at(finding, key);
	const char *comm;

	EXPECT(watcher, party, "a member \"%s\"", key);
	if (!role) {
		EXPECT(watcher, YAJL_IS_NULL(party), "%s: nobody", key);
		return;
	}
	EXPECT(watcher,
	       json_number(party, "pid") == watcher_role(watcher, role),
	       "%s: process %d of %s", key, watcher_role(watcher, role), role);
	comm = json_string(party, "comm");
	EXPECT(watcher, comm && !strncmp(comm, role, 15), "%s: named %s", key,
	       role);
}

static void expect_evidence(const struct watcher *watcher, yajl_val finding,
			    const char *expected)
{
	char path[96], said[160];
	int key_len = strcspn(expected, "=");
	yajl_val value;

	snprintf(path, sizeof(path), "evidence/%.*s", key_len, expected);
	value = json_at(finding, path);
	if (YAJL_IS_INTEGER(value))
		snprintf(said, sizeof(said), "%.*s=%lld", key_len, expected,
			 YAJL_GET_INTEGER(value));
	else
		snprintf(said, sizeof(said), "%.*s=%s", key_len, expected,
			 YAJL_IS_STRING(value) ? YAJL_GET_STRING(value) : "?");
	EXPECT(watcher, !strcmp(said, expected), "evidence %s", expected);
}

/* What a finding rests on can be looked up. */
static void expect_its_events(const struct watcher *watcher, yajl_val finding)
{
	yajl_val events = json_at(finding, "events");

	EXPECT(watcher, YAJL_IS_ARRAY(events) && events->u.array.len,
	       "the events that a finding rests on");
	for (size_t e = 0; e < events->u.array.len; e++) {
		long long seq = YAJL_GET_INTEGER(events->u.array.values[e]);
		bool found = false;

		for (size_t i = 0; i < watcher->line_count; i++)
			found |= !strcmp(watcher->lines[i].type, "event") &&
				 json_number(watcher->lines[i].json, "seq") ==
					 seq;
		EXPECT(watcher, found, "event %lld, which a finding rests on",
		       seq);
	}
}

static void expect_finding(const struct watcher *watcher, yajl_val finding,
			   const struct expected *e)
{
	expect_text(watcher, finding, "what", e->what);
	expect_text(watcher, finding, "confidence",
		    e->confidence ? e->confidence : "certain");
	expect_text(watcher, finding, "trigger", e->trigger);
	expect_text(watcher, finding, "state", e->state);
	expect_party(watcher, finding, "owner", e->owner);
	expect_party(watcher, finding, "actor", e->actor);
	expect_party(watcher, finding, "peer", e->peer);
	expect_words(watcher, finding, "why", e->why, COUNT(e->why));
	expect_words(watcher, finding, "effect", e->effect, COUNT(e->effect));
	expect_words(watcher, finding, "advice", NULL, 0);
	for (size_t i = 0; i < COUNT(e->evidence) && e->evidence[i]; i++)
		expect_evidence(watcher, finding, e->evidence[i]);
	expect_its_events(watcher, finding);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_like(const struct line *line, const struct expected *e)
{
	return !strcmp(line->type, "finding") &&
	       !strcmp(json_string(line->json, "cause"), e->cause) &&
	       same_text(json_string(line->json, "trigger"), e->trigger);
}

static unsigned int count_like(const struct watcher *watcher,
			       const struct expected *e)
{
	unsigned int n = 0;

	for (size_t i = 0; i < watcher->line_count; i++)
		n += is_like(&watcher->lines[i], e);
	return n;
}

void expect_findings(const struct watcher *watcher, const struct expected *list)
{
	unsigned int all = 0;

	for (const struct expected *e = list; e->cause; e++) {
		unsigned int count = e->count ? e->count : 1;

		unsigned int seen = count_like(watcher, e);

		EXPECT(watcher, e->or_more ? seen >= count : seen == count,
		       "%u of %s, %s%s", count, e->cause,
		       e->trigger ? e->trigger : "no trigger",
		       e->or_more ? ", or more" : "");
		all += seen;
		for (size_t i = 0; i < watcher->line_count; i++)
			if (is_like(&watcher->lines[i], e))
				expect_finding(watcher, watcher->lines[i].json,
					       e);
	}
	EXPECT(watcher, count_lines(watcher, "finding", 0) == all,
	       "%u findings, no other", all);
}
