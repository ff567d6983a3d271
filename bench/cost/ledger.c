// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ledger.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#include "decode.h"
#include "tool.h"

static double number(yajl_val json, const char *first, const char *second,
		     const char *third)
{
	const char *path[] = { first, second, third, NULL };
	yajl_val value = yajl_tree_get(json, path, yajl_t_number);

	errno = 0;
	if (!value)
		die("no %s in a line of tcpwhy", first);
	return YAJL_GET_DOUBLE(value);
}

static void take_end(struct ledger *l, yajl_val json)
{
	l->has_end = true;
	l->bad = number(json, "events", "bad", NULL);
	l->all_received = number(json, "events", "received", NULL);
	l->all_produced = number(json, "events", "produced", NULL);
	l->all_lost = number(json, "events", "lost", NULL);
}

static void take_kinds(struct ledger *l, yajl_val json)
{
	const char *at[] = { "events", "kinds", NULL };
	yajl_val kinds = yajl_tree_get(json, at, yajl_t_object);

	errno = 0;
	if (!kinds)
		die("no kinds in the end");
	for (size_t i = 0; i < kinds->u.object.len; i++) {
		const char *name = kinds->u.object.keys[i];
		yajl_val counts = kinds->u.object.values[i];
		unsigned int kind = 0;

		while (kind < EVENT_KINDS &&
		       strcmp(event_kind_name(kind), name) != 0)
			kind++;
		if (kind == EVENT_KINDS)
			die("%s is no kind", name);
		l->produced[kind] = number(counts, "produced", NULL, NULL);
		l->received[kind] = number(counts, "received", NULL, NULL);
		l->lost_of[kind] = number(counts, "lost", NULL, NULL);
	}
}

/* Of "key":"value", without a tree: there are hundreds of thousands a second.
 */
static bool has_word(const char *line, const char *key, const char *value)
{
	const char *at = strstr(line, key);
	size_t len = strlen(value);

	if (!at)
		return false;
	at += strlen(key);
	return !strncmp(at, value, len) && at[len] == '"';
}

static void take_event(struct ledger *l, const char *line)
{
	for (unsigned int kind = 1; kind < EVENT_KINDS; kind++) {
		if (has_word(line, "\"kind\":\"", event_kind_name(kind))) {
			l->shown[kind]++;
			return;
		}
	}
	errno = 0;
	die("no kind in %s", line);
}

static void take_rare(struct ledger *l, const char *line)
{
	bool is_end = has_word(line, "\"type\":\"", "end");
	char problem[256];
	yajl_val json = yajl_tree_parse(line, problem, sizeof(problem));

	errno = 0;
	if (!json)
		die("%s: %s", problem, line);
	if (is_end) {
		take_end(l, json);
		take_kinds(l, json);
	} else {
		l->lost += number(json, "lost", NULL, NULL);
	}
	yajl_tree_free(json);
}

void ledger_take(struct ledger *l, const char *line)
{
	if (has_word(line, "\"type\":\"", "event"))
		take_event(l, line);
	else if (has_word(line, "\"type\":\"", "finding"))
		l->findings++;
	else if (has_word(line, "\"type\":\"", "lost") ||
		 has_word(line, "\"type\":\"", "end"))
		take_rare(l, line);
	else if (!has_word(line, "\"type\":\"", "connection") &&
		 !has_word(line, "\"type\":\"", "amendment") &&
		 !has_word(line, "\"type\":\"", "start"))
		die("not a line of tcpwhy: %s", line);
}

double ledger_missing(const struct ledger *l)
{
	double missing =
		fabs(l->all_produced - l->all_received - l->bad - l->all_lost) +
		fabs(l->all_lost - l->lost);

	for (unsigned int kind = 0; kind < EVENT_KINDS; kind++) {
		missing += fabs(l->produced[kind] - l->received[kind] -
				l->lost_of[kind]);
		if (l->shown[kind])
			missing += fabs(l->received[kind] - l->shown[kind]);
	}
	return missing;
}
