// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "particulars.h"

#include <string.h>

#include "decode.h"
#include "evidence.h"
#include "line.h"
#include "loss.h"
#include "origin.h"
#include "words.h"

void particulars_begin(const struct evidence_case *c, struct finding *f)
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
		f->owner = *flow->owner;
	if (c->event->kind == EVENT_RESET_SENT && f->state == STATE_LISTEN) {
		flow = evidence_listener(c);
		f->owner = flow ? *flow->owner : (struct party){ 0 };
	}
	if (c->event->kind == EVENT_RETRANSMIT_SYNACK ||
	    (!flow && c->event->kind == EVENT_DROP) ||
	    (!flow && c->event->kind == EVENT_RESET_SENT &&
	     c->segment->tcp.state == STATE_LISTEN)) {
		flow = flow_find_listener(c->flows, c->conn, f->time, false);
		if (flow)
			f->owner = *flow->owner;
	}
	if (c->peer) {
		f->has_peer = true;
		f->peer = *c->peer->owner;
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
	if (flow && flow->born && c->event->time > flow->born) {
		uint64_t open = c->event->time - flow->born;

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

	f->holders = flow_holders(c->flow, c->event->time);
	if (!f->holders || f->actor.pid)
		return;
	for (unsigned int i = 0; i < f->holders->count; i++) {
		words_party(f->holders->who[i], who, sizeof(who));
		line_add(&line, "%s%s", i ? ", " : "", who);
	}
	finding_add_phrase(f, "held by %s", text);
}

static bool is_translated(const struct flow *flow, const struct flow *peer)
{
	struct event_conn other = conn_turned(&peer->conn);

	return flow_paired(flow) == peer && flow->conn.rport &&
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
void particulars_add(const struct evidence_case *c, struct finding *f)
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
	    peer && peer->resets->received.time) {
		finding_add_string(f, "peer_state",
				   words_state(peer->resets->state), NULL);
		finding_add_number(
			f, "peer_unread_bytes", peer->resets->unread,
			peer->resets->unread ? "%u B unread at the peer" : NULL,
			peer->resets->unread);
		finding_add_event(f, peer->resets->received.seq);
	}
}
