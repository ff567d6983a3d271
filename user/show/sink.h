/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sinks write what happened, in order. They format; they decide nothing but
 * which of the things they are shown have a place in their output.
 */
#ifndef TCPWHY_SINK_H
#define TCPWHY_SINK_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "finding.h"
#include "flow.h"
#include "gaps.h"
#include "host.h"
#include "moment.h"
#include "ranking.h"
#include "resent.h"

enum sink_clock {
	SINK_LOCAL, /* local wall clock */
	SINK_UTC,
	SINK_RELATIVE, /* seconds since watching started */
};

/* A time of day, which is the same for a second: see page_clock(). */
struct sink_second {
	time_t second;
	char text[16]; /* "": none yet */
};

struct sink_options {
	FILE *out;
	const struct host *host;
	const char *record; /* the file that is recorded to; NULL: none */
	enum sink_clock clock;
	bool colour;
	bool why_only;		  /* findings, no events and closing lines */
	bool no_fold;		  /* every finding in full, however many */
	bool replayed;		  /* nobody waits for the next line */
	unsigned int width;	  /* of the terminal; 0: not a terminal */
	struct sink_second *last; /* the sink's own; or NULL */
};

/* How a connection went, once both its ends on this host are gone. */
struct ending {
	uint64_t time;		    /* of the last event, CLOCK_MONOTONIC ns */
	const struct flow *ends[2]; /* the client first; [1] may be NULL */
	const struct flow *first;   /* which end closed first; NULL: unknown */
	const char *how;   /* "fin", "rst", "timeout", "aborted", "error" */
	uint64_t duration; /* ns from its birth to its end; 0: not known */
	/* Per end: ns from the connection's end to close(); 0: at once. */
	uint64_t let_go[2];
};

/* What became known of findings that were shown already. */
struct amendment {
	uint64_t time; /* CLOCK_MONOTONIC ns, of the event that told it */
	const struct flow *flow;
	const struct resent_verdict *verdict;
};

#define SUMMARY_MAX_CAUSES 128

struct cause_count {
	const char *cause;
	uint64_t count;
};

struct summary {
	uint64_t connections;
	uint64_t findings;
	struct cause_count causes[SUMMARY_MAX_CAUSES]; /* most frequent first */
	unsigned int cause_count;
	/*
	 * Findings by process (the owner, else the actor, else the peer; pid
	 * 0: none of them) and by remote address, most first, and how many
	 * there were of those that are not listed.
	 */
	const struct ranked *by_process, *by_remote;
	unsigned int process_count, remote_count;
	uint64_t process_others, remote_others;
	uint64_t events;   /* delivered by the source */
	uint64_t received; /* taken from the ring, when that is known */
	uint64_t bad;	   /* refused by decode */
	uint64_t produced; /* by the kernel side, when that is known */
	uint64_t lost;
	uint64_t evicted;  /* flows forgotten for want of room */
	uint64_t untraced; /* retransmissions counted, but not told */
	struct kind_count kinds[EVENT_KINDS];
	bool counted;	/* produced and lost are known */
	bool truncated; /* the recording ends in the middle */
};

struct sink;

struct sink_ops {
	enum finding_detail detail; /* that finding() needs */
	void (*start)(struct sink *sink);
	/*
	 * All that happened before @now (CLOCK_MONOTONIC ns, of events) has
	 * been shown: what waited for that can be. May be NULL.
	 */
	void (*advance)(struct sink *sink, uint64_t now);
	void (*event)(struct sink *sink, const struct moment *m);
	/*
	 * @f, which may be brief, is one of many, and was counted with them:
	 * finding() is not to be called. NULL: it always is.
	 */
	bool (*count)(struct sink *sink, const struct finding *f);
	void (*finding)(struct sink *sink, const struct finding *f);
	void (*amendment)(struct sink *sink, const struct amendment *a);
	void (*ending)(struct sink *sink, const struct ending *e);
	void (*lost)(struct sink *sink, const struct loss *loss);
	void (*end)(struct sink *sink, const struct summary *summary);
	void (*free)(struct sink *sink);
};

struct sink {
	const struct sink_ops *ops;
	bool findings_only; /* event() has nothing to show */
};

/* Each returns NULL when out of memory; sink_free() accepts NULL. */
struct sink *text_sink_new(const struct sink_options *options);
struct sink *json_sink_new(const struct sink_options *options);
/* Says nothing but at the end what was recorded, and what was lost. */
struct sink *quiet_sink_new(const struct sink_options *options);

static inline void sink_advance(struct sink *sink, uint64_t now)
{
	if (sink->ops->advance)
		sink->ops->advance(sink, now);
}

static inline void sink_free(struct sink *sink)
{
	if (sink)
		sink->ops->free(sink);
}

#endif /* TCPWHY_SINK_H */
