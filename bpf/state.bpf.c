// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* State changes and the end of sockets: the two events every connection has. */
#include "filter.bpf.h"
#include "maps.bpf.h"
#include "sock.bpf.h"
#include "turn.bpf.h"

const volatile struct bpf_config config = {};
const volatile struct bpf_filter filter = {};
__u8 watched_ports[65536] = {};
__u8 filter_ready = 0;
__u8 filter_overflow = 0;
__u64 last_wakeup = 0;
__u64 known_young[YOUNG_SLOTS] = {};
struct event_gap gap = {};

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline void emit(__u32 kind, const struct sock *sk, int old,
				 int new)
{
	const struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);
	struct sock_event *e;

	if (!tp) /* MPTCP's own socket, a mini-socket */
		return;
	if (!filter_wants_state(kind, tp, old, new))
		return;
	e = event_reserve(kind, sizeof(*e));
	if (!e)
		return;
	sock_facts(e, tp);
	e->old_state = old;
	e->new_state = new;
	/* Not chosen yet; of a connection before, connect(AF_UNSPEC) keeps it.
	 */
	if (new == STATE_SYN_SENT)
		e->conn.lport = sk->__sk_common.skc_num;
	if (old == STATE_SYN_SENT)
		e->syn_retries = sock_syn_retries(tp);
	if (event_is_owned(sk)) {
		e->h.flags |= EVENT_F_OWNED;
		e->closing = sock_file_released(&tp->inet_conn.icsk_inet.sk);
		event_task(&e->h);
	}
	event_submit(&e->h);
}

/* What a process did to an MPTCP socket: its first TCP socket stands for it. */
static __always_inline void emit_mptcp(const struct sock *sk, int old, int new)
{
	__u64 first = mptcp_first(sk);
	struct subflow_event *e;

	if (!first || !event_is_owned(sk))
		return;
	if (filter.tasks && !current_is_watched() && !sock_is_watched(first))
		return;
	e = event_reserve(EVENT_SUBFLOW, sizeof(*e));
	if (!e)
		return;
	e->h.sock = first;
	e->h.flags |= EVENT_F_OWNED;
	e->first = first;
	e->old_state = old;
	e->new_state = new;
	e->closing = sock_file_released(sk);
	event_task(&e->h);
	event_submit(&e->h);
}

/* The kernel opened another TCP connection for an MPTCP socket. */
static __always_inline void emit_subflow(const struct sock *sk)
{
	const struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);
	const struct sock *mptcp;
	struct subflow_event *e;
	__u64 first;

	if (!tp || !sock_is_mptcp(tp))
		return;
	mptcp = mptcp_of(tp);
	if (!mptcp)
		return;
	first = mptcp_first(mptcp);
	if (!first || first == (__u64)tp)
		return;
	if (filter.tasks && !sock_is_watched((__u64)tp) &&
	    !sock_is_watched(first))
		return;
	e = event_reserve(EVENT_SUBFLOW, sizeof(*e));
	if (!e)
		return;
	e->h.sock = (__u64)tp;
	e->first = first;
	event_submit_quietly(&e->h);
}

static __always_inline int state_changed(const struct sock *sk, int old,
					 int new)
{
	if (sk->sk_protocol == IPPROTO_MPTCP)
		emit_mptcp(sk, old, new);
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	emit(EVENT_STATE, sk, old, new);
	if (new == STATE_SYN_SENT || new == STATE_ESTABLISHED)
		emit_subflow(sk);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, const struct sock *sk, int old, int new)
{
	/* The kernel traces some changes from a state to itself. */
	if (old == new)
		return 0;
	turn_take(EVENT_STATE, (__u64)sk, old << 8 | new);
	return state_changed(sk, old, new);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state_missed, const struct sock *sk, int old, int new)
{
	if (old == new ||
	    !turn_was_missed(EVENT_STATE, (__u64)sk, old << 8 | new))
		return 0;
	return state_changed(sk, old, new);
}

static __always_inline int destroyed(const struct sock *sk)
{
	int state = sk->__sk_common.skc_state;

	emit(EVENT_DESTROY, sk, state, state);
	filter_forget(sk);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(on_destroy, const struct sock *sk)
{
	turn_take(EVENT_DESTROY, (__u64)sk, 0);
	return destroyed(sk);
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(on_destroy_missed, const struct sock *sk)
{
	if (!turn_was_missed(EVENT_DESTROY, (__u64)sk, 0))
		return 0;
	return destroyed(sk);
}
