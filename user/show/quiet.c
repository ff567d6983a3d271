// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* No output while there is a recording to be read later. */
#include <stdlib.h>

#include "sink.h"
#include "summary.h"

struct quiet_sink {
	struct sink sink; /* first: a quiet_sink is a sink */
	struct sink_options o;
};

static void quiet_start(struct sink *sink)
{
	(void)sink;
}

static void quiet_event(struct sink *sink, const struct moment *m)
{
	(void)sink, (void)m;
}

static void quiet_finding(struct sink *sink, const struct finding *f)
{
	(void)sink, (void)f;
}

static void quiet_amendment(struct sink *sink, const struct amendment *a)
{
	(void)sink, (void)a;
}

static void quiet_ending(struct sink *sink, const struct ending *e)
{
	(void)sink, (void)e;
}

/* The end tells it, and so does the recording. */
static void quiet_lost(struct sink *sink, const struct loss *loss)
{
	(void)sink, (void)loss;
}

static void quiet_end(struct sink *sink, const struct summary *summary)
{
	struct quiet_sink *q = (struct quiet_sink *)sink;

	summary_print_recorded(&q->o, summary);
}

static void quiet_free(struct sink *sink)
{
	free(sink);
}

struct sink *quiet_sink_new(const struct sink_options *options)
{
	static const struct sink_ops ops = {
		.detail = FINDING_NONE,
		.start = quiet_start,
		.event = quiet_event,
		.finding = quiet_finding,
		.amendment = quiet_amendment,
		.ending = quiet_ending,
		.lost = quiet_lost,
		.end = quiet_end,
		.free = quiet_free,
	};
	struct quiet_sink *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->sink.ops = &ops;
	q->o = *options;
	return &q->sink;
}
