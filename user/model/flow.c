// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What each event teaches about its flow. */
#include "flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "flow_resets.h"
#include "flow_table.h"
#include "holding.h"
#include "resent.h"
#include "symptom.h"

/*
 * Addresses and ports appear during the handshake and vanish again at the
 * end; what was known stays.
 */
static void learn_conn(struct flow_table *table, struct flow_node *node,
		       const struct event_conn *conn)
{
	const struct event_conn *known = &node->flow.conn;

	if ((known->lport && known->rport) || node->flow.listener)
		return;
	if (conn->lport && conn->rport)
		flow_file(table, node, conn);
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
	if (!flow->past->ended.time)
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

static int learn_act(struct flow_table *table, struct flow *flow,
		     const struct event_header *e, enum flow_act_kind kind,
		     struct flow_mark mark)
{
	struct party who = holding_task(e);
	struct flow_past *past;

	if (flow->past->act.mark.time || !(e->flags & EVENT_F_OWNED) ||
	    flow->killed || flow->resets->received.time)
		return 0;
	past = flow_past(table, flow);
	if (!past)
		return -ENOMEM;
	past->act.mark = mark;
	past->act.kind = kind;
	past->act.exiting = e->flags & EVENT_F_EXITING;
	past->act.exit_code = e->exit_code;
	return flow_name(table, &past->act.who, &who);
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
static int apply_subflow(struct flow_table *table,
			 const struct subflow_event *e, struct flow_mark mark,
			 struct flow_change *change)
{
	struct flow_node *node = flow_by_sock(table, e->h.sock);
	struct flow_node *first = flow_by_sock(table, e->first);
	struct flow *flow;
	int err = 0;

	if (!node || node->flow.destroyed)
		return 0;
	flow = &node->flow;
	change->flow = flow;
	if (first && first != node && flow->owner->basis != PARTY_PROVEN)
		err = flow_set_owner(table, flow, first->flow.owner);
	if (!err)
		err = holding_used(table, flow, &e->h);
	if (err || e->h.flags & EVENT_F_KTHREAD || !begins_end(e->new_state))
		return err;
	return learn_act(table, flow, &e->h,
			 e->closing || e->h.flags & EVENT_F_EXITING ? ACT_CLOSE
			 : e->new_state != STATE_CLOSE ? ACT_SHUTDOWN
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

static int change_state(struct flow_table *table, struct flow *flow,
			const struct sock_event *e, struct flow_mark mark)
{
	struct flow_past *past;
	uint8_t new = e->new_state;

	if (flow->path_len == 0 && flow->existed)
		path_add(flow, e->old_state);
	/*
	 * The kernel swaps a socket that has only to wait for a mini-socket
	 * and reports CLOSE; the connection goes on to TIME_WAIT.
	 */
	if (flow->resets->sent.time)
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
	flow->state = new;
	flow->state_since = mark;
	if (new != STATE_CLOSE)
		return 0;
	past = flow_past(table, flow);
	if (!past)
		return -ENOMEM;
	past->ended = mark;
	past->err = e->err;
	return 0;
}

/* TCP_TIMEWAIT_LEN (include/net/tcp.h), and a moment. */
#define TIMEWAIT_NS 61000000000ULL

bool flow_in_time_wait(const struct flow *flow, uint64_t time)
{
	return flow->path_len &&
	       flow->path[flow->path_len - 1] == STATE_TIME_WAIT &&
	       time <= flow->past->ended.time + TIMEWAIT_NS;
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

static struct flow_node *begin(struct flow_table *table,
			       const struct sock_event *e,
			       struct flow_mark mark)
{
	bool birth =
		e->old_state == STATE_CLOSE || e->old_state == STATE_LISTEN;
	struct flow_node *node = flow_begin(table, &e->h, &e->conn, mark);

	if (!node)
		return NULL;
	node->flow.existed = !birth;
	if (birth)
		node->flow.born = mark.time;
	else
		node->flow.traced = e->total_retrans;
	node->flow.established = !birth;
	node->flow.half_closed = is_half_closed(e->old_state);
	return node;
}

/* What else goes with the change of state. */
static int change_standing(struct flow_table *table, struct flow_node *node,
			   const struct sock_event *e)
{
	if (e->new_state == STATE_LISTEN)
		return flow_listens(table, node);
	if (e->old_state == STATE_LISTEN && e->new_state == STATE_CLOSE)
		flow_stops_listening(node);
	if (e->new_state == STATE_ESTABLISHED)
		flow_pair(table, node, e->snd_una, e->rcv_nxt);
	if (e->old_state == STATE_LISTEN && e->new_state == STATE_SYN_RECV)
		return holding_accepted(table, &node->flow);
	return 0;
}

static int apply_state(struct flow_table *table, const struct sock_event *e,
		       struct flow_mark mark, struct flow_change *change)
{
	struct flow_node *node = flow_by_sock(table, e->h.sock);
	struct flow *flow;
	int err = 0;

	if (starts_new_flow(node, e)) {
		node = begin(table, e, mark);
		if (!node)
			return -ENOMEM;
	} else {
		uint64_t since = node->flow.state_since.time;

		change->duration_known = since;
		change->duration = mark.time > since ? mark.time - since : 0;
		learn_conn(table, node, &e->conn);
	}
	flow = change->flow = &node->flow;
	flow->killed |= is_killed(e);
	learn_counters(flow, e);
	change->untraced = learn_untraced(flow, e);
	resent_sock(flow, e, mark.seq);
	if (begins_end(e->new_state) && !is_servant(e))
		err = learn_act(table, flow, &e->h, act_kind(e), mark);
	if (!err)
		err = change_state(table, flow, e, mark);
	if (!err)
		err = change_standing(table, node, e);
	return err ? err : holding_used(table, flow, &e->h);
}

static int apply_destroy(struct flow_table *table, const struct sock_event *e,
			 struct flow_mark mark, struct flow_change *change)
{
	struct flow_node *node = flow_by_sock(table, e->h.sock);
	struct party task = holding_task(&e->h);
	struct flow_past *past;
	int err;

	if (!node || node->flow.destroyed)
		return 0;
	change->flow = &node->flow;
	learn_counters(&node->flow, e);
	resent_sock(&node->flow, e, mark.seq);
	err = holding_used(table, &node->flow, &e->h);
	past = flow_past(table, &node->flow);
	if (!past)
		return -ENOMEM;
	if (!err && e->h.flags & EVENT_F_OWNED &&
	    !(e->h.flags & EVENT_F_KTHREAD))
		err = flow_name(table, &past->let_go_by, &task);
	return err ? err : flow_end(table, node, mark);
}

/*
 * A client's port, which its owner's descriptor shows before the next event
 * does; of the connection that we mean, and of no later one of this socket.
 */
static void learn_port(struct flow_table *table, struct flow_node *node,
		       const struct sock_event *e)
{
	const struct event_conn *known = &node->flow.conn;
	struct party holder = holding_task(&e->h);

	if (known->lport || node->flow.state != STATE_SYN_SENT ||
	    e->new_state != STATE_SYN_SENT || known->rport != e->conn.rport ||
	    memcmp(known->raddr, e->conn.raddr, sizeof(known->raddr)) != 0 ||
	    !holding_is_same(&holder, node->flow.owner))
		return;
	learn_conn(table, node, &e->conn);
}

/* From the start-up scan: never overrides what events have told. */
static int apply_existing(struct flow_table *table, const struct sock_event *e,
			  struct flow_change *change)
{
	struct flow_node *node = flow_by_sock(table, e->h.sock);
	struct flow_mark unknown = { 0 };
	int err = 0;

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
		err = symptom_backlog(table, &node->flow, e->unread, e->unsent,
				      e->h.time);
	if (err || e->h.kind != EVENT_HOLDER)
		return err;
	learn_port(table, node, e);
	return holding_answer(table, &node->flow, &e->h);
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
	return symptom_stalled(table, &node->flow, e, mark);
}

/* Who it is about. A listener's, or a mini-socket's, is another flow's. */
static struct flow *find_subject(struct flow_table *table,
				 const struct segment_event *e)
{
	struct flow_node *node =
		e->h.sock ? flow_by_sock(table, e->h.sock) : NULL;

	if (!node || node->flow.listener)
		return flow_find(table, &e->conn, e->h.time);
	if (e->h.kind != EVENT_DROP && e->h.kind != EVENT_PACKET)
		learn_conn(table, node, &e->conn);
	return &node->flow;
}

static int learn_backlog(struct flow_table *table,
			 const struct segment_event *e)
{
	struct flow_node *node = flow_by_sock(table, e->h.sock);

	if (!node || !node->flow.listener)
		return 0;
	return symptom_backlog(table, &node->flow, e->tcp.ack_backlog,
			       e->tcp.max_ack_backlog, e->h.time);
}

static int learn_retransmit(struct flow_table *table, struct flow *flow,
			    const struct segment_event *e,
			    struct flow_mark mark)
{
	flow->retransmits += !e->err;
	flow->traced += e->seg.gso_segs > 1 ? e->seg.gso_segs : 1;
	return symptom_retransmit(table, flow, e, mark);
}

static int apply_segment(struct flow_table *table,
			 const struct segment_event *e, struct flow_mark mark,
			 struct flow_change *change)
{
	struct flow *flow = find_subject(table, e);
	int err = 0;

	change->flow = flow;
	/* A client's port shows in its SYN before the socket has it. */
	if ((e->h.kind == EVENT_DROP || e->h.kind == EVENT_RESET_SENT) &&
	    (e->seg.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		struct event_conn client = conn_turned(&e->conn);

		flow_complete(table, &client);
	}
	if (e->h.kind == EVENT_RETRANSMIT_SYNACK && e->h.sock)
		err = learn_backlog(table, e);
	else if (e->h.kind == EVENT_RESET_SENT)
		err = flow_reset_sent(table, flow, e, mark);
	else if (e->h.kind == EVENT_RESET_RECEIVED && flow)
		err = flow_reset_received(table, flow, e, mark);
	else if (e->h.kind == EVENT_ERROR && flow)
		return symptom_error(table, flow, e, mark);
	else if (e->h.kind == EVENT_RETRANSMIT && flow)
		err = learn_retransmit(table, flow, e, mark);
	if (err || !flow || e->h.sock != flow->sock || e->h.kind == EVENT_DROP)
		return err;
	return resent_segment(table, flow, e, mark.seq);
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
		return apply_destroy(table, event_sock(e), mark, change);
	case EVENT_EXISTING:
	case EVENT_HOLDER:
		return apply_existing(table, event_sock(e), change);
	case EVENT_SUBFLOW:
		return apply_subflow(table, event_subflow(e), mark, change);
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
