// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "act.h"
#include "untraced.h"
#include "catalogue.h"
#include "decode.h"
#include "evidence.h"
#include "failure.h"
#include "line.h"
#include "loss.h"
#include "origin.h"
#include "words.h"

/* A RST and its reception belong together if they are this close. */
#define SAME_RESET_NS 100000000ULL

#define NSEC_PER_SEC  1000000000ULL

static bool close_in_time(uint64_t a, uint64_t b)
{
	return a && b && (a > b ? a - b : b - a) <= SAME_RESET_NS;
}

/* --- the case --- */

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

static uint64_t shortly_before(const struct evidence_case *c)
{
	uint64_t time = c->event->time;

	return time > SAME_RESET_NS ? time - SAME_RESET_NS : 0;
}

/* The segment that a RST answers: its receiver had sent it. */
static const struct drop *answered_segment(const struct evidence_case *c)
{
	struct event_conn receiver = conn_turned(c->conn);

	return drops_since(c->drops, &receiver, shortly_before(c), c->host,
			   "NETFILTER_DROP");
}

/* Our SYN-ACK, or what should have acknowledged it, dropped since the SYN. */
static const struct drop *handshake_drop(const struct evidence_case *c)
{
	/* Each timeout is twice the one before; the first is a second. */
	unsigned int sent = c->segment->req.num_retrans;
	uint64_t age = (2ULL << (sent < 16 ? sent : 16)) * NSEC_PER_SEC;
	struct event_conn other = conn_turned(c->conn);
	uint64_t now = c->event->time, from = now > age ? now - age : 0;
	const struct drop *drop;

	drop = drops_with_flags(c->drops, c->conn, from, now,
				TCP_SYN | TCP_ACK | TCP_RST, TCP_SYN | TCP_ACK);
	return drop ? drop
		    : drops_with_flags(c->drops, &other, from, now,
				       TCP_SYN | TCP_ACK | TCP_RST, TCP_ACK);
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
		return drops_since(c->drops, c->conn, flow->born.time, c->host,
				   NULL);
	since = flow->stuck.time;
	if (!since || !c->sock->err)
		return NULL;
	/* What was still queued is thrown away when it ends: no reason. */
	since -= since > NSEC_PER_SEC ? NSEC_PER_SEC : since;
	other = conn_turned(c->conn);
	drop = drops_with_flags(c->drops, c->conn, since, until, 0, 0);
	return drop ? drop
		    : drops_with_flags(c->drops, &other, since, until, 0, 0);
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

static void build_case(struct evidence_case *c, struct stack *stack,
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
}

/* A RST received, of which its sender's side is to be told. */
static void turn_round(struct evidence_case *c)
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

/* --- is there something to explain? --- */

/*
 * Data after close calls tcp_reset() on the local socket: the event fires, but
 * no RST came in. A real one is seen by tcp_validate_incoming(), or in
 * SYN_SENT.
 */
static bool is_false_reset(const struct evidence_case *c)
{
	return c->segment->tcp.state != STATE_SYN_SENT &&
	       stack_calls(c->stack, "tcp_rcv_state_process", "tcp_reset");
}

/*
 * The RST came from this host: its sender's finding tells it. A half-open
 * request is no flow; what sent the RST, or had its place, may be one.
 */
static bool sent_from_here(const struct evidence_case *c)
{
	uint64_t time = c->event->time;
	struct span before = { 0, time + SAME_RESET_NS };
	const struct flow *sender;

	if (c->event->kind == EVENT_DROP && !(c->segment->seg.flags & TCP_RST))
		return false;
	if (c->flow && close_in_time(c->flow->reset_answered.time, time))
		return true;
	if (c->event->kind != EVENT_DROP)
		return false;
	sender = flow_find_peer(c->flows, c->conn, before);
	return sender && (close_in_time(sender->reset_sent.time, time) ||
			  close_in_time(sender->reset_aside.time, time));
}

static bool failed(const struct evidence_case *c, enum finding_what *what)
{
	const struct sock_event *e = c->sock;
	const struct flow *flow = c->flow;

	if (e->new_state != STATE_CLOSE || e->old_state == STATE_LISTEN)
		return false;
	if (flow && (flow->reset_received.time ||
		     close_in_time(flow->reset_answered.time, e->h.time)))
		return false; /* told by the RST */
	if (e->old_state == STATE_SYN_SENT) {
		*what = WHAT_CONNECT_FAILED;
		return true;
	}
	*what = WHAT_CONNECTION_FAILED;
	return (e->err == ETIMEDOUT || failure_is_unreachable(e->err)) &&
	       !(flow && flow->reset_sent.time);
}

/* Told when it is seen first, and when it is over: not at every look. */
static bool is_news(const struct evidence_case *c)
{
	const struct flow *flow = c->flow;

	return flow &&
	       (flow->stall.seq == c->seq || flow->stall_over.seq == c->seq);
}

/* False: nothing to explain. *only_if_known: no finding without a rule. */
static bool wants_finding(const struct evidence_case *c,
			  enum finding_what *what, bool *only_if_known)
{
	*only_if_known = false;
	switch (c->event->kind) {
	case EVENT_RESET_SENT:
		*what = WHAT_RST_SENT;
		return true;
	case EVENT_RESET_RECEIVED:
		*what = WHAT_RST_RECEIVED;
		return !is_false_reset(c) && !sent_from_here(c) &&
		       !origin_is_told(c);
	case EVENT_PACKET:
		*what = WHAT_RST_SENT;
		*only_if_known = true;
		return !origin_is_repeated(c);
	case EVENT_RETRANSMIT:
		*what = WHAT_RETRANSMIT;
		return true;
	case EVENT_RETRANSMIT_SYNACK:
		*what = WHAT_SYNACK_RETRANSMIT;
		return true;
	case EVENT_DROP:
		*what = WHAT_RST_RECEIVED;
		*only_if_known = true;
		return !sent_from_here(c);
	case EVENT_STATE:
		return failed(c, what);
	case EVENT_STALLED:
		*what = WHAT_STALLED;
		return is_news(c);
	default:
		return false;
	}
}

/* --- the finding --- */

static void fill_ends(const struct evidence_case *c, struct finding *f)
{
	const struct flow *flow = c->flow;

	f->conn = *c->conn;
	if (c->turned || c->event->kind == EVENT_PACKET)
		f->state = c->state;
	else if (c->segment)
		f->state = c->segment->tcp.state;
	else
		f->state = c->sock->old_state;
	if (flow)
		f->owner = flow->owner;
	if (c->event->kind == EVENT_RESET_SENT && f->state == STATE_LISTEN) {
		flow = evidence_listener(c);
		f->owner = flow ? flow->owner : (struct party){ 0 };
	}
	if (c->event->kind == EVENT_RETRANSMIT_SYNACK ||
	    (!flow && c->event->kind == EVENT_DROP) ||
	    (!flow && c->event->kind == EVENT_RESET_SENT &&
	     c->segment->tcp.state == STATE_LISTEN)) {
		flow = flow_find_listener(c->flows, c->conn, f->time, false);
		if (flow)
			f->owner = flow->owner;
	}
	if (c->peer) {
		f->has_peer = true;
		f->peer = c->peer->owner;
	}
}

static void add_stack(const struct evidence_case *c, struct finding *f)
{
	char text[160] = "";
	struct line line = LINE(text);

	unsigned int first = 1; /* the innermost is the traced one itself */

	f->stack = *c->stack;
	/* A packet's way to the device says nothing. */
	if (c->event->kind == EVENT_PACKET && origin_of(c->stack, &first))
		first = first ? first : 1;
	for (unsigned int i = first; i < c->stack->count && i < first + 3; i++)
		line_add(&line, "%s%s", i > first ? " ← " : "",
			 c->stack->frames[i]);
	if (*text)
		finding_add_string(f, "where", c->stack->frames[first], "%s",
				   text);
}

static void add_traffic(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	const struct flow *flow = c->flow;
	uint64_t in = tcp->bytes_in;
	char text[32];

	if (c->turned || !(tcp->flags & SOCK_F_FULL) ||
	    tcp->state == STATE_LISTEN || tcp->state == STATE_SYN_SENT)
		return;
	if (tcp->flags & SOCK_F_FIN_SEEN && in)
		in--;
	finding_add_number(f, "bytes_in", in, "%llu B in",
			   (unsigned long long)in);
	finding_add_number(f, "bytes_out", tcp->bytes_out, "%llu B out",
			   (unsigned long long)tcp->bytes_out);
	if (flow && flow->born.time && c->event->time > flow->born.time) {
		uint64_t open = c->event->time - flow->born.time;

		words_duration(open, text, sizeof(text));
		finding_add_number(f, "open_us", open / 1000, "open %s", text);
	}
}

/*
 * Several processes may hold one socket: fork, SCM_RIGHTS. In text all are
 * named where none of them did it.
 */
static void add_holders(const struct evidence_case *c, struct finding *f)
{
	char text[160] = "", who[96];
	struct line line = LINE(text);

	f->holder_count = flow_holders(c->flow, c->event->time, &f->holders);
	if (!f->holder_count || f->actor.pid)
		return;
	for (unsigned int i = 0; i < f->holder_count; i++) {
		words_party(&f->holders[i], who, sizeof(who));
		line_add(&line, "%s%s", i ? ", " : "", who);
	}
	finding_add_phrase(f, "held by %s", text);
}

static bool is_translated(const struct flow *flow, const struct flow *peer)
{
	struct event_conn other = conn_turned(&peer->conn);

	return flow->paired == peer && flow->conn.rport &&
	       (memcmp(other.laddr, flow->conn.laddr, 16) != 0 ||
		memcmp(other.raddr, flow->conn.raddr, 16) != 0 ||
		other.lport != flow->conn.lport ||
		other.rport != flow->conn.rport);
}

/* The two ends know each other by other addresses than they have. */
static void add_translation(const struct flow *peer, struct finding *f)
{
	char local[WORDS_ENDPOINT_LEN], remote[WORDS_ENDPOINT_LEN];

	words_endpoint(peer->conn.laddr, peer->conn.lport, local,
		       sizeof(local));
	words_endpoint(peer->conn.raddr, peer->conn.rport, remote,
		       sizeof(remote));
	finding_add_string(f, "peer_found_by", "initial-sequence-numbers",
			   NULL);
	finding_add_string(f, "peer_local", local, NULL);
	finding_add_string(f, "peer_remote", remote,
			   "address translation: the peer is %s → %s (same "
			   "initial sequence numbers)",
			   local, remote);
}

/* What every finding shows, after what its rule has put first. */
static void add_common(const struct evidence_case *c, struct finding *f)
{
	const struct flow *peer = c->peer;

	if (c->event->kind == EVENT_RETRANSMIT)
		loss_add_history(c, f);
	if (c->segment) {
		add_stack(c, f);
		if (*c->reason)
			finding_add_string(f, "reason", c->reason, "reason %s",
					   c->reason);
		add_traffic(c, f);
	}
	add_holders(c, f);
	if (c->flow && peer && is_translated(c->flow, peer))
		add_translation(peer, f);
	if ((c->event->kind == EVENT_RESET_SENT || c->turned ||
	     c->event->kind == EVENT_PACKET) &&
	    peer && peer->reset_received.time) {
		finding_add_string(f, "peer_state",
				   words_state(peer->reset_state), NULL);
		finding_add_number(
			f, "peer_unread_bytes", peer->reset_unread,
			peer->reset_unread ? "%u B unread at the peer" : NULL,
			peer->reset_unread);
		finding_add_event(f, peer->reset_received.seq);
	}
}

static void match_rules(const struct evidence_case *c, struct finding *f)
{
	unsigned char blank[FINDING_HEAD];

	memcpy(blank, f, sizeof(blank));
	for (unsigned int i = 0; catalogue[i]; i++) {
		for (unsigned int r = 0; r < catalogue[i]->count; r++) {
			const struct rule *rule = &catalogue[i]->rules[r];

#ifdef TCPWHY_WITHOUT_RULE /* see tests/without-each-rule */
			if (!strcmp(rule->id, TCPWHY_WITHOUT_RULE))
				continue;
#endif
			if (!(rule->triggers & 1U << c->event->kind))
				continue;
			f->confidence = CONFIDENCE_CERTAIN;
			if (rule->match(c, f)) {
				f->rule = rule;
				return;
			}
			/* A failed match leaves no trace. */
			memcpy(f, blank, sizeof(blank));
		}
	}
}

static void describe_unknown(const struct evidence_case *c, struct finding *f)
{
	f->confidence = CONFIDENCE_UNKNOWN;
	if (c->event->kind == EVENT_RESET_SENT && !c->segment->seg.present &&
	    c->stack->context == STACK_PROCESS)
		act_of_task(c, f);
	else
		snprintf(f->trigger, sizeof(f->trigger), "%s",
			 c->stack->context == STACK_TIMER     ? "timer"
			 : c->stack->context == STACK_SOFTIRQ ? "segment"
							      : "unknown");
	if (c->segment && c->segment->err)
		finding_add_number(f, "errno", -(int64_t)c->segment->err,
				   "not sent: %s",
				   words_errno(-(int64_t)c->segment->err));
	if (c->sock && c->sock->err)
		finding_add_number(f, "errno", c->sock->err, "%s",
				   words_errno(c->sock->err));
	snprintf(f->why, sizeof(f->why),
		 "no rule of tcpwhy explains this; what was seen is below");
	snprintf(f->advice, sizeof(f->advice),
		 "the function names below say where in the kernel it came "
		 "from");
}

static const char *proof_words(enum resent_proof proof)
{
	return proof == PROOF_DSACK
		       ? "needless: the peer had it (D-SACK)"
		       : "needless: the kernel took it back (undo)";
}

/* One more of its kind; what is known of its need is told with it. */
static void settle_resent(const struct evidence_case *c, const struct moment *m,
			  struct finding *f)
{
	enum resent_proof proof = resent_take_proof(m->flow, m->seq);
	bool sure;

	resent_count(m->flow, c->segment->err ? RESENT_FAILED
					      : loss_mechanism(c, &sure));
	if (proof == PROOF_NONE)
		return;
	f->spurious = true;
	finding_add_string(f, "proof", resent_proof_name(proof), "%s",
			   proof_words(proof));
}

bool judge_moment(const struct judge *judge, const struct moment *m,
		  struct finding *f)
{
	struct evidence_case c;
	struct stack stack;
	bool only_if_known;

	if (!m->conn)
		return false;
	build_case(&c, &stack, judge, m);
	finding_clear(f);
	if (!wants_finding(&c, &f->what, &only_if_known))
		return false;
	if (origin_is_firewall(&c))
		turn_round(&c);
	f->time = m->event->time;
	f->seq = m->seq;
	fill_ends(&c, f);
	finding_add_event(f, m->seq);
	match_rules(&c, f);
	if (!f->rule && only_if_known)
		return false;
	if (c.concluded && f->confidence == CONFIDENCE_CERTAIN)
		f->confidence = CONFIDENCE_LIKELY;
	if (!f->rule)
		describe_unknown(&c, f);
	add_common(&c, f);
	if (m->event->kind == EVENT_RETRANSMIT && m->flow)
		settle_resent(&c, m, f);
	if (f->rule) {
		f->what = f->rule->what;
		words_expand(f->rule->why, &c, f, f->why, sizeof(f->why));
		words_expand(f->rule->effect, &c, f, f->effect,
			     sizeof(f->effect));
		words_expand(f->rule->advice, &c, f, f->advice,
			     sizeof(f->advice));
	}
	return true;
}
