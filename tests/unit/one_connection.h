/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One connection over loopback, in a lab, and how it ends. For the tests of the
 * pipeline; include after <cmocka.h>.
 */
#ifndef TCPWHY_TEST_ONE_CONNECTION_H
#define TCPWHY_TEST_ONE_CONNECTION_H

#include "lab.h"

#define LINGER_STACK "tcp_send_active_reset tcp_disconnect __tcp_close"

static inline struct event_conn loopback(void)
{
	return conn_of("127.0.0.1", 40000, "127.0.0.1", 8080);
}

static inline void open_connection(struct lab *lab)
{
	lab_listen(lab, 1 * SEC, loopback());
	lab_connect(lab, 2 * SEC, loopback());
	lab_accept(lab, 2 * SEC, loopback());
	lab->in.tick(lab->in.arg, 2 * SEC + 60 * MS);
	lab->said[0] = '\0';
}

static inline void tick(struct lab *lab, __u64 now)
{
	assert_int_equal(lab->in.tick(lab->in.arg, now), 0);
}

/* The server's RST, and its arrival at the client. */
static inline void send_reset(struct lab *lab, __u64 time)
{
	struct segment_event e = segment_event(EVENT_RESET_SENT, time,
					       CHILD_SOCK, turned(loopback()));

	e.tcp.state = STATE_CLOSE;
	e.tcp.flags |= SOCK_F_LINGER;
	e.tcp.shutdown = 3;
	with_stack(&e, lab->host, LINGER_STACK);
	done_by(&e.h, SERVER, "server");
	lab_play(lab, &e);
}

static inline void end_side(struct lab *lab, __u64 time, bool client)
{
	struct event_conn conn = client ? loopback() : turned(loopback());
	__u64 sock = client ? CLIENT_SOCK : CHILD_SOCK;
	__u32 who = client ? CLIENT : SERVER;

	lab_state(lab, time, sock, conn, STATE_ESTABLISHED, STATE_FIN_WAIT1,
		  who);
	lab_state(lab, time + 1, sock, conn, STATE_FIN_WAIT1, STATE_CLOSE, 0);
}

#endif /* TCPWHY_TEST_ONE_CONNECTION_H */
