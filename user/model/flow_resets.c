// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "flow_resets.h"

#include <errno.h>

#include "holding.h"

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

int flow_answered(struct flow_table *table, struct flow *flow,
		  struct flow_mark mark)
{
	struct flow_resets *resets = flow_resets(table, flow);

	if (!resets)
		return -ENOMEM;
	resets->answered = mark;
	return 0;
}

static int learn_reset(struct flow_table *table, struct flow *flow,
		       const struct segment_event *e, struct flow_mark mark)
{
	struct flow_resets *resets = flow_resets(table, flow);
	struct party killer = holding_task(&e->h);

	if (!resets)
		return -ENOMEM;
	if (is_aside(flow, e)) {
		resets->aside = mark;
		return 0;
	}
	resets->sent = mark;
	flow->killed |= is_abort(e);
	if (!is_abort(e) || e->h.flags & EVENT_F_KTHREAD)
		return 0;
	return flow_name(table, &resets->killer, &killer);
}

int flow_reset_sent(struct flow_table *table, struct flow *flow,
		    const struct segment_event *e, struct flow_mark mark)
{
	/* Who provoked it is still there, or was a moment ago. */
	struct span lately = { mark.time > 1000000000ULL
				       ? mark.time - 1000000000ULL
				       : 0,
			       mark.time };
	bool is_own = flow && !flow->listener;
	struct flow *peer = is_own ? flow_peer(table, flow, lately)
				   : flow_find_peer(table, &e->conn, lately);
	int err = 0;

	if (flow && (is_own || is_aside(flow, e)))
		err = learn_reset(table, flow, e, mark);
	if (!err && peer)
		err = flow_answered(table, peer, mark);
	return err;
}

int flow_reset_received(struct flow_table *table, struct flow *flow,
			const struct segment_event *e, struct flow_mark mark)
{
	uint32_t fin = e->tcp.flags & SOCK_F_FIN_SEEN ? 1 : 0;
	uint32_t unread = e->tcp.rcv_nxt - e->tcp.copied_seq;
	struct flow_resets *resets = flow_resets(table, flow);

	if (!resets)
		return -ENOMEM;
	resets->received = mark;
	resets->state = e->tcp.state;
	resets->unread = unread >= fin ? unread - fin : 0;
	return 0;
}
