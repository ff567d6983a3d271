/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Private to the model: how flows are kept and found. Each flow is filed by
 * the address of its socket and by its 4-tuple, and stands in one of three
 * lists by age, so that the oldest can leave when there are too many.
 */
#ifndef TCPWHY_FLOW_TABLE_H
#define TCPWHY_FLOW_TABLE_H

#include "flow.h"

struct port_entry;

/* What flow.link says of the union below. */
enum flow_link {
	LINK_NONE = 0,
	LINK_SEQS,   /* waits for its other end; see flow_pair() */
	LINK_PAIRED, /* found it */
	LINK_PORT,   /* a listener; see ports.h */
};

/* A flow as the table keeps it; links are numbers, SLAB_NONE for none. */
struct flow_node {
	struct flow flow;   /* first: a flow is its node */
	uint32_t sock_next; /* in its bucket by socket */
	uint32_t tuple_prev, tuple_next;
	uint32_t age_prev, age_next; /* in its list */
	uint32_t seqs_next;
	union {
		uint64_t seqs;
		struct flow_node *paired;
		struct port_entry *port;
	};
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

/*
 * The socket is gone; the flow stays until its place is needed. Returns 0 or
 * -ENOMEM.
 */
int flow_end(struct flow_table *table, struct flow_node *node,
	     struct flow_mark mark);

/* @node listens from now on. Returns 0 or -ENOMEM. */
int flow_listens(struct flow_table *table, struct flow_node *node);

/* It does no longer. */
void flow_stops_listening(struct flow_node *node);

/* All flows that have, or had, these ends: newest first, then the next. */
struct flow_node *flow_first_with_ends(const struct flow_table *table,
				       const struct event_conn *conn);
struct flow_node *flow_next_with_ends(const struct flow_table *table,
				      const struct flow_node *node);

/* These are the ends of @node: file it under them. */
void flow_file(struct flow_table *table, struct flow_node *node,
	       const struct event_conn *conn);

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
void flow_complete(struct flow_table *table, const struct event_conn *conn);

/* The part of @flow to be written to, made if need be; NULL: no memory. */
struct flow_past *flow_past(struct flow_table *table, struct flow *flow);
struct flow_resets *flow_resets(struct flow_table *table, struct flow *flow);
struct flow_symptoms *flow_symptoms(struct flow_table *table,
				    struct flow *flow);

/* Let @slot, of a flow, name one like @party. Returns 0 or -ENOMEM. */
int flow_name(struct flow_table *table, const struct party **slot,
	      const struct party *party);

#endif /* TCPWHY_FLOW_TABLE_H */
