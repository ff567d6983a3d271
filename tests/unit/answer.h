/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A connection on loopback, and a RST of its server's end. */
#ifndef TCPWHY_TEST_ANSWER_H
#define TCPWHY_TEST_ANSWER_H

#include "lab.h"

static inline struct event_conn loopback(void)
{
	return conn_of("127.0.0.1", 40000, "127.0.0.1", 8080);
}

/* The server's end answers @flags with a RST; @sock: 0 for no socket. */
static inline struct segment_event
answer(struct lab *lab, __u64 sock, const char *reason, __u8 flags, __u32 len)
{
	struct segment_event e = segment_event(EVENT_RESET_SENT, 5 * SEC, sock,
					       turned(loopback()));

	if (!sock)
		memset(&e.tcp, 0, sizeof(e.tcp));
	with_segment(&e, flags, len);
	with_stack(&e, lab->host,
		   "tcp_v4_send_reset tcp_v4_rcv ip_local_deliver "
		   "process_backlog handle_softirqs tcp_close");
	with_reason(&e, lab->host, reason);
	on_top_of(&e.h, 999, "bystander");
	return e;
}

/* Both ways, by close() or else by shutdown(). */
static inline void close_server(struct lab *lab, __u64 time, bool closing)
{
	struct sock_event e = state_event(time, CHILD_SOCK, turned(loopback()),
					  STATE_ESTABLISHED, STATE_FIN_WAIT1);

	e.shutdown = 3;
	e.closing = closing;
	done_by(&e.h, SERVER, "server");
	lab_play(lab, &e);
}

static inline void open_connection(struct lab *lab)
{
	lab_listen(lab, 1 * SEC, loopback());
	lab_connect(lab, 2 * SEC, loopback());
	lab_accept(lab, 2 * SEC, loopback());
}

#endif /* TCPWHY_TEST_ANSWER_H */
