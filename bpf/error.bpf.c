// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Errors that a socket is told of, and from where: ICMP, a timer, a RST. */
#include "filter.bpf.h"
#include "maps.bpf.h"
#include "sock.bpf.h"
#include "stack.bpf.h"

#define ECONNABORTED 103
#define ECONNRESET   104
#define EPIPE	     32

/* Acts and RSTs have events of their own; 0 is a socket that disconnects. */
static __always_inline bool is_told_elsewhere(int err)
{
	return !err || err == ECONNRESET || err == EPIPE || err == ECONNABORTED;
}

SEC("tp_btf/inet_sk_error_report")
int BPF_PROG(on_error, const struct sock *sk)
{
	const struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);
	struct segment_event *e;

	if (!tp || is_told_elsewhere(sk->sk_err))
		return 0;
	if (!filter_wants_sock(EVENT_ERROR, tp))
		return 0;
	e = event_reserve(EVENT_ERROR, sizeof(*e));
	if (!e)
		return 0;
	e->h.sock = (__u64)sk;
	e->reason = EVENT_NO_REASON;
	conn_from_sock(&e->conn, tp);
	tcp_snapshot_take(&e->tcp, tp);
	event_stack(e, ctx);
	if (event_is_owned(sk)) {
		e->h.flags |= EVENT_F_OWNED;
		event_task(&e->h);
	}
	event_submit(&e->h);
	return 0;
}
