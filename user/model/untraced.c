// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "untraced.h"

#include <stddef.h>
#include <string.h>

/* RTO_MIN (include/net/tcp.h): before that nobody sends a segment again. */
#define SAME_SEGMENT_NS 200000000ULL

#define TCP_SYN		0x02
#define TCP_RST		0x04
#define TCP_ACK		0x10

/* Stand where a sk_rst_reason would; numbers that no kernel has. */
enum untraced_reason {
	UNTRACED_NO_SOCKET = -2, /* the kernel says why it dropped (5.17) */
	UNTRACED_LIKELY_NO_SOCKET = -3,
	UNTRACED_LIKELY_TIMEWAIT = -4,
};

/* Kernels that trace all answers say why: they have the enum. */
static bool all_are_traced(const struct host *host)
{
	for (int reason = 0; reason < 8; reason++)
		if (host_name(host, NAME_RST_REASON, reason))
			return true;
	return false;
}

static bool was_received(const struct host *host, const struct segment_event *e)
{
	const char *function = host_symbol(host, e->location);

	return e->seg.present && !(e->seg.flags & TCP_RST) && function &&
	       (!strcmp(function, "tcp_v4_rcv") ||
		!strcmp(function, "tcp_v6_rcv"));
}

/*
 * A segment is answered and then dropped at once, on one CPU. The RST on its
 * way out (EVENT_PACKET) does not tell whether its sender was traced.
 */
static bool was_traced(const struct resets *resets,
		       const struct segment_event *drop)
{
	uint64_t time = drop->h.time, since = 0;
	const struct reset *reset = NULL;

	if (time > SAME_SEGMENT_NS)
		since = time - SAME_SEGMENT_NS;
	while ((reset = resets_before(resets, reset, since))) {
		const struct segment_event *e = &reset->event;

		if (e->h.kind == EVENT_RESET_SENT && e->h.cpu == drop->h.cpu &&
		    !memcmp(&e->conn, &drop->conn,
			    offsetof(struct event_conn, family)) &&
		    !memcmp(&e->seg, &drop->seg, sizeof(drop->seg)))
			return true;
	}
	return false;
}

/*
 * Of a segment that was dropped without a reason; @told: this kernel says so
 * where there is no socket (5.17). 0: it was not answered.
 */
static int conclude(const struct flow_table *flows,
		    const struct segment_event *e, bool told)
{
	const struct flow *flow = flow_find(flows, &e->conn, e->h.time);
	bool is_syn = (e->seg.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;

	if (flow && !flow->past->ended.time)
		return 0;
	/*
	 * An orphan that waits for the FIN refuses data, and a new connection
	 * from the same port; any other waits on.
	 */
	if (flow && flow_in_time_wait(flow, e->h.time))
		return !flow->fin_seen && (is_syn || e->seg.len)
			       ? UNTRACED_LIKELY_TIMEWAIT
			       : 0;
	/* What a listener refuses is dropped by tcp_v4_do_rcv(). */
	if (told || flow_find_listener(flows, &e->conn, e->h.time, false))
		return 0;
	return is_syn || flow || e->seg.flags & TCP_ACK
		       ? UNTRACED_LIKELY_NO_SOCKET
		       : 0;
}

bool untraced_answer(const struct host *host, const struct flow_table *flows,
		     const struct resets *resets, const struct segment_event *e,
		     struct segment_event *answer)
{
	const char *name;
	int reason;

	if (e->h.kind != EVENT_DROP || all_are_traced(host) ||
	    !was_received(host, e))
		return false;
	name = host_name(host, NAME_DROP_REASON, e->reason);
	if (name && !strcmp(name, "NO_SOCKET"))
		reason = UNTRACED_NO_SOCKET;
	else if (!name || !strcmp(name, "NOT_SPECIFIED"))
		reason = conclude(flows, e, name);
	else
		return false;
	if (!reason || was_traced(resets, e))
		return false;
	*answer = *e;
	answer->h.kind = EVENT_RESET_SENT;
	answer->reason = reason;
	if (reason == UNTRACED_LIKELY_TIMEWAIT) {
		answer->tcp.state = STATE_TIME_WAIT;
		answer->substate = STATE_FIN_WAIT2;
	}
	return true;
}

const char *untraced_reason(const struct segment_event *e, bool *likely)
{
	*likely = e->h.kind == EVENT_RESET_SENT &&
		  (e->reason == UNTRACED_LIKELY_NO_SOCKET ||
		   e->reason == UNTRACED_LIKELY_TIMEWAIT);
	if (e->h.kind != EVENT_RESET_SENT)
		return NULL;
	switch (e->reason) {
	case UNTRACED_NO_SOCKET:
	case UNTRACED_LIKELY_NO_SOCKET:
		return "NO_SOCKET";
	case UNTRACED_LIKELY_TIMEWAIT:
		return "TCP_TIMEWAIT_SOCKET";
	default:
		return NULL;
	}
}
