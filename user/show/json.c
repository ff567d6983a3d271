// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON, one object a line: the contract is docs/output.md. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <yajl/yajl_gen.h>

#include "act.h"
#include "container.h"
#include "decode.h"
#include "sink.h"
#include "version.h"
#include "words.h"

struct json_sink {
	struct sink sink; /* first: a json_sink is a sink */
	struct sink_options o;
	yajl_gen gen;
};

static struct json_sink *json_of(struct sink *sink)
{
	return (struct json_sink *)sink;
}

/* --- pieces --- */

static void put_string(struct json_sink *j, const char *text)
{
	yajl_gen_string(j->gen, (const unsigned char *)text, strlen(text));
}

static void key_string(struct json_sink *j, const char *key, const char *text)
{
	put_string(j, key);
	if (text)
		put_string(j, text);
	else
		yajl_gen_null(j->gen);
}

static void key_number(struct json_sink *j, const char *key, int64_t number)
{
	put_string(j, key);
	yajl_gen_integer(j->gen, number);
}

static void key_bool(struct json_sink *j, const char *key, bool value)
{
	put_string(j, key);
	yajl_gen_bool(j->gen, value);
}

static void key_null(struct json_sink *j, const char *key)
{
	put_string(j, key);
	yajl_gen_null(j->gen);
}

/* Names chosen by others may hold anything: make them UTF-8, visibly. */
static void key_foreign(struct json_sink *j, const char *key, const char *text)
{
	char safe[4 * 512 + 1];

	if (text)
		words_safe(text, safe, sizeof(safe));
	key_string(j, key, text ? safe : NULL);
}

static void key_instant(struct json_sink *j, const char *key,
			uint64_t monotonic)
{
	uint64_t real = host_realtime(j->o.host, monotonic);
	time_t seconds = real / 1000000000ULL;
	char text[64], date[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%09uZ", date,
		 (unsigned int)(real % 1000000000ULL));
	key_string(j, key, text);
}

static void key_time(struct json_sink *j, uint64_t monotonic)
{
	key_instant(j, "time", monotonic);
}

static void key_endpoint(struct json_sink *j, const char *key,
			 const uint8_t addr[16], uint16_t port)
{
	char text[WORDS_ENDPOINT_LEN];

	words_address(addr, text, sizeof(text));
	put_string(j, key);
	yajl_gen_map_open(j->gen);
	key_string(j, "addr", text);
	key_number(j, "port", port);
	yajl_gen_map_close(j->gen);
}

static void put_conn(struct json_sink *j, const struct event_conn *conn)
{
	key_endpoint(j, "local", conn->laddr, conn->lport);
	key_endpoint(j, "remote", conn->raddr, conn->rport);
	key_string(j, "family", conn->family == AF_INET6 ? "inet6" : "inet");
	key_number(j, "netns", conn->netns);
	key_foreign(j, "netns_name", host_netns(j->o.host, conn->netns));
}

static void key_party(struct json_sink *j, const char *key,
		      const struct party *party)
{
	char container[CONTAINER_ID_LEN + 1];
	const struct process *process;

	put_string(j, key);
	if (!party->pid) {
		yajl_gen_null(j->gen);
		return;
	}
	process = host_process(j->o.host, party->pid, party->start_time);
	yajl_gen_map_open(j->gen);
	key_number(j, "pid", party->pid);
	key_number(j, "tid", party->tid);
	key_foreign(j, "comm", party->comm);
	key_foreign(j, "exe", process ? process->exe : NULL);
	if (process && process->uid != (uint32_t)-1)
		key_number(j, "uid", process->uid);
	else
		key_null(j, "uid");
	key_foreign(j, "cgroup", process ? process->cgroup : NULL);
	if (process && process->cgroup &&
	    container_of_cgroup(process->cgroup, container))
		key_string(j, "container", container);
	else
		key_null(j, "container");
	if (process && process->cmdline)
		key_foreign(j, "cmdline", process->cmdline);
	key_bool(j, "inherited", party->basis == PARTY_INHERITED);
	yajl_gen_map_close(j->gen);
}

/* Only where there are several: one is the owner. */
static void key_holders(struct json_sink *j, const struct holders *holders)
{
	if (!holders || holders->count < 2)
		return;
	put_string(j, "holders");
	yajl_gen_array_open(j->gen);
	for (unsigned int i = 0; i < holders->count; i++) {
		yajl_gen_map_open(j->gen);
		key_number(j, "pid", holders->who[i]->pid);
		key_foreign(j, "comm", holders->who[i]->comm);
		yajl_gen_map_close(j->gen);
	}
	yajl_gen_array_close(j->gen);
}

static void begin(struct json_sink *j, const char *type)
{
	yajl_gen_map_open(j->gen);
	key_string(j, "type", type);
}

static void finish(struct json_sink *j)
{
	const unsigned char *text;
	size_t len;

	yajl_gen_map_close(j->gen);
	yajl_gen_get_buf(j->gen, &text, &len);
	fwrite(text, 1, len, j->o.out);
	fputc('\n', j->o.out);
	yajl_gen_clear(j->gen);
	yajl_gen_reset(j->gen, NULL);
}

/* --- start, events --- */

static void json_start(struct sink *sink)
{
	struct json_sink *j = json_of(sink);

	begin(j, "start");
	key_time(j, host_start(j->o.host));
	key_string(j, "version", TCPWHY_VERSION);
	key_foreign(j, "kernel", host_release(j->o.host));
	key_foreign(j, "host", host_hostname(j->o.host));
	finish(j);
	fflush(j->o.out); /* a script waits for this line */
}

static void put_sock_event(struct json_sink *j, const struct moment *m,
			   const struct sock_event *e)
{
	if (e->h.kind == EVENT_STATE) {
		key_string(j, "old", words_state(e->old_state));
		key_string(j, "new", words_state(e->new_state));
		if (m->duration_known)
			key_number(j, "duration_us", m->duration / 1000);
		else
			key_null(j, "duration_us");
	} else {
		key_string(j, "state", words_state(e->new_state));
	}
	if (e->err)
		key_string(j, "error", words_errno(e->err));
}

static void put_segment_event(struct json_sink *j,
			      const struct segment_event *e)
{
	enum name_space space =
		e->h.kind == EVENT_DROP ? NAME_DROP_REASON : NAME_RST_REASON;

	key_string(j, "state", words_state(e->tcp.state));
	if (e->reason != EVENT_NO_REASON)
		key_string(j, "reason", host_name(j->o.host, space, e->reason));
	if (e->err)
		key_string(j, "error", words_send_error(e->err));
	if (!e->seg.present)
		return;
	put_string(j, "segment");
	yajl_gen_map_open(j->gen);
	key_number(j, "seq", e->seg.seq);
	key_number(j, "len", e->seg.len);
	key_number(j, "flags", e->seg.flags);
	yajl_gen_map_close(j->gen);
}

static void json_event(struct sink *sink, const struct moment *m)
{
	struct json_sink *j = json_of(sink);
	const struct sock_event *sock = event_sock(m->event);
	const struct segment_event *segment = event_segment(m->event);

	if (j->o.why_only)
		return;
	begin(j, "event");
	key_time(j, m->event->time);
	key_number(j, "seq", m->seq);
	key_string(j, "kind", event_kind_name(m->event->kind));
	put_conn(j, m->conn);
	key_party(j, "owner", &m->owner);
	key_holders(j, flow_holders(m->flow, m->event->time));
	if (sock)
		put_sock_event(j, m, sock);
	if (segment)
		put_segment_event(j, segment);
	finish(j);
}

/* --- findings --- */

static void put_evidence(struct json_sink *j, const struct finding *f)
{
	put_string(j, "evidence");
	yajl_gen_map_open(j->gen);
	for (unsigned int i = 0; i < f->evidence_count; i++) {
		const struct evidence *e = &f->evidence[i];

		if (e->type == EVIDENCE_NUMBER)
			key_number(j, e->key, e->number);
		else if (e->type == EVIDENCE_STRING)
			key_foreign(j, e->key, e->string);
	}
	put_string(j, "stack");
	yajl_gen_array_open(j->gen);
	for (unsigned int i = 0; i < f->stack.count; i++)
		put_string(j, f->stack.frames[i]);
	yajl_gen_array_close(j->gen);
	key_bool(j, "after_loss", f->after_loss);
	if (f->after_loss) {
		key_instant(j, "lost_from", f->lost.from);
		key_instant(j, "lost_until", f->lost.to);
	}
	yajl_gen_map_close(j->gen);
}

static void json_finding(struct sink *sink, const struct finding *f)
{
	struct json_sink *j = json_of(sink);
	struct party none = { 0 };

	begin(j, "finding");
	key_time(j, f->time);
	key_string(j, "what", finding_what_name(f->what));
	key_string(j, "cause", finding_cause(f));
	key_string(j, "confidence", confidence_name(f->confidence));
	key_string(j, "trigger", f->trigger);
	put_conn(j, &f->conn);
	key_string(j, "state", words_state(f->state));
	key_party(j, "owner", &f->owner);
	key_party(j, "actor", &f->actor);
	key_party(j, "peer", f->has_peer ? &f->peer : &none);
	key_holders(j, f->holders);
	key_string(j, "why", f->why);
	key_string(j, "effect", f->effect);
	key_string(j, "advice", f->advice);
	put_evidence(j, f);
	if (f->spurious)
		key_bool(j, "spurious", true);
	put_string(j, "events");
	yajl_gen_array_open(j->gen);
	for (unsigned int i = 0; i < f->event_count; i++)
		yajl_gen_integer(j->gen, f->events[i]);
	yajl_gen_array_close(j->gen);
	finish(j);
}

/* One line for each finding; null: some of them were, which is not known. */
static void json_amendment(struct sink *sink, const struct amendment *a)
{
	const struct resent_verdict *v = a->verdict;
	struct json_sink *j = json_of(sink);

	for (unsigned int i = 0; i < v->count; i++) {
		begin(j, "amendment");
		key_time(j, a->time);
		key_number(j, "finding_seq", v->of[i].seq);
		if (v->needless >= v->segments)
			key_bool(j, "spurious", true);
		else
			key_null(j, "spurious");
		key_string(j, "proof", resent_proof_name(v->proof));
		key_number(j, "needless", v->needless);
		key_number(j, "of", v->segments);
		put_conn(j, &a->flow->conn);
		key_party(j, "owner", a->flow->owner);
		finish(j);
	}
}

/* --- the end of a connection --- */

static void put_end(struct json_sink *j, const struct flow *flow,
		    uint64_t let_go)
{
	yajl_gen_map_open(j->gen);
	key_endpoint(j, "local", flow->conn.laddr, flow->conn.lport);
	key_endpoint(j, "remote", flow->conn.raddr, flow->conn.rport);
	key_number(j, "netns", flow->conn.netns);
	key_foreign(j, "netns_name", host_netns(j->o.host, flow->conn.netns));
	key_party(j, "owner", flow->owner);
	key_holders(j, flow->holders);
	put_string(j, "states");
	yajl_gen_array_open(j->gen);
	for (unsigned int i = 0; i < flow->path_len; i++)
		put_string(j, words_state(flow->path[i]));
	yajl_gen_array_close(j->gen);
	key_number(j, "bytes_out", flow->bytes_out);
	key_number(j, "bytes_in", flow->bytes_in);
	key_number(j, "unread_bytes", flow->unread);
	key_number(j, "let_go_us", let_go / 1000);
	key_party(j, "let_go_by", flow->past->let_go_by);
	yajl_gen_map_close(j->gen);
}

static void json_ending(struct sink *sink, const struct ending *e)
{
	struct json_sink *j = json_of(sink);
	struct party who = { 0 };
	char trigger[32] = "";

	if (j->o.why_only)
		return;
	begin(j, "connection");
	key_time(j, e->time);
	key_string(j, "how", e->how);
	if (e->first)
		act_of_flow(&e->first->past->act, &who, trigger,
			    sizeof(trigger));
	key_party(j, "closed_by", &who);
	key_string(j, "trigger", *trigger ? trigger : NULL);
	if (e->duration)
		key_number(j, "duration_us", e->duration / 1000);
	else
		key_null(j, "duration_us");
	put_string(j, "ends");
	yajl_gen_array_open(j->gen);
	for (int i = 0; i < 2; i++)
		if (e->ends[i])
			put_end(j, e->ends[i], e->let_go[i]);
	yajl_gen_array_close(j->gen);
	finish(j);
}

/* --- losses, the end --- */

static void json_lost(struct sink *sink, const struct loss *loss)
{
	struct json_sink *j = json_of(sink);

	begin(j, "lost");
	key_time(j, loss->when.to);
	key_number(j, "lost", loss->count);
	key_number(j, "total", loss->total);
	key_instant(j, "from", loss->when.from);
	finish(j);
}

static void put_by_process(struct json_sink *j, const struct summary *s)
{
	put_string(j, "by_process");
	yajl_gen_array_open(j->gen);
	for (unsigned int i = 0; i < s->process_count; i++) {
		const struct party *who = &s->by_process[i].process;

		yajl_gen_map_open(j->gen);
		if (who->pid)
			key_number(j, "pid", who->pid);
		else
			key_null(j, "pid");
		key_foreign(j, "comm", who->pid ? who->comm : NULL);
		key_number(j, "count", s->by_process[i].count);
		yajl_gen_map_close(j->gen);
	}
	yajl_gen_array_close(j->gen);
	key_number(j, "by_process_others", s->process_others);
}

static void put_by_remote(struct json_sink *j, const struct summary *s)
{
	char text[WORDS_ENDPOINT_LEN];

	put_string(j, "by_remote");
	yajl_gen_array_open(j->gen);
	for (unsigned int i = 0; i < s->remote_count; i++) {
		words_address(s->by_remote[i].addr, text, sizeof(text));
		yajl_gen_map_open(j->gen);
		key_string(j, "addr", text);
		key_number(j, "count", s->by_remote[i].count);
		yajl_gen_map_close(j->gen);
	}
	yajl_gen_array_close(j->gen);
	key_number(j, "by_remote_others", s->remote_others);
}

static void json_end(struct sink *sink, const struct summary *s)
{
	struct json_sink *j = json_of(sink);

	begin(j, "end");
	key_number(j, "connections", s->connections);
	key_number(j, "findings", s->findings);
	put_string(j, "causes");
	yajl_gen_map_open(j->gen);
	for (unsigned int i = 0; i < s->cause_count; i++)
		key_number(j, s->causes[i].cause, s->causes[i].count);
	yajl_gen_map_close(j->gen);
	put_by_process(j, s);
	put_by_remote(j, s);
	put_string(j, "events");
	yajl_gen_map_open(j->gen);
	key_number(j, "delivered", s->events);
	key_number(j, "bad", s->bad);
	if (s->counted) {
		key_number(j, "received", s->received);
		key_number(j, "produced", s->produced);
		key_number(j, "lost", s->lost);
	} else {
		key_null(j, "received");
		key_null(j, "produced");
		key_null(j, "lost");
	}
	put_string(j, "kinds");
	yajl_gen_map_open(j->gen);
	for (unsigned int kind = 0; kind < EVENT_KINDS; kind++) {
		if (!s->kinds[kind].produced)
			continue;
		put_string(j, event_kind_name(kind));
		yajl_gen_map_open(j->gen);
		key_number(j, "produced", s->kinds[kind].produced);
		key_number(j, "received", s->kinds[kind].received);
		key_number(j, "lost", s->kinds[kind].lost);
		yajl_gen_map_close(j->gen);
	}
	yajl_gen_map_close(j->gen);
	yajl_gen_map_close(j->gen);
	key_number(j, "untraced_retransmissions", s->untraced);
	key_number(j, "flows_evicted", s->evicted);
	key_bool(j, "truncated", s->truncated);
	finish(j);
}

static void json_free(struct sink *sink)
{
	struct json_sink *j = json_of(sink);

	yajl_gen_free(j->gen);
	free(j);
}

static const struct sink_ops json_ops = {
	.start = json_start,
	.event = json_event,
	.finding = json_finding,
	.amendment = json_amendment,
	.ending = json_ending,
	.lost = json_lost,
	.end = json_end,
	.free = json_free,
};

struct sink *json_sink_new(const struct sink_options *options)
{
	struct json_sink *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->sink.ops = &json_ops;
	j->o = *options;
	j->gen = yajl_gen_alloc(NULL);
	if (!j->gen) {
		free(j);
		return NULL;
	}
	return &j->sink;
}
