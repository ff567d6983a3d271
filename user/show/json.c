// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON, one object a line: the contract is docs/output.md. */
#include <stdlib.h>
#include <string.h>

#include "act.h"
#include "decode.h"
#include "json_words.h"
#include "sink.h"
#include "version.h"
#include "words.h"

struct json_sink {
	struct sink sink; /* first: a json_sink is a sink */
	struct sink_options o;
	struct json json;
};

static struct json_sink *json_of(struct sink *sink)
{
	return (struct json_sink *)sink;
}

static void begin(struct json_sink *j, const char *type)
{
	json_open(&j->json, '{');
	json_key_string(&j->json, "type", type);
}

static void finish(struct json_sink *j)
{
	json_close(&j->json, '}');
	json_line_end(&j->json.line, j->o.out);
}

/* --- start, events --- */

static void json_start(struct sink *sink)
{
	struct json_sink *j = json_of(sink);

	begin(j, "start");
	json_key_time(&j->json, host_start(j->o.host));
	json_key_string(&j->json, "version", TCPWHY_VERSION);
	json_key_foreign(&j->json, "kernel", host_release(j->o.host));
	json_key_foreign(&j->json, "host", host_hostname(j->o.host));
	finish(j);
}

static void put_sock_event(struct json_sink *j, const struct moment *m,
			   const struct sock_event *e)
{
	if (e->h.kind == EVENT_STATE) {
		json_key_string(&j->json, "old", words_state(e->old_state));
		json_key_string(&j->json, "new", words_state(e->new_state));
		if (m->duration_known)
			json_key_number(&j->json, "duration_us",
					m->duration / 1000);
		else
			json_key_null(&j->json, "duration_us");
	} else {
		json_key_string(&j->json, "state", words_state(e->new_state));
	}
	if (e->err)
		json_key_string(&j->json, "error", words_errno(e->err));
}

static void put_segment_event(struct json_sink *j,
			      const struct segment_event *e)
{
	enum name_space space =
		e->h.kind == EVENT_DROP ? NAME_DROP_REASON : NAME_RST_REASON;

	json_key_string(&j->json, "state", words_state(e->tcp.state));
	if (e->reason != EVENT_NO_REASON)
		json_key_string(&j->json, "reason",
				host_name(j->o.host, space, e->reason));
	if (e->err)
		json_key_string(&j->json, "error", words_send_error(e->err));
	if (!e->seg.present)
		return;
	json_key(&j->json, "segment");
	json_open(&j->json, '{');
	json_key_number(&j->json, "seq", e->seg.seq);
	json_key_number(&j->json, "len", e->seg.len);
	json_key_number(&j->json, "flags", e->seg.flags);
	json_close(&j->json, '}');
}

static void json_event(struct sink *sink, const struct moment *m)
{
	struct json_sink *j = json_of(sink);
	const struct sock_event *sock = event_sock(m->event);
	const struct segment_event *segment = event_segment(m->event);

	if (j->o.why_only)
		return;
	begin(j, "event");
	json_key_time(&j->json, m->event->time);
	json_key_number(&j->json, "seq", m->seq);
	json_key_string(&j->json, "kind", event_kind_name(m->event->kind));
	json_put_conn(&j->json, m->conn);
	json_key_party(&j->json, "owner", &m->owner);
	json_key_holders(&j->json, flow_holders(m->flow, m->event->time));
	if (sock)
		put_sock_event(j, m, sock);
	if (segment)
		put_segment_event(j, segment);
	finish(j);
}

/* --- findings --- */

static void put_evidence(struct json_sink *j, const struct finding *f)
{
	json_key(&j->json, "evidence");
	json_open(&j->json, '{');
	for (unsigned int i = 0; i < f->evidence_count; i++) {
		const struct evidence *e = &f->evidence[i];

		if (e->type == EVIDENCE_NUMBER)
			json_key_number(&j->json, e->key, e->number);
		else if (e->type == EVIDENCE_STRING)
			json_key_foreign(&j->json, e->key, e->string);
	}
	json_key(&j->json, "stack");
	json_open(&j->json, '[');
	for (unsigned int i = 0; i < f->stack.count; i++)
		json_put_string(&j->json, f->stack.frames[i]);
	json_close(&j->json, ']');
	json_key_bool(&j->json, "after_loss", f->after_loss);
	if (f->after_loss) {
		json_key_instant(&j->json, "lost_from", f->lost.from);
		json_key_instant(&j->json, "lost_until", f->lost.to);
	}
	json_close(&j->json, '}');
}

static void json_finding(struct sink *sink, const struct finding *f)
{
	struct json_sink *j = json_of(sink);
	struct party none = { 0 };

	begin(j, "finding");
	json_key_time(&j->json, f->time);
	json_key_string(&j->json, "what", finding_what_name(f->what));
	json_key_string(&j->json, "cause", finding_cause(f));
	json_key_string(&j->json, "confidence", confidence_name(f->confidence));
	json_key_string(&j->json, "trigger", f->trigger);
	json_put_conn(&j->json, &f->conn);
	json_key_string(&j->json, "state", words_state(f->state));
	json_key_party(&j->json, "owner", &f->owner);
	json_key_party(&j->json, "actor", &f->actor);
	json_key_party(&j->json, "peer", f->has_peer ? &f->peer : &none);
	json_key_holders(&j->json, f->holders);
	json_key_string(&j->json, "why", f->why);
	json_key_string(&j->json, "effect", f->effect);
	json_key_string(&j->json, "advice", f->advice);
	put_evidence(j, f);
	if (f->spurious)
		json_key_bool(&j->json, "spurious", true);
	json_key(&j->json, "events");
	json_open(&j->json, '[');
	for (unsigned int i = 0; i < f->event_count; i++)
		json_put_number(&j->json, f->events[i]);
	json_close(&j->json, ']');
	finish(j);
}

/* One line for each finding; null: some of them were, which is not known. */
static void json_amendment(struct sink *sink, const struct amendment *a)
{
	const struct resent_verdict *v = a->verdict;
	struct json_sink *j = json_of(sink);

	for (unsigned int i = 0; i < v->count; i++) {
		begin(j, "amendment");
		json_key_time(&j->json, a->time);
		json_key_number(&j->json, "finding_seq", v->of[i].seq);
		if (v->needless >= v->segments)
			json_key_bool(&j->json, "spurious", true);
		else
			json_key_null(&j->json, "spurious");
		json_key_string(&j->json, "proof", resent_proof_name(v->proof));
		json_key_number(&j->json, "needless", v->needless);
		json_key_number(&j->json, "of", v->segments);
		json_put_conn(&j->json, &a->flow->conn);
		json_key_party(&j->json, "owner", a->flow->owner);
		finish(j);
	}
}

/* --- the end of a connection --- */

static void put_end(struct json_sink *j, const struct flow *flow,
		    uint64_t let_go)
{
	json_open(&j->json, '{');
	json_key_endpoint(&j->json, "local", flow->conn.laddr,
			  flow->conn.lport);
	json_key_endpoint(&j->json, "remote", flow->conn.raddr,
			  flow->conn.rport);
	json_key_number(&j->json, "netns", flow->conn.netns);
	json_key_foreign(&j->json, "netns_name",
			 host_netns(j->o.host, flow->conn.netns));
	json_key_party(&j->json, "owner", flow->owner);
	json_key_holders(&j->json, flow->holders);
	json_key(&j->json, "states");
	json_open(&j->json, '[');
	for (unsigned int i = 0; i < flow->path_len; i++)
		json_put_string(&j->json, words_state(flow->path[i]));
	json_close(&j->json, ']');
	json_key_number(&j->json, "bytes_out", flow->bytes_out);
	json_key_number(&j->json, "bytes_in", flow->bytes_in);
	json_key_number(&j->json, "unread_bytes", flow->unread);
	json_key_number(&j->json, "let_go_us", let_go / 1000);
	json_key_party(&j->json, "let_go_by", flow->past->let_go_by);
	json_close(&j->json, '}');
}

static void json_ending(struct sink *sink, const struct ending *e)
{
	struct json_sink *j = json_of(sink);
	struct party who = { 0 };
	char trigger[32] = "";

	if (j->o.why_only)
		return;
	begin(j, "connection");
	json_key_time(&j->json, e->time);
	json_key_string(&j->json, "how", e->how);
	if (e->first)
		act_of_flow(&e->first->past->act, &who, trigger,
			    sizeof(trigger));
	json_key_party(&j->json, "closed_by", &who);
	json_key_string(&j->json, "trigger", *trigger ? trigger : NULL);
	if (e->duration)
		json_key_number(&j->json, "duration_us", e->duration / 1000);
	else
		json_key_null(&j->json, "duration_us");
	json_key(&j->json, "ends");
	json_open(&j->json, '[');
	for (int i = 0; i < 2; i++)
		if (e->ends[i])
			put_end(j, e->ends[i], e->let_go[i]);
	json_close(&j->json, ']');
	finish(j);
}

/* --- losses, the end --- */

static void json_lost(struct sink *sink, const struct loss *loss)
{
	struct json_sink *j = json_of(sink);

	begin(j, "lost");
	json_key_time(&j->json, loss->when.to);
	json_key_number(&j->json, "lost", loss->count);
	json_key_number(&j->json, "total", loss->total);
	json_key_instant(&j->json, "from", loss->when.from);
	finish(j);
}

static void put_by_process(struct json_sink *j, const struct summary *s)
{
	json_key(&j->json, "by_process");
	json_open(&j->json, '[');
	for (unsigned int i = 0; i < s->process_count; i++) {
		const struct party *who = &s->by_process[i].process;

		json_open(&j->json, '{');
		if (who->pid)
			json_key_number(&j->json, "pid", who->pid);
		else
			json_key_null(&j->json, "pid");
		json_key_foreign(&j->json, "comm", who->pid ? who->comm : NULL);
		json_key_number(&j->json, "count", s->by_process[i].count);
		json_close(&j->json, '}');
	}
	json_close(&j->json, ']');
	json_key_number(&j->json, "by_process_others", s->process_others);
}

static void put_by_remote(struct json_sink *j, const struct summary *s)
{
	char text[WORDS_ENDPOINT_LEN];

	json_key(&j->json, "by_remote");
	json_open(&j->json, '[');
	for (unsigned int i = 0; i < s->remote_count; i++) {
		words_address(s->by_remote[i].addr, text, sizeof(text));
		json_open(&j->json, '{');
		json_key_string(&j->json, "addr", text);
		json_key_number(&j->json, "count", s->by_remote[i].count);
		json_close(&j->json, '}');
	}
	json_close(&j->json, ']');
	json_key_number(&j->json, "by_remote_others", s->remote_others);
}

static void json_end(struct sink *sink, const struct summary *s)
{
	struct json_sink *j = json_of(sink);

	begin(j, "end");
	json_key_number(&j->json, "connections", s->connections);
	json_key_number(&j->json, "findings", s->findings);
	json_key(&j->json, "causes");
	json_open(&j->json, '{');
	for (unsigned int i = 0; i < s->cause_count; i++)
		json_key_number(&j->json, s->causes[i].cause,
				s->causes[i].count);
	json_close(&j->json, '}');
	put_by_process(j, s);
	put_by_remote(j, s);
	json_key(&j->json, "events");
	json_open(&j->json, '{');
	json_key_number(&j->json, "delivered", s->events);
	json_key_number(&j->json, "bad", s->bad);
	if (s->counted) {
		json_key_number(&j->json, "received", s->received);
		json_key_number(&j->json, "produced", s->produced);
		json_key_number(&j->json, "lost", s->lost);
	} else {
		json_key_null(&j->json, "received");
		json_key_null(&j->json, "produced");
		json_key_null(&j->json, "lost");
	}
	json_key(&j->json, "kinds");
	json_open(&j->json, '{');
	for (unsigned int kind = 0; kind < EVENT_KINDS; kind++) {
		if (!s->kinds[kind].produced && !s->kinds[kind].filtered)
			continue;
		json_key(&j->json, event_kind_name(kind));
		json_open(&j->json, '{');
		json_key_number(&j->json, "produced", s->kinds[kind].produced);
		json_key_number(&j->json, "received", s->kinds[kind].received);
		json_key_number(&j->json, "lost", s->kinds[kind].lost);
		json_key_number(&j->json, "filtered", s->kinds[kind].filtered);
		json_close(&j->json, '}');
	}
	json_close(&j->json, '}');
	json_close(&j->json, '}');
	json_key_number(&j->json, "untraced_retransmissions", s->untraced);
	json_key_number(&j->json, "flows_evicted", s->evicted);
	json_key_bool(&j->json, "truncated", s->truncated);
	finish(j);
}

static void json_free(struct sink *sink)
{
	struct json_sink *j = json_of(sink);

	json_line_free(&j->json.line);
	free(j);
}

static const struct sink_ops json_ops = {
	.start = json_start,
	.event = json_event,
	.detail = FINDING_FACTS,
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
	j->sink.findings_only = options->why_only;
	j->o = *options;
	j->json.host = options->host;
	return &j->sink;
}
