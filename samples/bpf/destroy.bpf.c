// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Destroys the sockets of one network namespace that have one local port. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define ESTABLISHED 1

extern int bpf_sock_destroy(struct sock_common *sock) __ksym __weak;

const volatile __u16 port = 0;
__u32 destroyed = 0;

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("iter/tcp")
int destroy_port(struct bpf_iter__tcp *ctx)
{
	struct sock_common *sk = ctx->sk_common;

	if (!sk || sk->skc_state != ESTABLISHED || sk->skc_num != port)
		return 0;
	if (!bpf_sock_destroy(sk))
		destroyed++;
	return 0;
}
