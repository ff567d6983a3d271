// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connections that a closed window holds up. No tracepoint tells of zero-window
 * probes, so now and then all sockets are looked at, and of those only the few
 * reported that have to do with a stall.
 */
#include "compat.bpf.h"
#include "event.h"
#include "sock.bpf.h"

/* Those reported as stalled: reported once more when they are not. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EVENT_MAX_STALLED);
	__type(key, __u64);
	__type(value, __u8);
} stalled __weak SEC(".maps");

/* tcp_receive_window() is 0, and it is for the application to change that. */
static __always_inline bool holds_up(const struct tcp_sock *tp)
{
	__s32 open = tp->rcv_wup + tp->rcv_wnd - tp->rcv_nxt;

	return open <= 0 && tp->rcv_nxt != tp->copied_seq;
}

static __always_inline bool carries_data(int state)
{
	return state == STATE_ESTABLISHED || state == STATE_FIN_WAIT1 ||
	       state == STATE_FIN_WAIT2 || state == STATE_CLOSE_WAIT ||
	       state == STATE_CLOSING || state == STATE_LAST_ACK;
}

/* Too large for the stack; only one task walks, from one socket to the next. */
static struct segment_event e;

SEC("iter/tcp")
int on_tcp_stalled(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	const struct tcp_sock *tp;
	__u64 address;

	if (!skc)
		return 0;
	tp = bpf_skc_to_tcp_sock(skc);
	if (!tp || !carries_data(skc->skc_state))
		return 0;
	address = (__u64)tp;
	if (sock_is_held_up(tp))
		e.role = STALL_SENDER;
	else if (bpf_map_lookup_elem(&stalled, &address))
		e.role = STALL_OVER;
	else if (holds_up(tp))
		e.role = STALL_RECEIVER;
	else
		return 0;
	e.h.kind = EVENT_STALLED;
	e.h.size = sizeof(e);
	e.h.time = bpf_ktime_get_ns();
	e.h.cpu = bpf_get_smp_processor_id();
	e.h.sock = address;
	e.reason = EVENT_NO_REASON;
	conn_from_sock(&e.conn, tp);
	tcp_snapshot_take(&e.tcp, tp);
	bpf_seq_write(ctx->meta->seq, &e, sizeof(e));
	return 0;
}
