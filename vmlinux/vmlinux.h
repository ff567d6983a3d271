/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel types that our BPF programs touch, and of those only the members
 * that they touch. CO-RE finds each member by name in the running kernel's
 * BTF, so order, offsets and everything left out here do not matter.
 * README.md in this directory says how to add one.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef int pid_t;
typedef _Bool bool;

enum { false = 0, true = 1 };

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push(__attribute__((preserve_access_index)),          \
			     apply_to = record)
#endif

/* uapi/linux/bpf.h: numbers are fixed; presence is asked of BTF by name. */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
};

enum {
	BPF_RB_AVAIL_DATA = 0,
};

enum {
	BPF_ANY = 0,
};

enum bpf_func_id {
	BPF_FUNC_get_current_task_btf = 158,
	BPF_FUNC_sock_from_file = 162,
	BPF_FUNC_task_pt_regs = 175,
};

/* include/net/sock.h and around */
struct ns_common {
	unsigned int inum;
};

struct local_ports {
	u32 range; /* low, and high << 16; from 6.7 */
};

struct local_ports___before_6_7 {
	int range[2];
};

struct netns_ipv4 {
	struct local_ports ip_local_ports;
	u8 sysctl_tcp_syn_retries; /* int before 5.15 */
	u8 sysctl_tcp_syn_linear_timeouts; /* 6.5 */
};

struct net {
	struct ns_common ns;
	struct netns_ipv4 ipv4;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	__s64 counter;
} atomic64_t;

typedef atomic64_t atomic_long_t;

struct proto {
	atomic_long_t *memory_allocated; /* pages */
	long *sysctl_mem;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_ipv6only : 1;
	int skc_bound_dev_if;
	struct proto *skc_prot;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	unsigned long skc_flags;
};

typedef struct {
	int owned;
} socket_lock_t;

typedef struct {
	unsigned int val;
} kuid_t;

struct sock {
	struct sock_common __sk_common;
	socket_lock_t sk_lock;
	struct socket *sk_socket;
	int sk_err;
	int sk_err_soft;
	int sk_rcvbuf;
	int sk_wmem_queued;
	struct {
		atomic_t rmem_alloc;
	} sk_backlog;
	struct sk_filter *sk_filter;
	u8 sk_shutdown;
	u16 sk_type;
	u16 sk_protocol;
	unsigned long sk_lingertime;
	u32 sk_ack_backlog;
	u32 sk_max_ack_backlog;
	kuid_t sk_uid;
};

struct socket {
	struct file *file;
	struct sock *sk;
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};

struct request_sock_queue {
	u8 rskq_defer_accept;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	struct request_sock_queue icsk_accept_queue;
	__u32 icsk_rto;
	__u8 icsk_ca_state : 5;
	__u8 icsk_retransmits;
	__u8 icsk_pending;
	__u8 icsk_backoff;
	__u8 icsk_syn_retries;
	__u8 icsk_probes_out;
	struct {
		__u32 lrcvtime;
	} icsk_ack;
	u32 icsk_user_timeout;
	__u32 icsk_pmtu_cookie;
	struct {
		u32 probe_size : 31;
	} icsk_mtup;
	void *icsk_ulp_data;
};

/* Neither is there without CONFIG_MPTCP. */
struct mptcp_sock {
	struct inet_connection_sock sk;
	struct sock *first;
};

struct mptcp_subflow_context {
	struct sock *conn; /* the MPTCP socket */
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u32 snd_wnd;
	u32 snd_cwnd;
	u32 lost_out;
	u32 sacked_out;
	u32 retrans_out;
	u32 copied_seq;
	u64 bytes_sent;
	u64 bytes_retrans;
	u64 bytes_received;
	u32 write_seq;
	u32 lsndtime;
	u32 rcv_tstamp;
	u32 rcv_nxt;
	u32 rcv_wnd;
	u32 rcv_wup;
	u32 snd_nxt;
	u32 snd_una;
	u32 srtt_us;
	u32 packets_out;
	u32 total_retrans;
	u32 undo_marker;
	int undo_retrans;
	int linger2;
	u32 mss_cache;
	u32 dsack_dups;
	struct {
		u32 probe_seq_start;
	} mtu_probe;
	u8 syn_data : 1;
	bool is_mptcp;
};

struct request_sock {
	struct sock_common __req_common;
	u8 num_retrans;
	u8 num_timeout : 7;
};

struct inet_request_sock {
	struct request_sock req;
	u16 acked : 1;
};

struct tcp_request_sock {
	struct inet_request_sock req;
	bool tfo_listener;
};

struct inet_timewait_sock {
	struct sock_common __tw_common;
	volatile unsigned char tw_substate;
	__be16 tw_sport;
};

struct tcp_timewait_sock {
	struct inet_timewait_sock tw_sk;
};

/* include/net/tcp.h */
struct tcp_skb_cb {
	__u32 seq;
	__u32 end_seq;
	u16 tcp_gso_segs;
	__u8 tcp_flags; /* __u16 from 6.15 */
	__u8 sacked;
	__u32 ack_seq;
};

/* include/linux/skbuff.h */
struct net_device {
	possible_net_t nd_net;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	char cb[48];
	unsigned int len;
	__be16 protocol;
	__u16 network_header;
	unsigned char *head;
};

/* include/linux/file_ref.h: 6.13 */
typedef struct {
	atomic_long_t refcnt;
} file_ref_t;

struct super_block {
	unsigned long s_magic;
};

struct inode {
	struct super_block *i_sb;
};

struct file {
	file_ref_t f_ref;
	struct inode *f_inode;
	void *private_data;
};

struct file___before_6_13 {
	atomic_long_t f_count;
};

struct signal_struct {
	atomic_t live; /* threads that have not exited */
};

struct linux_binprm {
	const char *filename;
};

/* include/linux/cgroup-defs.h */
struct cgroup_subsys_state {
	struct cgroup_subsys_state *parent;
};

struct kernfs_node {
	u64 id;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

/* include/linux/sched.h */
struct task_struct {
	unsigned int flags;
	int exit_code;
	pid_t pid;
	pid_t tgid;
	struct task_struct *group_leader;
	struct signal_struct *signal;
	struct css_set *cgroups;
	u64 start_time;
	char comm[16];
};

/* BPF iterators */
struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
};

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
