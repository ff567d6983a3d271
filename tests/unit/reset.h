/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A RST that a server sends of its own accord. Include after <cmocka.h>. */
#ifndef TCPWHY_TEST_RESET_H
#define TCPWHY_TEST_RESET_H

#include "lab.h"

#define CLOSE_STACK \
	"bpf_prog_1_on_send_reset bpf_trace_run3 tcp_send_active_reset "

/* 127.0.0.1: both ends are here; the server is the one who acts. */
static inline struct event_conn loopback(void)
{
	return conn_of("127.0.0.1", 40000, "127.0.0.1", 8080);
}

static inline void open_connection(struct lab *lab)
{
	lab_listen(lab, 1 * SEC, loopback());
	lab_connect(lab, 2 * SEC, loopback());
	lab_accept(lab, 2 * SEC, loopback());
}

/* The server's socket is about to send a RST of its own accord. */
static inline struct segment_event
active_reset(struct lab *lab, const char *stack, const char *reason)
{
	struct segment_event e = segment_event(EVENT_RESET_SENT, 3 * SEC,
					       CHILD_SOCK, turned(loopback()));

	e.tcp.state = STATE_CLOSE;
	e.tcp.shutdown = 3;
	with_stack(&e, lab->host, stack);
	with_reason(&e, lab->host, reason);
	done_by(&e.h, SERVER, "server");
	return e;
}

#endif /* TCPWHY_TEST_RESET_H */
