// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* State changes and the end of sockets: the two events every connection has. */
#include "maps.bpf.h"
#include "sock.bpf.h"

const volatile struct bpf_config config = {};
__u64 last_wakeup = 0;

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline void emit(__u32 kind, const struct sock *sk, int old,
				 int new)
{
	const struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);
	struct sock_event *e;

	if (!tp) /* MPTCP's own socket, a mini-socket */
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
		e->closing = sock_file_released(sk);
		event_task(&e->h);
	}
	event_submit(&e->h);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, const struct sock *sk, int old, int new)
{
	/* The kernel traces some changes from a state to itself. */
	if (old == new || sk->sk_protocol != IPPROTO_TCP)
		return 0;
	emit(EVENT_STATE, sk, old, new);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(on_destroy, const struct sock *sk)
{
	int state = sk->__sk_common.skc_state;

	emit(EVENT_DESTROY, sk, state, state);
	return 0;
}
