/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Private to the model: which processes hold a socket, as its events and the
 * kernel's answers tell.
 */
#ifndef TCPWHY_HOLDING_H
#define TCPWHY_HOLDING_H

#include "flow_table.h"

/* The task of @e, whatever it has to do with the socket. */
struct party holding_task(const struct event_header *e);

/* Do @e's task and @party belong to one process? */
bool holding_is_same(const struct party *a, const struct party *b);

/*
 * Each learns from @e, of @flow, and returns 0 or -ENOMEM: who uses it, if
 * the event proves that; that it was accepted; who holds it (EVENT_HOLDER).
 */
int holding_used(struct flow_table *table, struct flow *flow,
		 const struct event_header *e);
int holding_accepted(struct flow_table *table, struct flow *child);
int holding_answer(struct flow_table *table, struct flow *flow,
		   const struct event_header *e);

#endif /* TCPWHY_HOLDING_H */
