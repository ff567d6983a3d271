/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is surely out of scope never reaches the ring. User space judges what
 * is shown, with all that it knows by then; here only goes what it will not
 * want for any story. Without filters all of this is dead code to the
 * verifier.
 *
 * Ports, addresses and the family are in each event, of either end, of a
 * packet, of a RST that has no socket: both ends of a connection match the
 * same filters. What is not known (yet) matches.
 *
 * Processes, cgroups and namespaces are not: the other end of a connection, a
 * drop, a firewall's RST are of nobody. So what such a filter lets through is
 * remembered: the socket, the two ends of its connection, and the ports that
 * are listened on, by number. Whatever has to do with one of them passes.
 */
#ifndef TCPWHY_FILTER_BPF_H
#define TCPWHY_FILTER_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "compat.bpf.h"
#include "config.h"
#include "event.h"
#include "maps.bpf.h"
#include "sock.bpf.h"

/* User space makes the first two small where they are not needed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FILTER_MAX_WATCHED);
	__type(key, __u64); /* address of the socket */
	__type(value, __u8);
} watched_socks __weak SEC(".maps");

/*
 * The same from whichever end: the sums of the two addresses' halves. That two
 * connections of the same ports have the same is as good as never, and then
 * one passes that need not.
 */
struct conn_key {
	__u64 addrs[2];
	__u16 low_port, high_port; /* low 0: of a connect() under way */
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FILTER_MAX_WATCHED);
	__type(key, struct conn_key);
	__type(value, __u64); /* when, ns */
} watched_conns __weak SEC(".maps");

/* By process id; user space puts in the first. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FILTER_MAX_PROCESSES);
	__type(key, __u32);
	__type(value, __u8);
} watched_processes __weak SEC(".maps");

/* Their sockets are closed after sched_process_exit. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} leaving_processes __weak SEC(".maps");

/* In state.bpf.c. */
extern __u8 watched_ports[65536]; /* never forgotten: "listened until..." */
extern __u8 filter_ready;    /* the sockets that were there before are known */
extern __u8 filter_overflow; /* more processes than there is room for */

/* --- ends --- */

/* An address all zero, or ::ffff:0.0.0.0. */
static __always_inline bool addr_is_any(const __u8 addr[16])
{
	const __u32 *word = (const __u32 *)addr;

	return !word[0] && !word[1] && !word[3] &&
	       (!word[2] || word[2] == bpf_htonl(0xffff));
}

static __always_inline bool addr_is_v4(const __u8 addr[16])
{
	const __u32 *word = (const __u32 *)addr;

	return !word[0] && !word[1] && word[2] == bpf_htonl(0xffff);
}

/* An IPv6 listener on any address serves both. */
static __always_inline bool family_passes(const struct event_conn *conn)
{
	const __u8 *addr = conn->laddr;

	if (filter.v4 == filter.v6)
		return true;
	if (conn->family == AF_INET6 && addr_is_any(addr))
		addr = conn->raddr;
	if (conn->family == AF_INET6 && addr_is_any(addr))
		return true;
	return addr_is_v4(addr) ? filter.v4 : filter.v6;
}

static __always_inline bool network_has(const struct filter_network *network,
					const __u8 addr[16])
{
	const __u64 *half = (const __u64 *)addr;

	return (half[0] & network->mask[0]) == network->addr[0] &&
	       (half[1] & network->mask[1]) == network->addr[1];
}

static __always_inline bool hosts_pass(const struct event_conn *conn)
{
	if (!filter.host_count || addr_is_any(conn->laddr))
		return true;
	for (int i = 0; i < FILTER_MAX; i++) {
		struct filter_network network;

		if (i >= filter.host_count)
			break;
		network.addr[0] = filter.hosts[i].addr[0];
		network.addr[1] = filter.hosts[i].addr[1];
		network.mask[0] = filter.hosts[i].mask[0];
		network.mask[1] = filter.hosts[i].mask[1];
		if (network_has(&network, conn->laddr) ||
		    network_has(&network, conn->raddr))
			return true;
	}
	return false;
}

/* @port 0 is one that is going to be chosen from @range. */
static __always_inline bool port_is_in(const volatile __u16 *ports, __u8 count,
				       __u16 port, struct port_range range)
{
	if (!count)
		return true;
	for (int i = 0; i < FILTER_MAX; i++) {
		if (i >= count)
			break;
		if (ports[i] == port ||
		    (!port && ports[i] >= range.low && ports[i] <= range.high))
			return true;
	}
	return false;
}

/* Local and remote are those of either end: both may be on this host. */
static __always_inline bool ports_pass(const struct event_conn *conn,
				       struct port_range range)
{
	__u16 l = conn->lport, r = conn->rport;
	bool as_is, turned;

	if (filter.port_count &&
	    !port_is_in(filter.ports, filter.port_count, l, range) &&
	    !port_is_in(filter.ports, filter.port_count, r, range))
		return false;
	if (!filter.local_count && !filter.remote_count)
		return true;
	as_is = port_is_in(filter.locals, filter.local_count, l, range) &&
		port_is_in(filter.remotes, filter.remote_count, r, range);
	turned = port_is_in(filter.locals, filter.local_count, r, range) &&
		 port_is_in(filter.remotes, filter.remote_count, l, range);
	return as_is || turned;
}

/* --- what is remembered --- */

static __always_inline bool sock_is_watched(__u64 sock)
{
	return sock && bpf_map_lookup_elem(&watched_socks, &sock);
}

static __always_inline void watch_sock(__u64 sock)
{
	__u8 yes = 1;

	if (sock && !bpf_map_lookup_elem(&watched_socks, &sock))
		bpf_map_update_elem(&watched_socks, &sock, &yes, BPF_ANY);
}

static __always_inline void conn_key_from(struct conn_key *key,
					  const struct event_conn *conn,
					  __u16 one, __u16 other)
{
	const __u64 *l = (const __u64 *)conn->laddr;
	const __u64 *r = (const __u64 *)conn->raddr;

	key->addrs[0] = l[0] + r[0];
	key->addrs[1] = l[1] + r[1];
	key->low_port = one < other ? one : other;
	key->high_port = one < other ? other : one;
	key->reserved = 0;
}

static __always_inline void watch_conn(const struct event_conn *conn)
{
	__u64 now = bpf_ktime_get_ns();
	struct conn_key key;

	if (!conn->rport)
		return;
	conn_key_from(&key, conn, conn->lport, conn->rport);
	bpf_map_update_elem(&watched_conns, &key, &now, BPF_ANY);
}

static __always_inline bool conn_is_watched(const struct event_conn *conn)
{
	struct conn_key key;

	conn_key_from(&key, conn, conn->lport, conn->rport);
	return bpf_map_lookup_elem(&watched_conns, &key);
}

/* How long a connect() under way has the answer to its first SYN. */
#define CONNECT_NS 1000000000ULL

/* One from an unknown port to @port, when it was remembered. */
static __always_inline bool connect_is_watched(const struct event_conn *conn,
					       __u16 port)
{
	struct conn_key key;
	__u64 *when;

	conn_key_from(&key, conn, 0, port);
	when = bpf_map_lookup_elem(&watched_conns, &key);
	return when && bpf_ktime_get_ns() - *when < CONNECT_NS;
}

/* --- whose --- */

/* Into *@name, zero-padded. */
static __always_inline bool name_is_watched(const char *comm)
{
	__u64 name[2] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), comm);
	for (int i = 0; i < FILTER_MAX; i++) {
		if (i >= filter.comm_count)
			break;
		if (filter.comms[i][0] == name[0] &&
		    filter.comms[i][1] == name[1])
			return true;
	}
	return false;
}

static __always_inline bool process_is_watched(__u32 pid)
{
	return filter_overflow ||
	       bpf_map_lookup_elem(&watched_processes, &pid) ||
	       bpf_map_lookup_elem(&leaving_processes, &pid);
}

static __noinline bool cgroup_is_watched(struct task_struct *task)
{
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);

	for (int depth = 0; depth < FILTER_MAX_DEPTH && cgroup; depth++) {
		__u64 id = BPF_CORE_READ(cgroup, kn, id);

		for (int i = 0; i < FILTER_MAX; i++) {
			if (i >= filter.cgroup_count)
				break;
			if (filter.cgroups[i] == id)
				return true;
		}
		/* self is the first member of each. */
		cgroup = (struct cgroup *)BPF_CORE_READ(cgroup, self.parent);
	}
	return false;
}

/* Does @task match all filters of processes that there are? */
static __always_inline bool task_is_watched(struct task_struct *task)
{
	if (filter.processes && !process_is_watched(BPF_CORE_READ(task, tgid)))
		return false;
	/* A thread, a worker of io_uring has a name of its own. */
	if (filter.comm_count && !name_is_watched(task->comm) &&
	    !name_is_watched(BPF_CORE_READ(task, group_leader)->comm))
		return false;
	return !filter.cgroup_count || cgroup_is_watched(task);
}

static __always_inline bool current_is_watched(void)
{
	return filter.tasks &&
	       task_is_watched((struct task_struct *)bpf_get_current_task());
}

static __always_inline bool netns_is_watched(__u32 netns)
{
	if (!netns) /* not known */
		return true;
	for (int i = 0; i < FILTER_MAX; i++) {
		if (i >= filter.netns_count)
			break;
		if (filter.netns[i] == netns)
			return true;
	}
	return false;
}

/* --- the verdict --- */

/* What an event is about, as far as filters have to do with it. */
struct filtered {
	struct event_conn conn;
	__u64 sock; /* 0: none */
	/* A listener, or one that was: few, and they tell whose others are. */
	bool listens;
	bool accepted; /* new: up to 6.12 without its other end */
	/* It is, or answers, the first segment of a connect(). */
	bool handshake;
	bool by_task; /* the current task, or @task, does it or holds it */
};

static __always_inline bool ends_pass(const struct filtered *f,
				      struct port_range range)
{
	if (!family_passes(&f->conn))
		return false;
	if (!f->conn.rport)
		return f->listens || f->accepted || sock_is_watched(f->sock);
	if (!f->conn.lport && sock_is_watched(f->sock))
		return true;
	return hosts_pass(&f->conn) && ports_pass(&f->conn, range);
}

static __always_inline bool is_remembered(const struct filtered *f)
{
	const struct event_conn *conn = &f->conn;

	if (f->listens || watched_ports[conn->lport] ||
	    watched_ports[conn->rport] || sock_is_watched(f->sock))
		return true;
	if (!conn->rport || !conn->lport)
		return false;
	return conn_is_watched(conn) ||
	       (f->handshake && (connect_is_watched(conn, conn->lport) ||
				 connect_is_watched(conn, conn->rport)));
}

enum verdict {
	VERDICT_OUT, /* as far as is known */
	VERDICT_IN,
	VERDICT_NEVER, /* whatever will be known */
};

static __noinline enum verdict filter_verdict(const struct filtered *f,
					      const struct port_range *range)
{
	bool mine;

	if (filter.ends && !ends_pass(f, *range))
		return f->conn.lport && f->conn.rport ? VERDICT_NEVER
						      : VERDICT_OUT;
	if (!filter.tasks && !filter.netns_count) {
		watch_sock(f->sock);
		return VERDICT_IN;
	}
	mine = filter.tasks ? f->by_task : netns_is_watched(f->conn.netns);
	if (!mine && !is_remembered(f))
		return VERDICT_OUT;
	if (mine && f->listens && f->conn.lport)
		watched_ports[f->conn.lport] = 1;
	/* What only was a handshake to the same place is not remembered. */
	if (mine || sock_is_watched(f->sock))
		watch_conn(&f->conn);
	if (mine || !f->handshake)
		watch_sock(f->sock);
	return VERDICT_IN;
}

/* False: it is out of scope, and counted as such. */
static __always_inline bool filter_wants(__u32 kind, const struct filtered *f,
					 const struct port_range *range)
{
	enum verdict verdict = filter_verdict(f, range);
	struct event_count *count;

	/* At first it is not known who holds what was there before. */
	if (verdict == VERDICT_IN || (verdict == VERDICT_OUT && !filter_ready))
		return true;
	count = bpf_map_lookup_elem(&counts, &kind);
	if (count)
		__sync_fetch_and_add(&count->filtered, 1);
	return false;
}

/* Of an event of a full socket that changes its state; else both are equal. */
static __always_inline bool
filter_wants_state(__u32 kind, const struct tcp_sock *tp, int old, int new)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	struct port_range range = { 1, 65535 };
	struct filtered f = {};

	if (!filter.on)
		return true;
	conn_from_sock(&f.conn, tp);
	/* As in emit(). */
	if (new == STATE_SYN_SENT)
		f.conn.lport = sk->__sk_common.skc_num;
	if (!f.conn.lport && f.conn.rport)
		net_port_range(sk->__sk_common.skc_net.net, &range);
	f.sock = (__u64)tp;
	/* What is remembered of this address was another socket. */
	if (old != new && (old == STATE_CLOSE || old == STATE_LISTEN))
		bpf_map_delete_elem(&watched_socks, &f.sock);
	f.accepted = old == STATE_LISTEN && new == STATE_SYN_RECV;
	f.listens = !f.accepted && (old == STATE_LISTEN || new == STATE_LISTEN);
	f.by_task = event_is_owned(sk) && current_is_watched();
	return filter_wants(kind, &f, &range);
}

/* The socket has gone. */
static __always_inline void filter_forget(const struct sock *sk)
{
	__u64 sock = (__u64)sk;

	if (filter.on)
		bpf_map_delete_elem(&watched_socks, &sock);
}

static __always_inline bool filter_wants_sock(__u32 kind,
					      const struct tcp_sock *tp)
{
	int state = tp->inet_conn.icsk_inet.sk.__sk_common.skc_state;

	return filter_wants_state(kind, tp, state, state);
}

/* Of a packet. @by_task: it may be the current task's doing. */
static __always_inline bool filter_wants_packet(__u32 kind,
						const struct event_conn *conn,
						__u64 sock, bool handshake,
						bool by_task)
{
	struct port_range range = { 1, 65535 };
	struct filtered f = { .conn = *conn,
			      .sock = sock,
			      .handshake = handshake };

	if (!filter.on)
		return true;
	f.by_task = by_task && current_is_watched();
	return filter_wants(kind, &f, &range);
}

/* Sockets that an iterator finds, at @task if that is not NULL. */
static __always_inline void filter_note(const struct tcp_sock *tp, __u64 sock,
					struct task_struct *task)
{
	struct port_range range = { 1, 65535 };
	struct filtered f = { .sock = sock };

	if (!filter.on)
		return;
	f.by_task = task && filter.tasks && task_is_watched(task);
	if (tp) {
		conn_from_sock(&f.conn, tp);
		f.listens = tp->inet_conn.icsk_inet.sk.__sk_common.skc_state ==
			    STATE_LISTEN;
		filter_verdict(&f, &range);
	} else if (f.by_task) {
		watch_sock(sock);
	}
}

#endif /* TCPWHY_FILTER_BPF_H */
