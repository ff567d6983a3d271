/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Something to show, and the memory that it is shown in. For test_text.c and
 * test_json.c; include after <cmocka.h>.
 */
#ifndef TCPWHY_TEST_SHOWN_H
#define TCPWHY_TEST_SHOWN_H

#include <stdlib.h>

#include "catalogue.h"
#include "events.h"
#include "parts.h"
#include "sink.h"

struct shown {
	struct host *host;
	struct sink *sink;
	char *text;
	size_t size;
	size_t seen; /* how much of it a test has looked at */
	FILE *out;
};

#define LONG_V6 "1111:2222:3333:4444:5555:6666:7777:8888"

/* The worst of names: 15 bytes that all must be escaped. */
#define HOSTILE "\x1b[2J\n\r\t\"\\\xff\xc2\x9b\x07"

/* Watching began at 1 s, which was 2023-11-14 22:13:21 UTC. */
static inline void show_with(struct shown *s,
			     struct sink *(*make)(const struct sink_options *),
			     struct sink_options options)
{
	struct fact fact = { .kind = FACT_HOST };

	s->seen = 0;
	s->host = host_new();
	assert_non_null(s->host);
	fact.host.release = "6.1.0-test";
	fact.host.hostname = "here";
	fact.host.version = "1";
	fact.host.start = 1 * SEC;
	fact.host.realtime_offset = 1700000000LL * 1000000000;
	fact.host.hz = 250;
	assert_int_equal(host_learn(s->host, &fact), 0);
	s->out = open_memstream(&s->text, &s->size);
	assert_non_null(s->out);
	options.out = s->out;
	options.host = s->host;
	s->sink = make(&options);
	assert_non_null(s->sink);
}

static inline void shown_free(struct shown *s)
{
	sink_free(s->sink);
	fclose(s->out);
	free(s->text);
	host_free(s->host);
}

static inline struct party some_party(__u32 pid, const char *comm)
{
	struct party party = { .basis = PARTY_PROVEN, .pid = pid, .tid = pid };

	memcpy(party.comm, comm, strnlen(comm, sizeof(party.comm) - 1));
	return party;
}

static inline void fill_finding(struct finding *f, const char *cause)
{
	memset(f, 0, sizeof(*f));
	f->time = 2 * SEC + 120 * MS;
	f->seq = 7;
	f->what = WHAT_RST_SENT;
	f->rule = catalogue_find(cause);
	f->confidence = f->rule ? CONFIDENCE_CERTAIN : CONFIDENCE_UNKNOWN;
	strcpy(f->trigger, "close");
	f->conn = conn_of("127.0.0.1", 8082, "127.0.0.1", 51234);
	f->state = STATE_CLOSE;
	f->owner = f->actor = some_party(4120, "server");
	f->peer = some_party(4121, "client");
	f->has_peer = true;
	strcpy(f->why, "it did something");
	strcpy(f->effect, "nothing good");
	strcpy(f->advice, "do not");
	finding_add_number(f, "linger_s", 0, "linger %d s", 0);
	finding_add_number(f, "hidden", 1, NULL);
	finding_add_string(f, "reason", "TCP_STATE", "reason %s", "TCP_STATE");
	finding_add_fragment(f, "fragment", "; of a sentence");
	finding_add_event(f, 7);
	finding_add_event(f, 3);
}

/* As the pipeline does. */
static inline void show_finding(struct shown *s, const struct finding *f)
{
	const struct sink_ops *ops = s->sink->ops;

	if (!ops->count || !ops->count(s->sink, f))
		ops->finding(s->sink, f);
}

/* One end of a connection, closed by its owner at 2 s. */
static inline struct flow some_flow(__u32 pid, const char *comm,
				    struct event_conn conn, __u8 first)
{
	struct flow flow = {
		FLOW_BLANK,
		.conn = conn,
		.path = { first, STATE_ESTABLISHED, STATE_CLOSE },
		.path_len = 3,
		.bytes_out = 4,
		.bytes_in = 10,
	};

	flow.owner = kept_party(some_party(pid, comm));
	flow.past = kept_past((struct flow_past){
		.act = { .mark.time = 2 * SEC, .who = flow.owner } });
	return flow;
}

#endif /* TCPWHY_TEST_SHOWN_H */
