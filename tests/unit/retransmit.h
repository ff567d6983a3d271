/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Segments sent again, for the tests of their rules. After <cmocka.h>. */
#ifndef TCPWHY_TEST_RETRANSMIT_H
#define TCPWHY_TEST_RETRANSMIT_H

#include <errno.h>

#include "lab.h"

#define RESENT	 "tcp_retransmit_skb "
#define BY_TIMER "tcp_retransmit_timer tcp_write_timer call_timer_fn"
#define BY_PROBE "tcp_send_loss_probe tcp_write_timer call_timer_fn"
#define BY_RACK                                                          \
	"tcp_xmit_retransmit_queue tcp_rack_reo_timeout tcp_write_timer" \
	" call_timer_fn"
#define BY_ACK                                                   \
	"tcp_xmit_retransmit_queue tcp_ack tcp_rcv_established " \
	"tcp_v4_do_rcv process_backlog"

enum { CA_OPEN = 0, CA_CWR = 2, CA_RECOVERY = 3, CA_LOSS = 4 };

static inline struct event_conn remote(void)
{
	return conn_of("10.0.0.1", 40000, "192.0.2.9", 80);
}

static inline struct segment_event resent(struct lab *lab, const char *stack)
{
	struct segment_event e =
		segment_event(EVENT_RETRANSMIT, 5 * SEC, CLIENT_SOCK, remote());

	with_segment(&e, TCP_ACK, 100);
	with_stack(&e, lab->host, stack);
	on_top_of(&e.h, 999, "bystander");
	return e;
}

/* The same in a lab where nothing has happened yet. */
static inline struct segment_event resent_anew(void **state, const char *stack)
{
	lab_renew(state);
	return resent(*state, stack);
}

/* A copy of @e is dropped on its way out of this host. */
static inline void drop_copy(struct lab *lab, const struct segment_event *e,
			     __u64 time, __u8 flags)
{
	struct segment_event drop =
		segment_event(EVENT_DROP, time, 0, turned(e->conn));

	memset(&drop.tcp, 0, sizeof(drop.tcp));
	drop.seg = e->seg;
	drop.seg.flags = flags;
	with_stack(&drop, lab->host,
		   "kfree_skb_reason nf_hook_slow __ip_local_out ip_local_out");
	with_reason(&drop, lab->host, "NETFILTER_DROP");
	lab_play(lab, &drop);
}

/* Judge @e on an open connection of CLIENT. */
static inline const struct finding *on_connection(struct lab *lab,
						  const struct segment_event *e)
{
	const struct finding *f;

	lab_connect(lab, 1 * SEC, remote());
	f = lab_judge(lab, e);
	assert_int_equal(f->owner.pid, CLIENT);
	assert_int_equal(f->actor.pid, 0);
	return f;
}

#endif /* TCPWHY_TEST_RETRANSMIT_H */
