/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose a socket is, beyond what its own events prove: when to ask the kernel
 * who holds it, whom to look at, and what to say when nothing is certain.
 */
#ifndef TCPWHY_OWNER_H
#define TCPWHY_OWNER_H

#include "flow.h"
#include "kin.h"
#include "source.h"

struct owner_finder {
	const struct flow_table *flows;
	const struct kin *kin;
	uint64_t now; /* CLOCK_MONOTONIC ns */
};

/*
 * If the owner of @flow (may be NULL) is not proven as of @time, add the
 * socket to @query, which has room, and the processes that may hold it: those
 * that hold its listener, and their descendants. A client's socket whose port
 * is not known yet is added to what is asked for that.
 */
void owner_ask(const struct owner_finder *finder, struct flow *flow,
	       uint64_t time, struct holder_query *query);

/*
 * Can owner_ask() about an event of @time, which just came, add anything? Who
 * acts on its socket alone is known; but of one that several hold, or may hold
 * by then, the kernel is asked.
 */
bool owner_may_ask(const struct kin *kin, const struct flow *flow,
		   uint64_t time);

/*
 * Add to @query the listeners on this host that a SYN sent along @conn at
 * @time reaches: the answer tells how full their accept queues are.
 */
void owner_ask_listeners(const struct owner_finder *finder,
			 const struct event_conn *conn, uint64_t time,
			 struct holder_query *query);

/*
 * The owner as it is to be shown: under its present name; nobody, where
 * several processes may turn out to be it. @flow may be NULL. 0 or -ENOMEM.
 */
int owner_settle(const struct kin *kin, struct flow_table *flows,
		 struct flow *flow);

/*
 * Whose the socket was at event @e: who acted, if it was an act, else the
 * owner as settled. @flow may be NULL.
 */
struct party owner_at(const struct flow *flow, const struct event_header *e);

#endif /* TCPWHY_OWNER_H */
