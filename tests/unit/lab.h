/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A pipeline whose sink writes down what it is told: a test plays events into
 * it and looks at the findings, and at the order of all that was said.
 * Include after <cmocka.h>.
 */
#ifndef TCPWHY_TEST_LAB_H
#define TCPWHY_TEST_LAB_H

#include <stdio.h>
#include <stdlib.h>

#include "decode.h"
#include "events.h"
#include "pipeline.h"

#define LAB_FINDINGS 8

struct lab {
	struct sink sink; /* first: the lab is its sink */
	struct host *host;
	struct scope *scope;
	struct pipeline *pipeline;
	struct source_handler in;
	char said[4096]; /* a word or two for each call of the sink */
	struct finding findings[LAB_FINDINGS];
	unsigned int count;
	struct resent_verdict amendment; /* the last */
	struct ending ending;		 /* the last */
	unsigned int endings;
	struct summary summary;
	bool ended;
	uint64_t advanced; /* up to when the sink was told that all was said */
};

/* Who plays in the lab. */
#define SERVER	      10 /* "server" */
#define CLIENT	      20 /* "client" */

#define LISTENER_SOCK 0x100
#define CLIENT_SOCK   0x200
#define CHILD_SOCK    0x300

static inline void lab_say(struct sink *sink, const char *what,
			   const char *more)
{
	struct lab *lab = (struct lab *)sink;
	size_t used = strlen(lab->said);

	snprintf(lab->said + used, sizeof(lab->said) - used, "%s%s%s%s",
		 used ? ", " : "", what, *more ? " " : "", more);
}

static inline void lab_on_start(struct sink *sink)
{
	lab_say(sink, "start", "");
}

static inline void lab_on_advance(struct sink *sink, uint64_t now)
{
	((struct lab *)sink)->advanced = now;
}

static inline void lab_on_event(struct sink *sink, const struct moment *m)
{
	char seq[24];

	assert_non_null(m->conn);
	snprintf(seq, sizeof(seq), "%lu", (unsigned long)m->seq);
	lab_say(sink, event_kind_name(m->event->kind), seq);
}

static inline void lab_on_finding(struct sink *sink, const struct finding *f)
{
	struct lab *lab = (struct lab *)sink;

	assert_in_range(lab->count, 0, LAB_FINDINGS - 1);
	lab->findings[lab->count++] = *f;
	lab_say(sink, "finding", finding_cause(f));
}

static inline void lab_on_amendment(struct sink *sink,
				    const struct amendment *a)
{
	struct lab *lab = (struct lab *)sink;
	char text[64];

	lab->amendment = *a->verdict;
	snprintf(text, sizeof(text), "%u/%u", a->verdict->needless,
		 a->verdict->segments);
	lab_say(sink, "amendment", text);
}

static inline void lab_on_ending(struct sink *sink, const struct ending *e)
{
	struct lab *lab = (struct lab *)sink;

	lab->ending = *e;
	lab->endings++;
	lab_say(sink, "ending", e->how);
}

static inline void lab_on_lost(struct sink *sink, const struct loss *loss)
{
	char text[64];

	snprintf(text, sizeof(text), "%lu/%lu", (unsigned long)loss->count,
		 (unsigned long)loss->total);
	lab_say(sink, "lost", text);
}

static inline void lab_on_end(struct sink *sink, const struct summary *s)
{
	((struct lab *)sink)->summary = *s;
	lab_say(sink, "end", "");
}

static inline void lab_set_up_in(struct lab *lab)
{
	static const struct sink_ops ops = {
		.start = lab_on_start,
		.advance = lab_on_advance,
		.event = lab_on_event,
		.finding = lab_on_finding,
		.amendment = lab_on_amendment,
		.ending = lab_on_ending,
		.lost = lab_on_lost,
		.end = lab_on_end,
	};

	lab->sink.ops = &ops;
	lab->host = host_new();
	lab->scope = scope_new();
	assert_non_null(lab->host);
	assert_non_null(lab->scope);
	lab->pipeline = pipeline_new(lab->host, lab->scope, &lab->sink, 4096);
	assert_non_null(lab->pipeline);
	lab->in = pipeline_handler(lab->pipeline);
}

static inline int lab_set_up(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	assert_non_null(lab);
	lab_set_up_in(lab);
	*state = lab;
	return 0;
}

static inline int lab_tear_down(void **state)
{
	struct lab *lab = *state;

	pipeline_free(lab->pipeline);
	scope_free(lab->scope);
	host_free(lab->host);
	free(lab);
	return 0;
}

/* A test with a lab of its own in *state. */
#define lab_test(function) \
	cmocka_unit_test_setup_teardown(function, lab_set_up, lab_tear_down)

/* Play any event: decode has to accept it, as from a real source. */
static inline void lab_play(struct lab *lab, const void *event)
{
	const struct event_header *e = event;
	const char *problem;
	/* A copy as exact as in a source: sanitizers see reads beyond. */
	void *copy = malloc(e->size);

	assert_non_null(copy);
	memcpy(copy, event, e->size);
	assert_non_null(event_decode(copy, e->size, &problem));
	assert_int_equal(lab->in.event(lab->in.arg, copy), 0);
	free(copy);
}

/* Its events go back to @start; nothing before is known. */
static inline void lab_watched_since(struct lab *lab, __u64 start)
{
	struct fact fact = { .kind = FACT_HOST };

	fact.host.release = fact.host.hostname = fact.host.version = "";
	fact.host.start = start;
	fact.host.hz = 250;
	assert_int_equal(host_learn(lab->host, &fact), 0);
}

/* Everything has come: settle and show the summary. Once is enough. */
static inline void lab_end(struct lab *lab)
{
	if (!lab->ended)
		pipeline_end(lab->pipeline, false, 0);
	lab->ended = true;
}

/* The one finding there is. */
static inline const struct finding *lab_only_finding(struct lab *lab)
{
	lab_end(lab);
	assert_int_equal(lab->count, 1);
	return &lab->findings[0];
}

static inline void lab_state(struct lab *lab, __u64 time, __u64 sock,
			     struct event_conn conn, __u8 old, __u8 new,
			     __u32 by)
{
	struct sock_event e = state_event(time, sock, conn, old, new);

	if (by)
		done_by(&e.h, by, by == SERVER ? "server" : "client");
	/* Softirq work on top of somebody who has no part in it. */
	else
		on_top_of(&e.h, 999, "bystander");
	lab_play(lab, &e);
}

static inline void lab_destroy(struct lab *lab, __u64 time, __u64 sock,
			       struct event_conn conn, __u32 by)
{
	struct sock_event e = destroy_event(time, sock, conn);

	if (by)
		done_by(&e.h, by, by == SERVER ? "server" : "client");
	lab_play(lab, &e);
}

/* SERVER listens at @conn's remote end. */
static inline void lab_listen(struct lab *lab, __u64 time,
			      struct event_conn conn)
{
	struct event_conn at = turned(conn);

	memset(at.raddr, 0, sizeof(at.raddr));
	if (conn.family == AF_INET)
		at.raddr[10] = at.raddr[11] = 0xff;
	at.rport = 0;
	lab_state(lab, time, LISTENER_SOCK, at, STATE_CLOSE, STATE_LISTEN,
		  SERVER);
}

/* CLIENT connects along @conn; the other end is not on this host. */
static inline void lab_connect(struct lab *lab, __u64 time,
			       struct event_conn conn)
{
	lab_state(lab, time, CLIENT_SOCK, conn, STATE_CLOSE, STATE_SYN_SENT,
		  CLIENT);
	lab_state(lab, time + 1, CLIENT_SOCK, conn, STATE_SYN_SENT,
		  STATE_ESTABLISHED, 0);
}

/* ... and its SERVER's child here, unless lab_connect() was enough. */
static inline void lab_accept(struct lab *lab, __u64 time,
			      struct event_conn conn)
{
	lab_state(lab, time, CHILD_SOCK, turned(conn), STATE_LISTEN,
		  STATE_SYN_RECV, 0);
	lab_state(lab, time + 1, CHILD_SOCK, turned(conn), STATE_SYN_RECV,
		  STATE_ESTABLISHED, 0);
}

static inline const struct finding *lab_judge(struct lab *lab,
					      const void *event)
{
	lab_play(lab, event);
	return lab_only_finding(lab);
}

static inline void assert_cause(const struct finding *f, const char *cause)
{
	assert_string_equal(finding_cause(f), cause);
	if (!strcmp(cause, "unknown"))
		assert_int_equal(f->confidence, CONFIDENCE_UNKNOWN);
	else
		assert_int_not_equal(f->confidence, CONFIDENCE_UNKNOWN);
}

static inline const struct evidence *lab_evidence(const struct finding *f,
						  const char *key)
{
	for (unsigned int i = 0; i < f->evidence_count; i++)
		if (!strcmp(f->evidence[i].key, key))
			return &f->evidence[i];
	return NULL;
}

/* The lab as it was at first. */
static inline void lab_renew(void **state)
{
	lab_tear_down(state);
	lab_set_up(state);
}

#endif /* TCPWHY_TEST_LAB_H */
