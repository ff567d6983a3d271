/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The contract between the kernel side and user space: what one record in the
 * ring buffer, in an iterator's output, or in a recording looks like.
 *
 * Rules: fixed-width types only, padding spelled out, enums numbered. Nothing
 * may be reordered or reused once released, since recordings outlive versions:
 * append, and let the size tell.
 *
 * Units and byte order, unless a member says otherwise: times are nanoseconds
 * of CLOCK_MONOTONIC; ports and sequence numbers are in host byte order;
 * addresses are in network byte order, IPv4 as ::ffff:a.b.c.d.
 */
#ifndef TCPWHY_EVENT_H
#define TCPWHY_EVENT_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define EVENT_COMM_LEN	  16
#define EVENT_MAX_FRAMES  24
#define EVENT_MAX_WANTED  1024 /* sockets whose holders are asked for */
#define EVENT_MAX_STALLED 4096 /* sockets known to be stalled */

enum event_kind {
	EVENT_NONE = 0,
	EVENT_STATE = 1,	  /* struct sock_event, inet_sock_set_state */
	EVENT_DESTROY = 2,	  /* struct sock_event, tcp_destroy_sock */
	EVENT_RESET_SENT = 3,	  /* struct segment_event */
	EVENT_RESET_RECEIVED = 4, /* struct segment_event, segment empty */
	EVENT_RETRANSMIT = 5,	  /* struct segment_event */
	EVENT_RETRANSMIT_SYNACK = 6, /* struct segment_event, request filled */
	EVENT_DROP = 7,		     /* struct segment_event */
	EVENT_EXISTING = 8,	     /* struct sock_event, iter/tcp */
	EVENT_HOLDER = 9,	     /* struct sock_event, iter/task_file */
	EVENT_FORK = 10,	     /* struct fork_event, of a process */
	EVENT_EXEC = 11,	     /* struct exec_event */
	EVENT_EXIT = 12,	     /* struct exit_event, of a whole process */
	/*
	 * struct segment_event: a RST that no TCP socket of this host owns, on
	 * its way to a device; local is its source, the task was current.
	 */
	EVENT_PACKET = 13,
	/*
	 * struct segment_event without segment and stack: all that was sent
	 * again is repaired, or was needless; tcp_cong_state_set. ca_state is
	 * what ends, substate what begins (enum tcp_ca_state).
	 */
	EVENT_RECOVERY = 14,
	EVENT_STALLED = 15, /* struct segment_event, iter/tcp; see stall_role */
	EVENT_ERROR = 16,   /* struct segment_event, inet_sk_error_report */
	EVENT_SUBFLOW = 17, /* struct subflow_event, of MPTCP */
	EVENT_KINDS = 18,
};

/* How the task in the header relates to the socket. */
enum event_flag {
	/* The task was filled in at all. */
	EVENT_F_TASK = 1 << 0,
	/*
	 * The task holds the socket's lock (sk_lock.owned): it is a user of
	 * this socket. Without it the event may run in a softirq on top of a
	 * task that has nothing to do with the socket.
	 */
	EVENT_F_OWNED = 1 << 1,
	/* The task is on its way out (PF_EXITING); see exit_code. */
	EVENT_F_EXITING = 1 << 2,
	/* The task is a kernel thread (PF_KTHREAD). */
	EVENT_F_KTHREAD = 1 << 3,
	/*
	 * The task is tcpwhy itself, and not in the header: see
	 * user/model/errand.h.
	 */
	EVENT_F_OURS = 1 << 4,
	/*
	 * EVENT_HOLDER only: the first that a walk tells of this socket. Who
	 * was found by walks before need not hold it any more.
	 */
	EVENT_F_ANEW = 1 << 5,
};

struct event_header {
	__u64 time;
	__u64 sock;	  /* address of struct sock, an identity; 0: none */
	__u64 start_time; /* of the process; with pid it names one process */
	__u16 kind;
	__u16 size; /* of the whole event, this header included */
	__u32 cpu;
	__u32 pid; /* thread group id */
	__u32 tid;
	__u32 flags;	 /* enum event_flag */
	__u32 exit_code; /* as in task_struct: signal in the low 7 bits */
	char comm[EVENT_COMM_LEN]; /* of the thread; NUL-padded */
};

/* event_conn.bound: IPV6_V6ONLY, and the index of SO_BINDTODEVICE. */
#define CONN_V6ONLY    0x8000
#define CONN_INTERFACE 0x7fff

/* One end of a connection: local is this host's end. */
struct event_conn {
	__u8 laddr[16];
	__u8 raddr[16];
	__u16 lport;
	__u16 rport;
	__u16 family; /* AF_INET or AF_INET6, of the socket or the packet */
	__u16 bound;  /* see above; 0: neither, no socket, or not recorded */
	__u32 netns;  /* inode number; 0: not known */
	__u32 uid;    /* who created the socket; -1: no socket */
};

/* sk_flags and relatives, in bits of our own. */
enum sock_flag {
	SOCK_F_DEAD = 1 << 0,	   /* orphaned: no process can reach it */
	SOCK_F_LINGER = 1 << 1,	   /* SO_LINGER on */
	SOCK_F_KEEPALIVE = 1 << 2, /* SO_KEEPALIVE on */
	SOCK_F_HAS_FILE = 1 << 3,  /* sk_socket set; clear: not accepted yet */
	SOCK_F_MPTCP = 1 << 4,
	SOCK_F_SYN_DATA = 1 << 5, /* the SYN carried data (TFO) */
	SOCK_F_FULL = 1 << 6,	  /* a tcp_sock; clear: nothing but state */
	SOCK_F_FIN_SEEN = 1 << 7, /* the peer's FIN was received */
	/* In a tcp_snapshot only: */
	SOCK_F_NO_FILTER = 1 << 8, /* no SO_ATTACH_FILTER, or _BPF */
};

struct sock_event {
	struct event_header h;
	struct event_conn conn;
	__u8 old_state; /* enum below; equal to new_state but for EVENT_STATE */
	__u8 new_state;
	__u8 shutdown; /* sk_shutdown: 1 RCV, 2 SEND */
	__u8 retransmits;
	__u8 syn_retries; /* the limit in force; only when old is SYN_SENT */
	__u8 flags;	  /* enum sock_flag */
	__u8 closing;	  /* close(), or exit, and not shutdown() */
	__u8 probes_out;  /* keepalive or zero-window probes unanswered */
	__s32 err;	  /* sk_err, a positive errno; 0: none */
	__s32 fd;	  /* EVENT_HOLDER only, else -1 */
	__u64 bytes_out;  /* payload handed to the network once */
	__u64 bytes_in;	  /* payload received in order; a FIN counts 1 */
	/*
	 * Of a listener that an iterator reports: the length of its accept
	 * queue, and its limit (as in struct inet_diag_msg). Else:
	 */
	__u32 unread;	/* bytes received and not read; a FIN counts 1 */
	__u32 unsent;	/* bytes written and never sent */
	__u32 snd_una;	/* with rcv_nxt: at the change to ESTABLISHED */
	__u32 rcv_nxt;	/* both ends have the same pair, turned round */
	__s32 err_soft; /* sk_err_soft: what a timeout will be reported as */
	__u32 user_timeout; /* TCP_USER_TIMEOUT, milliseconds; 0: unset */
	__u32 total_retrans;
	__u32 dsacks; /* segments the peer reported as received twice */
};

/* What a full socket looked like at that moment. */
struct tcp_snapshot {
	__u8 state;
	__u8 ca_state; /* enum tcp_ca_state */
	__u8 retransmits;
	__u8 backoff;
	__u8 pending; /* icsk_pending: 1 RTO, 3 probe0, 5 TLP, 6 RACK */
	__u8 probes_out;
	__u8 shutdown;
	__u8 syn_retries; /* the limit in force */
	__u32 flags;	  /* enum sock_flag */
	__s32 err;
	__u32 jiffies;	     /* now, for the times below */
	__u32 last_sent;     /* lsndtime, jiffies */
	__u32 last_received; /* lrcvtime, jiffies */
	__u32 rto;	     /* jiffies */
	__u32 srtt_us;	     /* smoothed RTT in 1/8 microseconds */
	__u32 user_timeout;  /* TCP_USER_TIMEOUT, milliseconds; 0: unset */
	__s32 linger2;	     /* TCP_LINGER2, jiffies; negative: off */
	union {
		__u32 syn_linear; /* SYN_SENT: SYNs beyond syn_retries: 6.5 */
		__u32 last_acked; /* else: rcv_tstamp, jiffies; 0: unknown */
	};
	__u64 lingertime; /* SO_LINGER, jiffies */
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 snd_una;
	__u32 snd_nxt;
	__u32 write_seq;
	__u32 snd_wnd; /* bytes, scaled */
	__u32 rcv_wnd;
	__u32 snd_cwnd; /* segments */
	__u32 packets_out;
	__u32 lost_out;
	__u32 sacked_out;
	__u32 retrans_out;
	__u32 total_retrans;
	__u32 undo_marker;
	__u32 undo_retrans;
	__u32 ack_backlog; /* of a listener: accept queue length */
	__u32 max_ack_backlog;
	__u32 defer_accept; /* TCP_DEFER_ACCEPT, in timeouts */
	__u64 bytes_out;
	__u64 bytes_in;
	__u32 memory_pages; /* of all TCP sockets, where they are counted */
	__u32 memory_limit; /* pages; tcp_mem[2] */
	__u32 wmem_queued;  /* bytes, with overhead */
	__u32 rmem_alloc;   /* bytes, with overhead; of rcvbuf */
	__u32 rcvbuf;
	__u32 mss;
	__u32 pmtu;
	__u32 probe_size; /* of a path MTU probe under way; 0: none */
	__u32 dsacks;	  /* segments the peer reported as received twice */
	__s32 err_soft;	  /* sk_err_soft, a positive errno; 0: none */
};

/* The TCP segment the event is about: provoking, retransmitted or dropped. */
struct tcp_segment {
	__u32 seq;
	__u32 end_seq; /* seq + payload + SYN + FIN */
	__u32 ack;
	__u32 len;   /* payload bytes */
	__u8 flags;  /* TCP header flags: 1 FIN 2 SYN 4 RST 8 PSH 16 ACK */
	__u8 sacked; /* tcp_skb_cb.sacked; retransmissions only */
	__u16 gso_segs;
	__u32 present; /* 0: no segment, all else is zero */
};

/* A half-open connection on a listener; EVENT_RETRANSMIT_SYNACK only. */
struct tcp_request {
	__u64 sock; /* address of the request_sock */
	__u8 num_retrans;
	__u8 num_timeout;
	__u8 acked;
	__u8 fastopen;
	__u32 reserved;
};

#define EVENT_NO_REASON (-1) /* this kernel gives none */

/* What a socket that a walk through all reports has to do with a stall. */
enum stall_role {
	STALL_OVER = 0,	    /* it was reported as stalled, and is not now */
	STALL_SENDER = 1,   /* it probes a window that is closed */
	STALL_RECEIVER = 2, /* its own window is closed, with bytes unread */
};

struct segment_event {
	struct event_header h;
	struct event_conn conn;
	struct tcp_snapshot tcp; /* flags & SOCK_F_FULL, else only state */
	struct tcp_segment seg;
	struct tcp_request req;
	__u64 location;	   /* EVENT_DROP: where in the kernel */
	__s32 reason;	   /* sk_rst_reason or skb_drop_reason */
	__s32 err;	   /* EVENT_RETRANSMIT: negative errno, 0: sent */
	__u8 substate;	   /* of a TIME_WAIT mini-socket: 5 is FIN_WAIT2 */
	__u8 role;	   /* EVENT_STALLED: enum stall_role */
	__u8 at_mtu_probe; /* seg begins where the last MTU probe did */
	__u8 reserved;
	__u32 frames;		       /* how many of stack[] are set */
	__u64 stack[EVENT_MAX_FRAMES]; /* return addresses, innermost first */
};

struct fork_event {
	struct event_header h; /* the parent */
	__u64 child_start_time;
	__u32 child_pid;
	__u32 child_tid;
	char child_comm[EVENT_COMM_LEN];
};

#define EVENT_FILENAME_LEN 128

struct exec_event {
	struct event_header h;		   /* the process, with its new name */
	char filename[EVENT_FILENAME_LEN]; /* as given; cut; NUL-padded */
};

struct exit_event {
	struct event_header h; /* its last thread */
};

/*
 * What belongs together in MPTCP: a process holds and closes an MPTCP socket,
 * and the TCP connections below it are opened and closed for it later, by the
 * kernel.
 */
struct subflow_event {
	struct event_header h; /* sock: a TCP socket; the task, if OWNED */
	__u64 first;	/* the connection's first TCP socket; 0: has gone */
	__u8 old_state; /* of the MPTCP socket, when it changed; else both 0 */
	__u8 new_state;
	__u8 closing; /* as in sock_event, of the MPTCP socket */
	__u8 reserved[5];
};

/* The states as the kernel numbers them (include/net/tcp_states.h). */
enum event_tcp_state {
	STATE_ESTABLISHED = 1,
	STATE_SYN_SENT = 2,
	STATE_SYN_RECV = 3,
	STATE_FIN_WAIT1 = 4,
	STATE_FIN_WAIT2 = 5,
	STATE_TIME_WAIT = 6,
	STATE_CLOSE = 7,
	STATE_CLOSE_WAIT = 8,
	STATE_LAST_ACK = 9,
	STATE_LISTEN = 10,
	STATE_CLOSING = 11,
	STATE_NEW_SYN_RECV = 12,
	STATE_COUNT = 14,
};

/* What happened to the events of one kind, per CPU. */
struct event_count {
	__u64 produced;
	__u64 lost;
	__u64 filtered; /* left out, and not produced */
	__u64 rescued;	/* hits that a second program stepped in for */
};

/*
 * From the first event that found the ring full to the last, ns. User space
 * sets from to 0 when it has taken note.
 */
struct event_gap {
	__u64 from;
	__u64 to;
};

#define EVENT_ASSERT_SIZE(type, size) \
	_Static_assert(sizeof(struct type) == (size), #type " changed size")
#define EVENT_ASSERT_AT(type, member, at)                               \
	_Static_assert(__builtin_offsetof(struct type, member) == (at), \
		       #type "." #member " moved")

EVENT_ASSERT_SIZE(event_header, 64);
EVENT_ASSERT_AT(event_header, kind, 24);
EVENT_ASSERT_AT(event_header, flags, 40);
EVENT_ASSERT_AT(event_header, comm, 48);
EVENT_ASSERT_SIZE(event_conn, 48);
EVENT_ASSERT_AT(event_conn, lport, 32);
EVENT_ASSERT_AT(event_conn, netns, 40);
EVENT_ASSERT_SIZE(sock_event, 176);
EVENT_ASSERT_AT(sock_event, old_state, 112);
EVENT_ASSERT_AT(sock_event, err, 120);
EVENT_ASSERT_AT(sock_event, bytes_out, 128);
EVENT_ASSERT_AT(sock_event, unread, 144);
EVENT_ASSERT_SIZE(tcp_snapshot, 184);
EVENT_ASSERT_AT(tcp_snapshot, lingertime, 48);
EVENT_ASSERT_AT(tcp_snapshot, bytes_out, 128);
EVENT_ASSERT_AT(tcp_snapshot, err_soft, 180);
EVENT_ASSERT_SIZE(tcp_segment, 24);
EVENT_ASSERT_SIZE(tcp_request, 16);
EVENT_ASSERT_SIZE(segment_event, 552);
EVENT_ASSERT_AT(segment_event, tcp, 112);
EVENT_ASSERT_AT(segment_event, seg, 296);
EVENT_ASSERT_AT(segment_event, req, 320);
EVENT_ASSERT_AT(segment_event, location, 336);
EVENT_ASSERT_AT(segment_event, frames, 356);
EVENT_ASSERT_AT(segment_event, stack, 360);
EVENT_ASSERT_AT(sock_event, snd_una, 152);
EVENT_ASSERT_AT(sock_event, dsacks, 172);
EVENT_ASSERT_SIZE(fork_event, 96);
EVENT_ASSERT_SIZE(exec_event, 192);
EVENT_ASSERT_SIZE(exit_event, 64);
EVENT_ASSERT_SIZE(subflow_event, 80);
EVENT_ASSERT_AT(subflow_event, old_state, 72);

#endif /* TCPWHY_EVENT_H */
