/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What user space sets before it loads the programs. It lives in .rodata, so
 * the verifier sees constants and drops the branches that cannot be taken.
 */
#ifndef TCPWHY_CONFIG_H
#define TCPWHY_CONFIG_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

struct bpf_config {
	/*
	 * Shapes of the tracepoints on this kernel, found in its BTF: the
	 * position of an optional argument, or 0 where there is none.
	 */
	__u8 send_reset_reason_arg; /* enum sk_rst_reason: 6.10 */
	__u8 retransmit_err_arg;    /* int err: 6.17 */
	__u8 kfree_reason_arg;	    /* enum skb_drop_reason: 5.17 */
	__u8 kfree_rx_sk_arg;	    /* struct sock *rx_sk: 6.11 */
	__u32 self;		    /* tcpwhy's own process id */
	/* SKB_DROP_REASON_QUEUE_PURGE; below 0: this kernel has none. */
	__s32 kfree_purge_reason;
	__u64 wakeup_ns; /* user space is woken no more often than this */
};

#ifdef __bpf__
extern const volatile struct bpf_config config; /* in state.bpf.c */
#endif

#endif /* TCPWHY_CONFIG_H */
