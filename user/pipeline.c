// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "untraced.h"
#include "decode.h"
#include "drops.h"
#include "ending.h"
#include "errand.h"
#include "flow.h"
#include "judge.h"
#include "kin.h"
#include "owner.h"
#include "queue.h"
#include "resets.h"
#include "tally.h"
#include "words.h"

#define MAX_DROPS  2048
#define MAX_RESETS 512

/* Losses are told no more often than this, ns of event time. */
#define LOSS_EVERY_NS 500000000ULL

/* How long after an event the kernel is asked about its owner. */
#define ASK_AFTER_NS 20000000ULL

struct pipeline {
	struct host *host;
	struct scope *scope;
	struct sink *sink;
	struct flow_table *flows;
	struct drops *drops;
	struct resets *resets;
	struct errands *errands;
	struct kin *kin;
	struct queue queue;
	struct finding finding; /* the one being made; large */
	uint64_t seq;
	uint64_t now; /* the latest time seen */
	struct gaps gaps;
	uint64_t counted_at; /* the time of the last counts */
	struct loss loss;    /* not told yet */
	uint64_t loss_told;
	struct summary summary;
	struct tally *tally;
};

struct pipeline *pipeline_new(struct host *host, struct scope *scope,
			      struct sink *sink, uint32_t max_sockets)
{
	struct pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->host = host;
	p->scope = scope;
	scope_set_host(scope, host);
	p->sink = sink;
	p->flows = flow_table_new(max_sockets);
	p->drops = drops_new(MAX_DROPS);
	p->resets = resets_new(MAX_RESETS);
	p->errands = errands_new();
	p->kin = kin_new();
	p->tally = tally_new();
	if (!p->flows || !p->drops || !p->resets || !p->errands || !p->kin ||
	    !p->tally) {
		pipeline_free(p);
		return NULL;
	}
	return p;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	scope_set_host(p->scope, NULL);
	queue_free(&p->queue);
	tally_free(p->tally);
	kin_free(p->kin);
	drops_free(p->drops);
	resets_free(p->resets);
	errands_free(p->errands);
	flow_table_free(p->flows);
	free(p);
}

/* The connection has lost @m's flow: tell it, once both ends are given up. */
static void tell_ending(struct pipeline *p, const struct moment *m)
{
	struct ending ending;

	if (!ending_of(m, &ending) ||
	    !scope_keeps_flow(p->scope, ending.ends[0], ending.ends[1]))
		return;
	p->summary.connections++;
	p->sink->ops->ending(p->sink, &ending);
}

/* --- settling --- */

static bool is_shown(const struct event_header *e)
{
	return e->kind != EVENT_EXISTING && e->kind != EVENT_HOLDER &&
	       event_conn(e);
}

/*
 * When the other end of a moment's connection must have lived: during the
 * life of this end, or, where there is no socket (any more), around the event.
 */
static struct span life_around(const struct moment *m)
{
	uint64_t time = m->event->time;
	struct span span = { 0, time + PIPELINE_SETTLE_NS };

	if (m->flow &&
	    (!m->flow->past->gone.time || m->flow->past->gone.time >= time)) {
		span.from = m->flow->born;
		if (m->flow->past->ended.time)
			span.to = m->flow->past->ended.time;
	} else if (time > PIPELINE_SETTLE_NS) {
		span.from = time - PIPELINE_SETTLE_NS;
	}
	return span;
}

/*
 * In SYN_SENT a socket has answered an older connection of its ports; by the
 * time this settles it may have a newer one, with another socket there.
 */
static struct flow *find_older_peer(const struct pipeline *p,
				    const struct moment *m)
{
	const struct segment_event *e = event_segment(m->event);
	struct span then = { 0, m->event->time };

	if (!e || e->h.kind != EVENT_RESET_SENT ||
	    e->tcp.state != STATE_SYN_SENT)
		return NULL;
	if (then.to > PIPELINE_SETTLE_NS)
		then.from = then.to - PIPELINE_SETTLE_NS;
	return flow_find_peer(p->flows, m->conn, then);
}

static struct flow *find_peer(const struct pipeline *p, const struct moment *m)
{
	struct flow *older = find_older_peer(p, m);

	if (older)
		return older;
	if (m->flow)
		return flow_peer(p->flows, m->flow, life_around(m));
	return flow_find_peer(p->flows, m->conn, life_around(m));
}

/* Findings shown before may have become known as needless by this event. */
static void tell_needless(struct pipeline *p, const struct moment *m)
{
	struct resent_verdict verdict;
	struct amendment a = { m->event->time, m->flow, &verdict };

	while (m->flow && resent_take_verdict(m->flow, m->seq, &verdict))
		if (verdict.count && scope_keeps(p->scope, m, NULL))
			p->sink->ops->amendment(p->sink, &a);
}

/*
 * A connection that was over, its ports free for the next. The address of its
 * socket may be that of another by then.
 */
static bool is_former(const struct moment *m)
{
	uint64_t ended = m->flow->past->ended.time;
	uint64_t gone = m->flow->past->gone.time;
	uint64_t time = m->event->time;

	return ended && ended < time &&
	       (m->flow->sock != m->event->sock || (gone && gone < time)) &&
	       !flow_in_time_wait(m->flow, time);
}

/* Of a handshake: whose it is to be only a listener's. */
static void find_listener(const struct pipeline *p, struct moment *m)
{
	struct event_conn other = conn_turned(m->conn);
	uint64_t time = m->event->time;

	if (m->event->kind != EVENT_DROP || m->peer ||
	    (m->flow && !is_former(m)))
		return;
	m->listener = flow_find_listener(p->flows, m->conn, time, false);
	if (m->listener)
		m->flow = NULL;
	else if (!m->flow)
		m->listener = flow_find_listener(p->flows, &other, time, false);
}

/* Of a storm most findings are only counted: no need to put them in words. */
static void show_moment(struct pipeline *p, const struct moment *m)
{
	const struct judge judge = { p->host, p->flows, p->drops, p->resets,
				     &p->gaps };
	const struct sink_ops *ops = p->sink->ops;
	bool twice = ops->count && m->event->kind != EVENT_RETRANSMIT;
	struct finding *f = &p->finding;
	bool found;

	if (!scope_may_keep(p->scope, m))
		return;
	found = judge_moment(&judge, m, twice ? FINDING_BRIEF : ops->detail, f);
	if (!scope_keeps(p->scope, m, found ? f : NULL))
		return;
	ops->event(p->sink, m);
	if (!found)
		return;
	tally_add(p->tally, f);
	if (ops->count && ops->count(p->sink, f))
		return;
	if (twice)
		judge_moment(&judge, m, ops->detail, f);
	ops->finding(p->sink, f);
}

static int settle_event(struct pipeline *p, const struct queue_item *item,
			const struct event_header *e)
{
	struct moment m = {
		.seq = item->seq,
		.event = e,
		.conn = event_conn(e),
		.flow = item->flow,
		.duration = item->duration,
		.duration_known = item->duration_known,
		.state = item->state,
	};
	int err;

	if (!m.conn || !is_shown(e))
		return 0;
	if (p->sink->ops->detail == FINDING_NONE)
		return owner_settle(p->kin, p->flows, m.flow);
	/* A mini-socket's or listener's event has its own, complete ends. */
	if (m.flow && m.flow->sock == e->sock &&
	    (!m.conn->lport || !m.conn->rport || event_sock(e)))
		m.conn = &m.flow->conn;
	m.peer = find_peer(p, &m);
	find_listener(p, &m);
	err = owner_settle(p->kin, p->flows, m.flow);
	if (!err)
		err = owner_settle(p->kin, p->flows, m.peer);
	m.owner = owner_at(m.flow, e);
	/* Its ends may have become known only since: see flow_apply(). */
	if (e->kind == EVENT_RESET_SENT && m.peer &&
	    !m.peer->resets->answered.time && !err)
		err = flow_answered(p->flows, m.peer,
				    (struct flow_mark){ e->time, item->seq });
	if (err)
		return err;

	show_moment(p, &m);
	tell_needless(p, &m);
	if (m.flow && (e->kind == EVENT_DESTROY ||
		       (ending_is_dissolved(m.flow) &&
			m.flow->past->ended.seq == item->seq)))
		tell_ending(p, &m);
	return 0;
}

/* By @now all that was lost is of the past; it may go on, in a storm. */
static void tell_loss(struct pipeline *p, uint64_t now)
{
	if (!p->loss.count ||
	    (p->loss_told && now < p->loss_told + LOSS_EVERY_NS))
		return;
	p->loss.total = p->summary.lost;
	p->sink->ops->lost(p->sink, &p->loss);
	p->loss.count = 0;
	p->loss_told = now;
}

static int settle_first(struct pipeline *p)
{
	const struct queue_item *item = queue_first(&p->queue);
	const struct event_header *e = queue_event(item);
	int err = 0;

	sink_advance(p->sink, item->time);
	if (p->loss.when.to < item->time)
		tell_loss(p, item->time);
	err = settle_event(p, item, e);
	flow_unref(item->flow);
	queue_pop(&p->queue);
	return err;
}

static int advance(struct pipeline *p, uint64_t now)
{
	const struct queue_item *item;
	int err = 0;

	if (now <= p->now)
		return 0;
	p->now = now;
	while (!err && (item = queue_first(&p->queue)) &&
	       item->time + PIPELINE_SETTLE_NS <= now)
		err = settle_first(p);
	if (now <= PIPELINE_SETTLE_NS)
		return err;
	sink_advance(p->sink, now - PIPELINE_SETTLE_NS);
	if (p->loss.when.to < now - PIPELINE_SETTLE_NS)
		tell_loss(p, now - PIPELINE_SETTLE_NS);
	return err;
}

/* --- what a source delivers --- */

/* A SYN that was not answered: is a queue full that it should be in? */
static bool is_unanswered(const struct event_header *e)
{
	const struct segment_event *segment = event_segment(e);
	const struct sock_event *sock = event_sock(e);

	if (e->kind == EVENT_RETRANSMIT)
		return segment->tcp.state == STATE_SYN_SENT;
	return e->kind == EVENT_STATE && sock->old_state == STATE_SYN_SENT &&
	       sock->new_state == STATE_CLOSE;
}

/* Is there to be said anything about @e, or about @flow because of it? */
static bool is_told(const struct pipeline *p, const struct event_header *e,
		    const struct flow *flow)
{
	if (p->sink->ops->detail == FINDING_NONE)
		return false;
	return !p->sink->findings_only || e->kind == EVENT_DESTROY ||
	       !judge_is_ordinary(e) || !flow || flow->symptoms->resent;
}

static int on_event(void *arg, const struct event_header *e)
{
	struct pipeline *p = arg;
	struct queue_item item = { .time = e->time, .seq = ++p->seq };
	union errand_event errand;
	struct segment_event answer;
	struct flow_change change;
	int err = 0;

	errands_learn(p->errands, e);
	e = errands_done_for(p->errands, p->flows, e, &errand);
	if (e->kind == EVENT_DROP &&
	    untraced_answer(p->host, p->flows, p->resets, event_segment(e),
			    &answer))
		e = &answer.h;
	/* An answer about what waits must not make it settle first. */
	if (e->kind != EVENT_HOLDER && e->kind != EVENT_EXISTING)
		err = advance(p, e->time);
	p->summary.events++;
	if (!err)
		err = kin_apply(p->kin, e);
	if (!err && event_fork(e))
		err = scope_fork(p->scope, event_fork(e));
	if (err)
		return err;
	err = flow_apply(p->flows, e, item.seq, &change);
	p->summary.untraced += change.untraced;
	if (!err && e->kind == EVENT_DROP)
		err = drops_add(p->drops, event_segment(e), item.seq,
				words_drop_is_common(p->host, event_segment(e))
					? DROP_COMMON
					: DROP_LOSS);
	if (e->kind == EVENT_RESET_SENT || e->kind == EVENT_PACKET)
		resets_add(p->resets, event_segment(e), item.seq);
	if (err || !is_shown(e))
		return err;
	item.settled = !is_unanswered(e) &&
		       !owner_may_ask(p->kin, change.flow, e->time);
	if (item.settled && !is_told(p, e, change.flow))
		return 0;
	item.flow = flow_ref(change.flow);
	item.state = change.flow ? change.flow->state : 0;
	item.duration = change.duration;
	item.duration_known = change.duration_known;
	err = queue_push(&p->queue, &item, e);
	if (err)
		flow_unref(item.flow);
	return err;
}

/* Recordings did not always tell when: then at any time since the last. */
static struct span gap_of(const struct pipeline *p, const struct fact *fact)
{
	if (fact->counts.gap_to)
		return (struct span){ fact->counts.gap_from,
				      fact->counts.gap_to };
	return (struct span){ p->counted_at, p->now };
}

static void on_counts(struct pipeline *p, const struct fact *fact)
{
	struct summary *s = &p->summary;
	struct span gap = gap_of(p, fact);
	uint64_t lost = 0;

	s->counted = true;
	s->produced = 0;
	s->bad = fact->counts.bad;
	s->received = fact->counts.decoded;
	memcpy(s->kinds, fact->counts.kinds, sizeof(s->kinds));
	for (unsigned int kind = 0; kind < EVENT_KINDS; kind++) {
		s->produced += s->kinds[kind].produced;
		lost += s->kinds[kind].lost;
	}
	p->counted_at = p->now;
	if (lost != s->lost || fact->counts.gap_to)
		gaps_add(&p->gaps, gap);
	if (lost == s->lost)
		return;
	if (!p->loss.count)
		p->loss.when.from = gap.from;
	p->loss.when.to = gap.to;
	p->loss.count += lost - s->lost;
	s->lost = lost;
}

static int on_fact(void *arg, const struct fact *fact)
{
	struct pipeline *p = arg;

	if (fact->kind == FACT_COUNTS) {
		on_counts(p, fact);
		return 0;
	}
	if (fact->kind == FACT_SCOPE) {
		if (fact->scope.root_pid)
			scope_set_root(p->scope, fact->scope.root_pid);
		return scope_parse(p->scope, fact->scope.filters);
	}
	return host_learn(p->host, fact);
}

static int on_tick(void *arg, uint64_t now)
{
	return advance(arg, now);
}

static void ask_about(const struct owner_finder *finder,
		      const struct queue_item *item, struct holder_query *q)
{
	const struct event_header *e = queue_event(item);

	owner_ask(finder, item->flow, item->time, q);
	if (e && item->flow && is_unanswered(e))
		owner_ask_listeners(finder, &item->flow->conn, item->time, q);
}

static bool on_wants(void *arg, uint64_t now, struct holder_query *q)
{
	struct pipeline *p = arg;
	struct owner_finder finder = { p->flows, p->kin, now };
	const struct queue_item *item;

	q->held.sock_count = q->held.pid_count = 0;
	q->ports.sock_count = q->ports.pid_count = 0;
	while (q->held.sock_count < EVENT_MAX_WANTED &&
	       q->ports.sock_count < EVENT_MAX_WANTED &&
	       (item = queue_look_ahead(&p->queue, now - ASK_AFTER_NS)))
		ask_about(&finder, item, q);
	return q->held.sock_count || q->ports.sock_count;
}

static uint64_t on_due(void *arg)
{
	const struct pipeline *p = arg;
	const struct queue_item *first = queue_first(&p->queue);
	const struct queue_item *open = queue_first_open(&p->queue);
	uint64_t due = UINT64_MAX;

	if (first)
		due = first->time + PIPELINE_SETTLE_NS;
	if (open && open->time + ASK_AFTER_NS < due)
		due = open->time + ASK_AFTER_NS;
	return due;
}

struct source_handler pipeline_handler(struct pipeline *p)
{
	return (struct source_handler){ on_fact,  on_event, on_tick,
					on_wants, on_due,   p };
}

void pipeline_end(struct pipeline *p, bool truncated, uint64_t bad)
{
	while (queue_first(&p->queue))
		(void)settle_first(p); /* show what can be shown */
	p->loss_told = 0;
	tell_loss(p, p->now);
	p->summary.truncated = truncated;
	p->summary.bad += bad;
	p->summary.evicted = flow_table_evicted(p->flows);
	tally_sum(p->tally, &p->summary);
	p->sink->ops->end(p->sink, &p->summary);
}
