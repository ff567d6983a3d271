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
	/* When user space is woken again, ns: see event_submit(). */
	__u64 wakeup_ns, wakeup_full_ns, wakeup_young_ns;
	__u64 wakeup_bytes; /* so many that wait are a ring that fills */
};

#define FILTER_MAX	     16	   /* values of one kind */
#define FILTER_MAX_WATCHED   65536 /* sockets, and connections */
#define FILTER_MAX_PROCESSES 65536
#define FILTER_MAX_DEPTH     32 /* of a cgroup */

/* As an address in struct event_conn; addr has no bits that mask has not. */
struct filter_network {
	__u64 addr[2];
	__u64 mask[2];
};

/* What is to pass: values of one kind are alternatives; none: all. */
struct bpf_filter {
	__u8 on;	/* any at all */
	__u8 ends;	/* any of ports, hosts and families */
	__u8 tasks;	/* any of processes, comms and cgroups */
	__u8 processes; /* those in a map */
	__u8 forks;	/* ... and their children */
	__u8 v4, v6;	/* both or none: all */
	__u8 port_count, local_count, remote_count;
	__u8 host_count, netns_count, comm_count, cgroup_count;
	__u16 ports[FILTER_MAX], locals[FILTER_MAX], remotes[FILTER_MAX];
	__u32 netns[FILTER_MAX]; /* inode numbers */
	__u64 comms[FILTER_MAX][2];
	__u64 cgroups[FILTER_MAX]; /* ids */
	struct filter_network hosts[FILTER_MAX];
};

#ifdef __bpf__
/* In state.bpf.c. */
extern const volatile struct bpf_config config;
extern const volatile struct bpf_filter filter;
#endif

#endif /* TCPWHY_CONFIG_H */
