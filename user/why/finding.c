// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rule.h"

static const char *const what_names[WHAT_COUNT] = {
	[WHAT_RST_SENT] = "rst-sent",
	[WHAT_RST_RECEIVED] = "rst-received",
	[WHAT_RETRANSMIT] = "retransmit",
	[WHAT_SYNACK_RETRANSMIT] = "synack-retransmit",
	[WHAT_CONNECT_FAILED] = "connect-failed",
	[WHAT_CONNECTION_FAILED] = "connection-failed",
	[WHAT_STALLED] = "stalled",
};

const char *finding_what_name(enum finding_what what)
{
	return what_names[what];
}

const char *confidence_name(enum confidence confidence)
{
	switch (confidence) {
	case CONFIDENCE_CERTAIN:
		return "certain";
	case CONFIDENCE_LIKELY:
		return "likely";
	case CONFIDENCE_UNKNOWN:
		break;
	}
	return "unknown";
}

void finding_clear(struct finding *finding)
{
	memset(finding, 0, FINDING_HEAD);
	finding->stack.count = 0;
	finding->stack.below_count = 0;
	finding->why[0] = '\0';
	finding->effect[0] = '\0';
	finding->advice[0] = '\0';
}

const char *finding_cause(const struct finding *finding)
{
	return finding->rule ? finding->rule->id : "unknown";
}

static struct evidence *new_evidence(struct finding *finding, const char *key,
				     const char *phrase, va_list args)
{
	struct evidence *e;

	if (finding->detail == FINDING_BRIEF ||
	    finding->evidence_count == FINDING_MAX_EVIDENCE)
		return NULL;
	e = &finding->evidence[finding->evidence_count++];
	e->key = key;
	e->string[0] = '\0';
	e->phrase[0] = '\0';
	if (phrase && finding->detail == FINDING_FULL)
		vsnprintf(e->phrase, sizeof(e->phrase), phrase, args);
	return e;
}

void finding_add_number(struct finding *finding, const char *key,
			int64_t number, const char *phrase, ...)
{
	struct evidence *e;
	va_list args;

	va_start(args, phrase);
	e = new_evidence(finding, key, phrase, args);
	va_end(args);
	if (e) {
		e->type = EVIDENCE_NUMBER;
		e->number = number;
	}
}

void finding_add_string(struct finding *finding, const char *key,
			const char *string, const char *phrase, ...)
{
	struct evidence *e;
	va_list args;

	va_start(args, phrase);
	e = new_evidence(finding, key, phrase, args);
	va_end(args);
	if (e) {
		e->type = EVIDENCE_STRING;
		snprintf(e->string, sizeof(e->string), "%s", string);
	}
}

void finding_add_phrase(struct finding *finding, const char *phrase, ...)
{
	struct evidence *e;
	va_list args;

	va_start(args, phrase);
	e = new_evidence(finding, "", phrase, args);
	va_end(args);
	if (e)
		e->type = EVIDENCE_FRAGMENT;
}

void finding_add_fragment(struct finding *finding, const char *key,
			  const char *text)
{
	finding_add_string(finding, key, text, NULL);
	if (finding->evidence_count)
		finding->evidence[finding->evidence_count - 1].type =
			EVIDENCE_FRAGMENT;
}

void finding_add_event(struct finding *finding, uint64_t seq)
{
	unsigned int at = finding->event_count;

	if (!seq || at == FINDING_MAX_EVENTS)
		return;
	while (at && finding->events[at - 1] >= seq) {
		if (finding->events[at - 1] == seq)
			return;
		at--;
	}
	memmove(&finding->events[at + 1], &finding->events[at],
		(finding->event_count - at) * sizeof(finding->events[0]));
	finding->events[at] = seq;
	finding->event_count++;
}
