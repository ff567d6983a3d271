/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flows: what we know of each TCP socket, live or recently gone. A flow is one
 * end of a connection (or a listener); the other end, when it is on this host,
 * is a flow with the reversed 4-tuple.
 */
#ifndef TCPWHY_FLOW_H
#define TCPWHY_FLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "event.h"

/* How sure we are that a process holds a socket. */
enum party_basis {
	PARTY_NONE = 0,
	PARTY_INHERITED, /* its listener's; not yet proven by a fact */
	PARTY_PROVEN,	 /* seen acting on it, or holding it */
};

struct party {
	enum party_basis basis;
	uint32_t pid;
	uint32_t tid;
	uint64_t start_time;
	char comm[EVENT_COMM_LEN];
};

/* The same thread, under the same name, with the same certainty? */
static inline bool party_is_same(const struct party *a, const struct party *b)
{
	return a->pid == b->pid && a->tid == b->tid && a->basis == b->basis &&
	       a->start_time == b->start_time &&
	       !memcmp(a->comm, b->comm, sizeof(a->comm));
}

/* A thing that happened at a known event; time 0: it did not. */
struct flow_mark {
	uint64_t time; /* CLOCK_MONOTONIC ns */
	uint64_t seq;  /* of the event */
};

enum flow_act_kind {
	ACT_CLOSE,
	ACT_SHUTDOWN,
	ACT_DISCONNECT, /* connect(AF_UNSPEC) */
	ACT_GIVE_UP,	/* of SYN_SENT: shutdown() or connect(AF_UNSPEC) */
};

/* Stands where there is none, so that a reader need not ask. */
extern const struct party party_nobody;

/* A process ended this side of the connection, and how. */
struct flow_act {
	struct flow_mark mark;
	const struct party *who; /* party_nobody: there was none */
	enum flow_act_kind kind;
	uint32_t exit_code; /* while exiting: signal in the low 7 bits */
	bool exiting;
};

#define FLOW_MAX_PATH	 12
#define FLOW_MAX_HOLDERS 64

/* How this end came to its end. */
struct flow_past {
	struct flow_mark ended;	       /* the change to CLOSE */
	struct flow_mark gone;	       /* tcp_destroy_sock */
	struct flow_act act;	       /* what began the end of this side */
	const struct party *let_go_by; /* who closed the last descriptor */
	int err;		       /* sk_err when it closed */
	uint32_t number;	       /* of its place in the table */
};

/* The RSTs of its connection. */
struct flow_resets {
	struct flow_mark sent;	    /* by this socket */
	struct flow_mark aside;	    /* ... without ending it */
	struct flow_mark answered;  /* this host answered it with one */
	struct flow_mark received;  /* tcp_receive_reset */
	const struct party *killer; /* who aborted it from outside */
	uint32_t unread;	    /* bytes it had not read at the last */
	uint8_t state;		    /* ... and the state it was in */
	uint32_t number;	    /* of its place in the table */
};

/* The trouble it is in; see symptom.h. */
struct flow_symptoms {
	/* Sent again since the peer acknowledged anything (snd_una moved). */
	struct flow_mark stuck; /* the first */
	uint32_t stuck_una;
	uint32_t stuck_count;
	int send_err;	 /* of the last that could not be sent; 0: it was */
	uint32_t number; /* of its place in the table */
	struct segment_event *error; /* the last EVENT_ERROR, or NULL */
	uint64_t error_seq;
	struct resent *resent; /* more about what was sent again; or NULL */

	/* Of a listener: its accept queue when it was above the limit. */
	uint32_t full_backlog;
	uint32_t full_limit;
	uint64_t full_time; /* the last time that was seen, ns; 0: never */

	/* The peer's window is closed, and probed: see EVENT_STALLED. */
	struct flow_mark stall;	     /* when that was seen first */
	struct flow_mark stall_over; /* ... and no more */
	uint32_t stall_idle; /* jiffies since data was sent, at the first */
	uint32_t stall_una;

	/* Its own window is closed: the application does not read. */
	uint64_t shut_time; /* ns, of the last look; 0: never */
	uint32_t shut_idle; /* jiffies since data was received, then */
	uint32_t shut_unread;
};

extern const struct flow_past flow_no_past;
extern const struct flow_resets flow_no_resets;
extern const struct flow_symptoms flow_no_symptoms;

/*
 * There may be a quarter of a million: what most do not have is apart, and
 * where there is none stands one that says so (never NULL).
 */
struct flow {
	uint64_t sock;
	struct event_conn conn; /* lport or rport 0: not known yet */
	uint64_t born;		/* ns; 0: before we watched */
	struct flow_mark state_since;
	uint8_t path[FLOW_MAX_PATH]; /* states passed, oldest first */
	uint8_t path_len;
	uint8_t state;
	bool existed : 1;     /* before we watched: its history is unknown */
	bool half_closed : 1; /* when we began to watch: by whom is unknown */
	bool listener : 1;    /* was one at some time */
	bool told : 1;	      /* its closing line was shown, or its peer's */
	bool destroyed : 1;   /* no longer in the kernel */
	bool fin_seen : 1;    /* the peer's FIN came */
	bool killed : 1; /* aborted from outside: its last acts are not its own
			  */
	bool established : 1; /* was at some time */
	bool alone : 1; /* its owner was, when the kernel was asked: owner_time
			 */
	uint8_t place : 2; /* the table's, as are link and number */
	uint8_t link : 2;

	const struct party *owner;
	uint64_t owner_time;	       /* when that was proven last, ns */
	const struct holders *holders; /* when the kernel was asked; or NULL */
	uint64_t asked_time;	       /* when the kernel was to be asked, ns */

	uint64_t bytes_out;
	uint64_t bytes_in;
	uint32_t unread;      /* when it closed, FIN not counted */
	uint32_t retransmits; /* segments sent again, by events seen */
	uint32_t traced;      /* the same as the kernel counts them */
	uint32_t untraced;    /* what it counted more than it traced */

	const struct flow_past *past;
	const struct flow_resets *resets;
	const struct flow_symptoms *symptoms;
	uint32_t refs;
	uint32_t number; /* of its place in the table */
};

/* A flow of which nothing is known yet. */
#define FLOW_BLANK                                     \
	.owner = &party_nobody, .past = &flow_no_past, \
	.resets = &flow_no_resets, .symptoms = &flow_no_symptoms

struct flow_table;

/*
 * @limit: how many flows are kept at most, of which an eighth may be gone ones
 * (and as many again, up to 1024, that were listeners). Gone flows leave first,
 * oldest first, then the oldest of all; flow_table_evicted() counts the latter.
 */
struct flow_table *flow_table_new(unsigned int limit);
void flow_table_free(struct flow_table *table);
uint64_t flow_table_evicted(const struct flow_table *table);
unsigned int flow_table_count(const struct flow_table *table);

/* What applying one event changed, for who shows it later. */
struct flow_change {
	struct flow *flow;   /* NULL: the event belongs to no known socket */
	uint64_t duration;   /* EVENT_STATE: ns spent in the old state */
	bool duration_known; /* false: the socket is older than our watch */
	uint32_t untraced;   /* retransmissions that only now come to light */
};

/*
 * Update the table with event number @seq. The flow in @change stays valid
 * until the next call unless flow_ref() holds it. Returns 0 or -ENOMEM.
 */
int flow_apply(struct flow_table *table, const struct event_header *e,
	       uint64_t seq, struct flow_change *change);

/* A held flow is not evicted. NULL is accepted by both. */
struct flow *flow_ref(struct flow *flow);
void flow_unref(struct flow *flow);

/* The flow with exactly these ends that lived at @time, or the latest. */
struct flow *flow_find(const struct flow_table *table,
		       const struct event_conn *conn, uint64_t time);

/* A stretch of time, CLOCK_MONOTONIC ns, both ends included. */
struct span {
	uint64_t from;
	uint64_t to;
};

/*
 * The flow at the other end of @conn, in whichever network namespace, that
 * lived at some time in @span; the one alive at its end if there are several.
 * flow_peer() is the same for a flow, and finds it behind a NAT too.
 */
struct flow *flow_peer(const struct flow_table *table, const struct flow *flow,
		       struct span span);
struct flow *flow_find_peer(const struct flow_table *table,
			    const struct event_conn *conn, struct span span);

/*
 * The listener that a segment to @conn's local end reaches at @time, or with
 * @gone the one that it would have reached last, closed by then.
 */
struct flow *flow_find_listener(const struct flow_table *table,
				const struct event_conn *conn, uint64_t time,
				bool gone);

/*
 * All that listen where a segment to @conn's local end arrives at @time: more
 * than one with SO_REUSEPORT. Returns how many were written to @out.
 */
unsigned int flow_find_listeners(const struct flow_table *table,
				 const struct event_conn *conn, uint64_t time,
				 struct flow **out, unsigned int max);

/*
 * Who held a socket when the kernel was asked, in no order; kept where it was
 * not its owner alone.
 */
struct holders {
	uint64_t since, time; /* when the first and the last was found, ns */
	unsigned int count;
	const struct party *who[];
};

/* How many held @flow when the kernel was asked last; 0: nobody, or never. */
static inline unsigned int flow_holder_count(const struct flow *flow)
{
	return flow->holders ? flow->holders->count : flow->alone;
}

/* The one at @i, below that. */
static inline const struct party *flow_holder(const struct flow *flow,
					      unsigned int i)
{
	return flow->holders ? flow->holders->who[i] : flow->owner;
}

/*
 * Those who held the socket of @flow (may be NULL) at an event of @time, if
 * there were several, as the kernel told then or shortly after. NULL: one,
 * nobody, or not known.
 */
const struct holders *flow_holders(const struct flow *flow, uint64_t time);

/*
 * The connection of @flow was answered with a RST by this host, which only a
 * later event showed. Returns 0 or -ENOMEM.
 */
int flow_answered(struct flow_table *table, struct flow *flow,
		  struct flow_mark mark);

/* Its owner, as it turned out: see owner.h. Returns 0 or -ENOMEM. */
int flow_set_owner(struct flow_table *table, struct flow *flow,
		   const struct party *owner);

/*
 * All that listen on @port at @time, at whichever address and in whichever
 * network namespace, the newest first. Returns how many were written to @out.
 */
unsigned int flow_find_on_port(const struct flow_table *table, uint16_t port,
			       uint64_t time, struct flow **out,
			       unsigned int max);

/*
 * All listeners on this host that a SYN from @conn's local end may arrive at:
 * those of its own namespace if the address is this host's, else those that
 * are bound to just that address. Returns how many were written to @out.
 */
unsigned int flow_find_reached(const struct flow_table *table,
			       const struct event_conn *conn, uint64_t time,
			       struct flow **out, unsigned int max);

/* The other end by the numbers that both began with; NULL: not found so. */
const struct flow *flow_paired(const struct flow *flow);

/* The same connection, seen from its other end. */
struct event_conn conn_turned(const struct event_conn *conn);

/* At @time (ns): is what is left of it a mini-socket (TCP_TIMEWAIT_LEN)? */
bool flow_in_time_wait(const struct flow *flow, uint64_t time);

/* Is this the loopback's or one interface's own traffic (same namespace)? */
bool conn_is_local(const struct event_conn *conn);

#endif /* TCPWHY_FLOW_H */
