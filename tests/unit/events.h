/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events for the tests, with what a test does not care about filled in. */
#ifndef TCPWHY_TEST_EVENTS_H
#define TCPWHY_TEST_EVENTS_H

#include <arpa/inet.h>
#include <string.h>

#include "event.h"
#include "host.h"

#define MS	    1000000ULL
#define SEC	    (1000 * MS)

#define NETNS	    4026531840U
#define OTHER_NETNS 4026532000U

#define TCP_FIN	    0x01
#define TCP_SYN	    0x02
#define TCP_RST	    0x04
#define TCP_ACK	    0x10

static inline void address_of(const char *text, __u8 addr[16])
{
	memset(addr, 0, 16);
	if (inet_pton(AF_INET6, text, addr) == 1)
		return;
	addr[10] = addr[11] = 0xff;
	inet_pton(AF_INET, text, addr + 12);
}

static inline struct event_conn conn_of(const char *laddr, __u16 lport,
					const char *raddr, __u16 rport)
{
	struct event_conn conn = {
		.lport = lport,
		.rport = rport,
		.family = strchr(laddr, ':') ? AF_INET6 : AF_INET,
		.netns = NETNS,
	};

	address_of(laddr, conn.laddr);
	address_of(raddr, conn.raddr);
	return conn;
}

static inline struct event_conn in_netns(struct event_conn conn, __u32 netns)
{
	conn.netns = netns;
	return conn;
}

/* The same connection, seen from its other end. */
static inline struct event_conn turned(struct event_conn conn)
{
	struct event_conn other = conn;

	memcpy(other.laddr, conn.raddr, sizeof(other.laddr));
	memcpy(other.raddr, conn.laddr, sizeof(other.raddr));
	other.lport = conn.rport;
	other.rport = conn.lport;
	return other;
}

static inline struct sock_event
state_event(__u64 time, __u64 sock, struct event_conn conn, __u8 old, __u8 new)
{
	struct sock_event e = {
		.h = { .time = time,
		       .sock = sock,
		       .kind = EVENT_STATE,
		       .size = sizeof(e) },
		.conn = conn,
		.old_state = old,
		.new_state = new,
		.syn_retries = 6,
		.fd = -1,
	};

	return e;
}

static inline struct sock_event destroy_event(__u64 time, __u64 sock,
					      struct event_conn conn)
{
	struct sock_event e =
		state_event(time, sock, conn, STATE_CLOSE, STATE_CLOSE);

	e.h.kind = EVENT_DESTROY;
	return e;
}

static inline struct sock_event
existing_event(__u64 sock, struct event_conn conn, __u8 state)
{
	struct sock_event e = state_event(1, sock, conn, state, state);

	e.h.kind = EVENT_EXISTING;
	return e;
}

/* An open socket that has a file; change what the case is about. */
static inline struct segment_event segment_event(enum event_kind kind,
						 __u64 time, __u64 sock,
						 struct event_conn conn)
{
	struct segment_event e = {
		.h = { .time = time,
		       .sock = sock,
		       .kind = kind,
		       .size = sizeof(e) },
		.conn = conn,
		.tcp = { .state = STATE_ESTABLISHED,
			 .flags = SOCK_F_FULL | SOCK_F_HAS_FILE,
			 .snd_wnd = 65535,
			 .syn_retries = 6 },
		.reason = EVENT_NO_REASON,
	};

	return e;
}

static inline void with_segment(struct segment_event *e, __u8 flags, __u32 len)
{
	e->seg.present = 1;
	e->seg.flags = flags;
	e->seg.seq = 1000;
	e->seg.len = len;
	e->seg.end_seq = 1000 + len + !!(flags & (TCP_FIN | TCP_SYN));
}

/* @pid is current, and whatever it is doing is about something else. */
static inline void on_top_of(struct event_header *h, __u32 pid,
			     const char *comm)
{
	h->pid = h->tid = pid;
	h->start_time = 1000ULL * pid;
	h->flags |= EVENT_F_TASK;
	memset(h->comm, 0, sizeof(h->comm));
	memcpy(h->comm, comm, strnlen(comm, sizeof(h->comm) - 1));
}

/* @pid does this to its own socket. */
static inline void done_by(struct event_header *h, __u32 pid, const char *comm)
{
	on_top_of(h, pid, comm);
	h->flags |= EVENT_F_OWNED;
}

static inline void learn_symbol(struct host *host, __u64 address,
				const char *name)
{
	struct fact fact = { .kind = FACT_SYMBOL, .symbol = { address, name } };

	host_learn(host, &fact);
}

/* The stack @functions, separated by spaces, innermost first. */
static inline void with_stack(struct segment_event *e, struct host *host,
			      const char *functions)
{
	static __u64 address = 0xffffffff81000000ULL;
	char copy[1024], *name, *rest = copy;

	strncpy(copy, functions, sizeof(copy) - 1);
	copy[sizeof(copy) - 1] = '\0';
	e->frames = 0;
	while ((name = strtok_r(rest, " ", &rest))) {
		address += 16;
		learn_symbol(host, address, name);
		e->stack[e->frames++] = address;
	}
}

/* The same stack on a host that hides its symbols. */
static inline void without_symbols(struct segment_event *e)
{
	for (unsigned int i = 0; i < e->frames; i++)
		e->stack[i] = 0xffffffffc0000000ULL + i;
}

/* The reason @name, under a number that no other name has. */
static inline void with_reason(struct segment_event *e, struct host *host,
			       const char *name)
{
	static __s32 value = 100;
	struct fact fact = { .kind = FACT_NAME };

	fact.name.space =
		e->h.kind == EVENT_DROP ? NAME_DROP_REASON : NAME_RST_REASON;
	fact.name.value = e->reason = value++;
	fact.name.name = name;
	host_learn(host, &fact);
}

#endif /* TCPWHY_TEST_EVENTS_H */
