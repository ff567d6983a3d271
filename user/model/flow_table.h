/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Private to the model: how flows are kept and found. Each flow is filed by
 * the address of its socket and by its 4-tuple, and stands in one of two
 * lists by age, so that the oldest can leave when there are too many.
 */
#ifndef TCPWHY_FLOW_TABLE_H
#define TCPWHY_FLOW_TABLE_H

#include <uthash.h>

#include "flow.h"

struct port_slot;
struct tuple_slot;

/* A flow as the table keeps it. */
struct flow_node {
	struct flow flow; /* first: a flow is its node */
	struct tuple_slot *slot;
	struct flow_node *prev, *next;	       /* in its slot */
	struct flow_node *age_prev, *age_next; /* in its table's list */
	bool in_gone;			       /* which list that is */
	uint64_t seqs;		/* see flow_pair(); 0: not filed by it */
	struct port_slot *port; /* of a listener; see ports.h */
	struct flow_node *port_prev, *port_next; /* in one of its lists */
	bool port_past;				 /* which list that is */
	UT_hash_handle hh_seqs;
	UT_hash_handle hh; /* by sock */
};

/* The newest flow of the socket at @sock, gone or not; or NULL. */
struct flow_node *flow_by_sock(const struct flow_table *table, uint64_t sock);

/*
 * A flow for the socket of @e begins; one that had its address ends.
 * Returns NULL when out of memory.
 */
struct flow_node *flow_begin(struct flow_table *table,
			     const struct event_header *e,
			     const struct event_conn *conn,
			     struct flow_mark mark);

/* The socket is gone; the flow stays until its place is needed. */
void flow_end(struct flow_table *table, struct flow_node *node,
	      struct flow_mark mark);

/* @node listens from now on. Returns 0 or -ENOMEM. */
int flow_listens(struct flow_table *table, struct flow_node *node);

/* It does no longer. */
void flow_stops_listening(struct flow_node *node);

/* (Re)file @node under its flow's conn. Returns 0 or -ENOMEM. */
int flow_file(struct flow_table *table, struct flow_node *node);

/*
 * @node became ESTABLISHED with these: look for the end that began with the
 * same numbers turned round, and pair the two, or wait for it.
 */
void flow_pair(struct flow_table *table, struct flow_node *node,
	       uint32_t snd_una, uint32_t rcv_nxt);

/*
 * A client of this connection whose own port is not known yet gets it.
 * @conn is the client's view.
 */
int flow_complete(struct flow_table *table, const struct event_conn *conn);

#endif /* TCPWHY_FLOW_TABLE_H */
