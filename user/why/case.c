// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "case.h"

#include <string.h>

#include "decode.h"
#include "evidence.h"
#include "failure.h"
#include "loss.h"
#include "untraced.h"
#include "words.h"

#define NSEC_PER_SEC 1000000000ULL

bool case_close_in_time(uint64_t a, uint64_t b)
{
	return a && b && (a > b ? a - b : b - a) <= CASE_SAME_RESET_NS;
}

bool case_just_begun(const struct evidence_case *c)
{
	uint64_t start = host_start(c->host);

	return start && c->event->time < start + CASE_SAME_RESET_NS;
}

static const struct drop *earlier_copy(const struct evidence_case *c)
{
	const struct tcp_segment *seg = &c->segment->seg;
	uint64_t time = c->event->time;
	const struct drop *drop;

	/* Of data only: a SYN is told apart by its flag. */
	uint8_t flags = c->segment->tcp.state == STATE_SYN_SENT ? TCP_SYN : 0;

	drop = drops_find(c->drops, c->conn, seg->seq, seg->end_seq, flags,
			  time);
	while (drop &&
	       (evidence_is_own_copy(c, drop) ||
		!words_drop_is_loss(c->host, &drop->event) ||
		(c->flow && !resent_because(c->flow, drop->time, seg->seq,
					    seg->end_seq, time))))
		drop = drops_find(c->drops, c->conn, seg->seq, seg->end_seq,
				  flags, drop->time - 1);
	return drop;
}

/* What TCP itself has no use for did no harm. */
static const struct drop *only_loss(const struct evidence_case *c,
				    const struct drop *drop)
{
	return drop && words_drop_is_loss(c->host, &drop->event) ? drop : NULL;
}

/* A segment of this connection, either way, dropped here since @since. */
static const struct drop *any_drop(const struct evidence_case *c,
				   uint64_t since, const char *reason)
{
	struct event_conn other = conn_turned(c->conn);
	const struct drop *drop;

	drop = drops_since(c->drops, c->conn, since, c->host, reason);
	return drop ? drop
		    : drops_since(c->drops, &other, since, c->host, reason);
}

static uint64_t before(uint64_t time, uint64_t duration)
{
	return time > duration ? time - duration : 0;
}

static uint64_t shortly_before(const struct evidence_case *c)
{
	return before(c->event->time, CASE_SAME_RESET_NS);
}

/* The segment that a RST answers: its receiver had sent it. */
static const struct drop *answered_segment(const struct evidence_case *c)
{
	struct event_conn receiver = conn_turned(c->conn);

	return drops_since(c->drops, &receiver, shortly_before(c), c->host,
			   "NETFILTER_DROP");
}

/* Each timeout is twice the one before; the first is a second. */
static uint64_t request_age(const struct evidence_case *c)
{
	unsigned int sent = c->segment->req.num_retrans;

	return ((2ULL << (sent < 16 ? sent : 16)) - 1) * NSEC_PER_SEC;
}

/* Our SYN-ACK, or what should have acknowledged it, dropped since the SYN. */
static const struct drop *handshake_drop(const struct evidence_case *c)
{
	struct event_conn other = conn_turned(c->conn);
	uint64_t now = c->event->time;
	uint64_t from = before(now, request_age(c) + NSEC_PER_SEC);
	const struct drop *drop;

	drop = drops_with_flags(c->drops, c->conn, from, now,
				TCP_SYN | TCP_ACK | TCP_RST, TCP_SYN | TCP_ACK);
	if (!drop)
		drop = drops_with_flags(c->drops, &other, from, now,
					TCP_SYN | TCP_ACK | TCP_RST, TCP_ACK);
	return only_loss(c, drop);
}

/*
 * A segment's number is not known: any since an attempt was begun, or since
 * what the peer did not acknowledge was sent again first.
 */
static const struct drop *failure_drop(const struct evidence_case *c)
{
	const struct flow *flow = c->flow;
	uint64_t since, until = c->event->time - 1;
	struct event_conn other;
	const struct drop *drop;

	if (!flow || c->sock->new_state != STATE_CLOSE)
		return NULL;
	if (c->sock->old_state == STATE_SYN_SENT)
		return drops_since(c->drops, c->conn, flow->born, c->host,
				   NULL);
	since = flow->symptoms->stuck.time;
	if (!since || !c->sock->err)
		return NULL;
	/* What was still queued is thrown away when it ends: no reason. */
	since = before(since, NSEC_PER_SEC);
	other = conn_turned(c->conn);
	drop = drops_with_flags(c->drops, c->conn, since, until, 0, 0);
	if (!drop)
		drop = drops_with_flags(c->drops, &other, since, until, 0, 0);
	return only_loss(c, drop);
}

static const struct drop *find_drop(const struct evidence_case *c)
{
	switch (c->event->kind) {
	case EVENT_RETRANSMIT:
		return earlier_copy(c);
	case EVENT_RETRANSMIT_SYNACK:
		return handshake_drop(c);
	case EVENT_RESET_RECEIVED:
		/* A firewall that drops a segment may answer it with a RST. */
		return drops_since(c->drops, c->conn, shortly_before(c),
				   c->host, "NETFILTER_DROP");
	case EVENT_PACKET:
		return answered_segment(c);
	case EVENT_DROP:
		return any_drop(c, shortly_before(c), "NETFILTER_DROP");
	case EVENT_STATE:
		return failure_drop(c);
	default:
		return NULL;
	}
}

static uint64_t since_born(const struct evidence_case *c, uint64_t time)
{
	return c->flow && c->flow->born > time ? c->flow->born : time;
}

/*
 * Since when a drop would explain what happened: UINT64_MAX if it is not about
 * that. What is sent again had left a timeout ago, or two.
 */
static uint64_t drop_matters_since(const struct evidence_case *c)
{
	uint64_t now = c->event->time, rto_us;

	switch (c->event->kind) {
	case EVENT_RETRANSMIT:
		rto_us = host_jiffies_us(c->host, c->segment->tcp.rto);
		return since_born(c, before(now, 2000 * rto_us));
	case EVENT_RETRANSMIT_SYNACK:
		/* A client may send its SYN again at once. */
		return c->stack->context == STACK_TIMER
			       ? before(now, request_age(c))
			       : now;
	case EVENT_STATE:
		if (!c->flow || c->sock->new_state != STATE_CLOSE)
			return UINT64_MAX;
		if (c->sock->old_state == STATE_SYN_SENT)
			return c->flow->born;
		return c->flow->symptoms->stuck.time
			       ? since_born(
					 c,
					 before(c->flow->symptoms->stuck.time,
						NSEC_PER_SEC))
			       : UINT64_MAX;
	default:
		return UINT64_MAX;
	}
}

/* Nothing was found, but what there was is forgotten, or came too early. */
static bool may_have_missed(const struct evidence_case *c)
{
	uint64_t since = drop_matters_since(c);
	uint64_t forgotten = drops_forgotten(c->drops);

	return !c->drop && ((forgotten && forgotten >= since) ||
			    host_start(c->host) > since);
}

/* How long before an event what explains it may be, where it has no socket. */
#define BEFORE_NS 10000000000ULL

/* How long after it; the window of pipeline.h. */
#define AFTER_NS 50000000ULL

/* From when on what we know of @flow (may be NULL) rests on events. */
static uint64_t known_from(const struct flow *flow, uint64_t otherwise)
{
	return flow && flow->born < otherwise ? flow->born : otherwise;
}

static bool lives_in_gap(const struct gaps *gaps, const struct moment *m,
			 struct span *lost)
{
	uint64_t time = m->event->time;
	uint64_t from = m->flow ? time : before(time, BEFORE_NS);
	struct span life = { 0, time + AFTER_NS };

	life.from = known_from(m->peer, known_from(m->flow, from));
	return gaps_touch(gaps, life, lost);
}

static const char *kernel_reason(struct evidence_case *c)
{
	enum name_space space = NAME_RST_REASON;
	const char *name = NULL;

	if (!c->segment || c->segment->reason == EVENT_NO_REASON)
		return "";
	name = untraced_reason(c->segment, &c->concluded);
	if (name)
		return name;
	if (c->event->kind == EVENT_DROP)
		space = NAME_DROP_REASON;
	name = host_name(c->host, space, c->segment->reason);
	return name ? name : "";
}

void case_build(struct evidence_case *c, struct stack *stack,
		const struct judge *judge, const struct moment *m)
{
	*c = (struct evidence_case){
		.host = judge->host,
		.flows = judge->flows,
		.drops = judge->drops,
		.resets = judge->resets,
		.event = m->event,
		.seq = m->seq,
		.sock = event_sock(m->event),
		.segment = event_segment(m->event),
		.conn = m->conn,
		.flow = m->flow,
		.state = m->state,
		.peer = m->peer,
		.stack = stack,
	};
	memset(stack, 0, sizeof(*stack));
	if (c->segment)
		stack_read(stack, judge->host, c->segment);
	c->reason = kernel_reason(c);
	c->drop = find_drop(c);
	c->drop_missed = may_have_missed(c);
	c->after_loss = lives_in_gap(judge->gaps, m, &c->lost);
}

/* A RST received, of which its sender's side is to be told. */
void case_turn_round(struct evidence_case *c)
{
	const struct flow *receiver = c->flow;

	c->turned = true;
	c->turned_conn = conn_turned(c->conn);
	c->turned_conn.netns = c->drop->event.conn.netns;
	c->conn = &c->turned_conn;
	c->flow = c->peer;
	c->state = c->flow ? c->flow->state : 0;
	c->peer = receiver;
}
