// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What each event teaches about its flow. */
#include "flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "flow_table.h"
#include "resent.h"
#include "symptom.h"

static struct party party_from(const struct event_header *e)
{
	struct party party = {
		.basis = PARTY_PROVEN,
		.pid = e->pid,
		.tid = e->tid,
		.start_time = e->start_time,
	};

	memcpy(party.comm, e->comm, sizeof(party.comm));
	return party;
}

static bool same_process(const struct party *a, const struct party *b)
{
	return a->pid == b->pid && a->start_time == b->start_time;
}

/* A task that holds the socket's lock is a user of it, unless it kills it. */
static void learn_owner(struct flow *flow, const struct event_header *e)
{
	if (!(e->flags & EVENT_F_OWNED) || e->flags & EVENT_F_KTHREAD ||
	    !e->pid || flow->killed)
		return;
	flow->owner = party_from(e);
	flow->owner_time = e->time;
}

/*
 * Addresses and ports appear during the handshake and vanish again at the
 * end; what was known stays.
 */
static int learn_conn(struct flow_table *table, struct flow_node *node,
		      const struct event_conn *conn)
{
	struct event_conn *known = &node->flow.conn;

	if ((known->lport && known->rport) || node->flow.listener)
		return 0;
	if (!conn->lport || !conn->rport)
		return 0;
	*known = *conn;
	return flow_file(table, node);
}

static void path_add(struct flow *flow, uint8_t state)
{
	if (flow->path_len < FLOW_MAX_PATH)
		flow->path[flow->path_len++] = state;
}

/*
 * The kernel counts what it sends again before it traces it. Now and then it
 * does not run our program (seen on 6.18, of a timer's retransmissions, with
 * no miss counted): what is more than we saw comes to light here.
 */
static uint32_t learn_untraced(struct flow *flow, const struct sock_event *e)
{
	uint32_t known, more;

	/* SYN-ACKs count too, and are another event. */
	if (e->old_state == STATE_LISTEN || e->old_state == STATE_SYN_RECV)
		flow->traced = e->total_retrans;
	known = flow->traced + flow->untraced;
	more = e->total_retrans > known ? e->total_retrans - known : 0;
	flow->untraced += more;
	return more;
}

static void learn_counters(struct flow *flow, const struct sock_event *e)
{
	uint32_t fin = e->flags & SOCK_F_FIN_SEEN ? 1 : 0;

	flow->fin_seen |= fin;
	/* A disconnect resets the counters to 0: keep what was. */
	if (e->bytes_out >= flow->bytes_out)
		flow->bytes_out = e->bytes_out;
	if (e->bytes_in >= fin && e->bytes_in - fin >= flow->bytes_in)
		flow->bytes_in = e->bytes_in - fin;
	if (!flow->ended.time)
		flow->unread = e->unread >= fin ? e->unread - fin : 0;
}

static bool begins_end(uint8_t new)
{
	return new == STATE_FIN_WAIT1 || new == STATE_LAST_ACK ||
	       new == STATE_CLOSE;
}

static enum flow_act_kind act_kind(const struct sock_event *e)
{
	if (e->closing || e->h.flags & EVENT_F_EXITING)
		return ACT_CLOSE;
	if (e->new_state != STATE_CLOSE || e->shutdown)
		return ACT_SHUTDOWN;
	/* Of these two shutdown() makes a disconnect, too. */
	return e->old_state == STATE_SYN_SENT || e->old_state == STATE_LISTEN
		       ? ACT_GIVE_UP
		       : ACT_DISCONNECT;
}

static void learn_act(struct flow *flow, const struct event_header *e,
		      enum flow_act_kind kind, struct flow_mark mark)
{
	struct flow_act *act = &flow->act;

	if (act->mark.time || !(e->flags & EVENT_F_OWNED) || flow->killed ||
	    flow->reset_received.time)
		return;
	act->mark = mark;
	act->who = party_from(e);
	act->kind = kind;
	act->exiting = e->flags & EVENT_F_EXITING;
	act->exit_code = e->exit_code;
}

/* A kernel thread closes what is MPTCP's when a process has closed that. */
static bool is_servant(const struct sock_event *e)
{
	return e->flags & SOCK_F_MPTCP && e->h.flags & EVENT_F_KTHREAD;
}

/*
 * MPTCP: what was done to its socket was done to the TCP connections below it,
 * of which the first stands for all.
 */
static void apply_subflow(struct flow_table *table,
			  const struct subflow_event *e, struct flow_mark mark,
			  struct flow_change *change)
{
	struct flow_node *node = flow_by_sock(table, e->h.sock);
	struct flow_node *first = flow_by_sock(table, e->first);
	struct flow *flow;

	if (!node || node->flow.destroyed)
		return;
	flow = &node->flow;
	change->flow = flow;
	if (first && first != node && flow->owner.basis != PARTY_PROVEN)
		flow->owner = first->flow.owner;
	learn_owner(flow, &e->h);
	if (e->h.flags & EVENT_F_KTHREAD || !begins_end(e->new_state))
		return;
	learn_act(flow, &e->h,
		  e->closing || e->h.flags & EVENT_F_EXITING ? ACT_CLOSE
		  : e->new_state != STATE_CLOSE		     ? ACT_SHUTDOWN
							     : ACT_DISCONNECT,
		  mark);
}

static bool starts_new_flow(const struct flow_node *node,
			    const struct sock_event *e)
{
	if (!node || node->flow.destroyed)
		return true;
	if (e->old_state == STATE_LISTEN && e->new_state == STATE_SYN_RECV)
		return true;
	/* A socket may connect again, or listen after a failed connect. */
	return e->old_state == STATE_CLOSE && node->flow.path_len;
}

#define MAX_LISTENERS 64

/*
 * Of a group (SO_REUSEPORT), or of several processes that hold one listener,
 * nobody can tell yet which gets it.
 */
static void inherit_owner(struct flow_table *table, struct flow *child)
{
	struct flow *listeners[MAX_LISTENERS];
	unsigned int count =
		flow_find_listeners(table, &child->conn, child->born.time,
				    listeners, MAX_LISTENERS);

	for (unsigned int i = 0; i < count; i++)
		if (listeners[i]->holder_count > 1 ||
		    !same_process(&listeners[i]->owner, &listeners[0]->owner))
			return;
	if (count && listeners[0]->owner.basis) {
		child->owner = listeners[0]->owner;
		child->owner.basis = PARTY_INHERITED;
	}
}

static void change_state(struct flow *flow, const struct sock_event *e,
			 struct flow_mark mark)
{
	uint8_t new = e->new_state;

	if (flow->path_len == 0 && flow->existed)
		path_add(flow, e->old_state);
	/*
	 * The kernel swaps a socket that has only to wait for a mini-socket
	 * and reports CLOSE; the connection goes on to TIME_WAIT.
	 */
	if (flow->reset_sent.time)
		path_add(flow, new);
	else if (new == STATE_CLOSE && !e->err &&
		 !(e->h.flags & EVENT_F_OWNED) &&
		 (e->old_state == STATE_FIN_WAIT2 ||
		  e->old_state == STATE_CLOSING))
		path_add(flow, STATE_TIME_WAIT);
	else if (new == STATE_CLOSE && e->old_state == STATE_FIN_WAIT2 &&
		 e->flags &SOCK_F_FIN_SEEN && !e->err)
		path_add(flow, STATE_TIME_WAIT);
	else
		path_add(flow, new);
	if (new == STATE_ESTABLISHED)
		flow->established = true;
	if (new == STATE_CLOSE) {
		flow->ended = mark;
		flow->err = e->err;
	}
	flow->state = new;
	flow->state_since = mark;
}

/*
 * tcp_abort() again, where no RST told it: in SYN_SENT, or by MPTCP, whose own
 * RSTs come before CLOSE, too. The error is set by nobody else.
 */
static bool is_killed(const struct sock_event *e)
{
	return e->new_state == STATE_CLOSE && e->err == ECONNABORTED &&
	       e->h.flags & EVENT_F_OWNED;
}

/* One end has sent its FIN. */
static bool is_half_closed(uint8_t state)
{
	return state == STATE_FIN_WAIT1 || state == STATE_FIN_WAIT2 ||
	       state == STATE_CLOSING || state == STATE_CLOSE_WAIT ||
	       state == STATE_LAST_ACK;
}

static int apply_state(struct flow_table *table, const struct sock_event *e,
		       struct flow_mark mark, struct flow_change *change)
{
	struct flow_node *node = flow_by_sock(table, e->h.sock);
	int err;

	if (starts_new_flow(node, e)) {
		bool birth = e->old_state == STATE_CLOSE ||
			     e->old_state == STATE_LISTEN;

		node = flow_begin(table, &e->h, &e->conn, mark);
		if (!node)
			return -ENOMEM;
		node->flow.existed = !birth;
		if (birth)
			node->flow.born = mark;
		else
			node->flow.traced = e->total_retrans;
		node->flow.established = !birth;
		node->flow.half_closed = is_half_closed(e->old_state);
	} else {
		change->duration_known = node->flow.state_since.time;
		change->duration =
			mark.time > node->flow.state_since.time
				? mark.time - node->flow.state_since.time
				: 0;
		err = learn_conn(table, node, &e->conn);
		if (err)
			return err;
	}
	change->flow = &node->flow;
	node->flow.killed |= is_killed(e);
	learn_counters(&node->flow, e);
	change->untraced = learn_untraced(&node->flow, e);
	resent_sock(&node->flow, e, mark.seq);
	if (begins_end(e->new_state) && !is_servant(e))
		learn_act(&node->flow, &e->h, act_kind(e), mark);
	change_state(&node->flow, e, mark);
	if (e->new_state == STATE_LISTEN && flow_listens(table, node))
		return -ENOMEM;
	if (e->old_state == STATE_LISTEN && e->new_state == STATE_CLOSE)
		flow_stops_listening(node);
	if (e->new_state == STATE_ESTABLISHED)
		flow_pair(table, node, e->snd_una, e->rcv_nxt);
	if (e->old_state == STATE_LISTEN && e->new_state == STATE_SYN_RECV)
		inherit_owner(table, &node->flow);
	learn_owner(&node->flow, &e->h);
	return 0;
}

static void apply_destroy(struct flow_table *table, const struct sock_event *e,
			  struct flow_mark mark, struct flow_change *change)
{
	struct flow_node *node = flow_by_sock(table, e->h.sock);

	if (!node || node->flow.destroyed)
		return;
	change->flow = &node->flow;
	learn_counters(&node->flow, e);
	resent_sock(&node->flow, e, mark.seq);
	learn_owner(&node->flow, &e->h);
	if (e->h.flags & EVENT_F_OWNED && !(e->h.flags & EVENT_F_KTHREAD))
		node->flow.let_go_by = party_from(&e->h);
	flow_end(table, node, mark);
}

/* Records of one scan come close together: what is older is another's. */
#define SAME_SCAN_NS 20000000ULL

static int add_holder(struct flow *flow, const struct event_header *e)
{
	struct party party = party_from(e);
	struct party *grown;

	if (e->time > flow->holders_time + SAME_SCAN_NS)
		flow->holder_count = 0;
	flow->holders_time = e->time;
	if (!e->pid) /* nobody, of those who were asked */
		return 0;
	for (unsigned int i = 0; i < flow->holder_count; i++)
		if (same_process(&flow->holders[i], &party))
			return 0;
	if (flow->holder_count == FLOW_MAX_HOLDERS)
		return 0;
	grown = reallocarray(flow->holders, flow->holder_count + 1,
			     sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	flow->holders = grown;
	flow->holders[flow->holder_count++] = party;
	/* Of several, the one that acted last stays the owner. */
	if (e->time >= flow->owner_time &&
	    (flow->holder_count == 1 || same_process(&flow->owner, &party))) {
		flow->owner = party;
		flow->owner_time = e->time;
	}
	return 0;
}

unsigned int flow_holders(const struct flow *flow, uint64_t time,
			  const struct party **holders)
{
	if (!flow || flow->holder_count < 2 ||
	    flow->holders_time + SAME_SCAN_NS < time)
		return 0;
	*holders = flow->holders;
	return flow->holder_count;
}

/*
 * A client's port, which its owner's descriptor shows before the next event
 * does; of the connection that we mean, and of no later one of this socket.
 */
static int learn_port(struct flow_table *table, struct flow_node *node,
		      const struct sock_event *e)
{
	const struct event_conn *known = &node->flow.conn;
	struct party holder = party_from(&e->h);

	if (known->lport || node->flow.state != STATE_SYN_SENT ||
	    e->new_state != STATE_SYN_SENT || known->rport != e->conn.rport ||
	    memcmp(known->raddr, e->conn.raddr, sizeof(known->raddr)) != 0 ||
	    !same_process(&holder, &node->flow.owner))
		return 0;
	return learn_conn(table, node, &e->conn);
}

/* From the start-up scan: never overrides what events have told. */
static int apply_existing(struct flow_table *table, const struct sock_event *e,
			  struct flow_change *change)
{
	struct flow_node *node = flow_by_sock(table, e->h.sock);
	struct flow_mark unknown = { 0 };
	int err;

	if (!node || node->flow.destroyed) {
		/* A socket that does nothing yet is no flow. */
		if (e->new_state == STATE_CLOSE || !e->new_state)
			return 0;
		node = flow_begin(table, &e->h, &e->conn, unknown);
		if (!node)
			return -ENOMEM;
		node->flow.existed = true;
		node->flow.state = e->new_state;
		if (e->new_state == STATE_LISTEN && flow_listens(table, node))
			return -ENOMEM;
		node->flow.half_closed = is_half_closed(e->new_state);
		node->flow.established = e->new_state != STATE_LISTEN &&
					 e->new_state != STATE_SYN_SENT;
		node->flow.traced = e->total_retrans;
		if (e->new_state != STATE_LISTEN)
			learn_counters(&node->flow, e);
	}
	change->flow = &node->flow;
	if (e->new_state == STATE_LISTEN)
		symptom_backlog(&node->flow, e->unread, e->unsent, e->h.time);
	if (e->h.kind != EVENT_HOLDER)
		return 0;
	err = learn_port(table, node, e);
	return err ? err : add_holder(&node->flow, &e->h);
}

/*
 * A process that closes or disconnects its socket sends the RST when the
 * state is CLOSE already. Before that, it is tcp_abort(): "ss -K", which
 * holds the lock of a socket that is not its own.
 */
static bool is_abort(const struct segment_event *e)
{
	return !e->seg.present && e->h.flags & EVENT_F_OWNED &&
	       e->tcp.state != STATE_CLOSE && !(e->tcp.flags & SOCK_F_MPTCP);
}

/*
 * A RST that does not end this socket: the flow is but a memory (there is no
 * socket, or a mini-socket), or it refuses a segment and goes on opening.
 */
static bool is_aside(const struct flow *flow, const struct segment_event *e)
{
	return flow->sock != e->h.sock ||
	       (e->seg.present && (e->tcp.state == STATE_SYN_SENT ||
				   e->tcp.state == STATE_SYN_RECV));
}

static void apply_reset_sent(struct flow_table *table, struct flow *flow,
			     const struct segment_event *e,
			     struct flow_mark mark)
{
	/* Who provoked it is still there, or was a moment ago. */
	struct span lately = { mark.time > 1000000000ULL
				       ? mark.time - 1000000000ULL
				       : 0,
			       mark.time };
	struct flow *peer = flow && !flow->listener
				    ? flow_peer(flow, lately)
				    : flow_find_peer(table, &e->conn, lately);

	if (flow && is_aside(flow, e)) {
		flow->reset_aside = mark;
	} else if (flow && !flow->listener) {
		flow->reset_sent = mark;
		flow->killed |= is_abort(e);
		if (is_abort(e) && !(e->h.flags & EVENT_F_KTHREAD))
			flow->killer = party_from(&e->h);
	}
	if (peer)
		peer->reset_answered = mark;
}

static void apply_reset_received(struct flow *flow,
				 const struct segment_event *e,
				 struct flow_mark mark)
{
	uint32_t fin = e->tcp.flags & SOCK_F_FIN_SEEN ? 1 : 0;
	uint32_t unread = e->tcp.rcv_nxt - e->tcp.copied_seq;

	flow->reset_received = mark;
	flow->reset_state = e->tcp.state;
	flow->reset_unread = unread >= fin ? unread - fin : 0;
}

#define TCP_SYN 0x02
#define TCP_ACK 0x10

struct event_conn conn_turned(const struct event_conn *conn)
{
	struct event_conn other = *conn;

	memcpy(other.laddr, conn->raddr, sizeof(other.laddr));
	memcpy(other.raddr, conn->laddr, sizeof(other.raddr));
	other.lport = conn->rport;
	other.rport = conn->lport;
	return other;
}

/* All sockets are looked at: one may be older than we are. */
static int apply_stalled(struct flow_table *table,
			 const struct segment_event *e, struct flow_mark mark,
			 struct flow_change *change)
{
	struct flow_node *node = flow_by_sock(table, e->h.sock);

	if (!node || node->flow.destroyed) {
		node = flow_begin(table, &e->h, &e->conn,
				  (struct flow_mark){ 0 });
		if (!node)
			return -ENOMEM;
		node->flow.existed = true;
		node->flow.state = e->tcp.state;
		node->flow.established = true;
	}
	change->flow = &node->flow;
	symptom_stalled(&node->flow, e, mark);
	return 0;
}

static int apply_segment(struct flow_table *table,
			 const struct segment_event *e, struct flow_mark mark,
			 struct flow_change *change)
{
	struct flow_node *node =
		e->h.sock ? flow_by_sock(table, e->h.sock) : NULL;
	struct flow *flow = node ? &node->flow : NULL;

	if (e->h.kind == EVENT_RETRANSMIT_SYNACK && flow && flow->listener)
		symptom_backlog(flow, e->tcp.ack_backlog,
				e->tcp.max_ack_backlog, e->h.time);

	/* A listener, or a mini-socket: the connection is another flow. */
	if (!flow || flow->listener) {
		flow = flow_find(table, &e->conn, mark.time);
	} else if (e->h.kind != EVENT_DROP && e->h.kind != EVENT_PACKET) {
		int err = learn_conn(table, node, &e->conn);

		if (err)
			return err;
	}
	/* A client's port shows in its SYN before the socket has it. */
	if ((e->h.kind == EVENT_DROP || e->h.kind == EVENT_RESET_SENT) &&
	    (e->seg.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		struct event_conn client = conn_turned(&e->conn);
		int err = flow_complete(table, &client);

		if (err)
			return err;
	}
	change->flow = flow;
	if (e->h.kind == EVENT_RESET_SENT)
		apply_reset_sent(table, flow, e, mark);
	else if (e->h.kind == EVENT_RESET_RECEIVED && flow)
		apply_reset_received(flow, e, mark);
	else if (e->h.kind == EVENT_ERROR && flow)
		return symptom_error(flow, e, mark);
	if (e->h.kind == EVENT_RETRANSMIT && flow) {
		flow->retransmits += !e->err;
		flow->traced += e->seg.gso_segs > 1 ? e->seg.gso_segs : 1;
		symptom_retransmit(flow, e, mark);
	}
	return flow && e->h.sock == flow->sock && e->h.kind != EVENT_DROP
		       ? resent_segment(flow, e, mark.seq)
		       : 0;
}

int flow_apply(struct flow_table *table, const struct event_header *e,
	       uint64_t seq, struct flow_change *change)
{
	struct flow_mark mark = { e->time, seq };

	memset(change, 0, sizeof(*change));
	switch (e->kind) {
	case EVENT_STATE:
		return apply_state(table, event_sock(e), mark, change);
	case EVENT_DESTROY:
		apply_destroy(table, event_sock(e), mark, change);
		return 0;
	case EVENT_EXISTING:
	case EVENT_HOLDER:
		return apply_existing(table, event_sock(e), change);
	case EVENT_SUBFLOW:
		apply_subflow(table, event_subflow(e), mark, change);
		return 0;
	case EVENT_FORK:
	case EVENT_EXEC:
	case EVENT_EXIT:
		return 0;
	case EVENT_STALLED:
		return apply_stalled(table, event_segment(e), mark, change);
	default:
		return apply_segment(table, event_segment(e), mark, change);
	}
}
