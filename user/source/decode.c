// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "decode.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

static const struct {
	const char *name;
	size_t size;
} kinds[EVENT_KINDS] = {
	[EVENT_STATE] = { "state", sizeof(struct sock_event) },
	[EVENT_DESTROY] = { "destroy", sizeof(struct sock_event) },
	[EVENT_RESET_SENT] = { "reset-sent", sizeof(struct segment_event) },
	[EVENT_RESET_RECEIVED] = { "reset-received",
				   sizeof(struct segment_event) },
	[EVENT_RETRANSMIT] = { "retransmit", sizeof(struct segment_event) },
	[EVENT_RETRANSMIT_SYNACK] = { "synack-retransmit",
				      sizeof(struct segment_event) },
	[EVENT_DROP] = { "drop", sizeof(struct segment_event) },
	[EVENT_EXISTING] = { "existing", sizeof(struct sock_event) },
	[EVENT_HOLDER] = { "holder", sizeof(struct sock_event) },
	[EVENT_FORK] = { "fork", sizeof(struct fork_event) },
	[EVENT_EXEC] = { "exec", sizeof(struct exec_event) },
	[EVENT_EXIT] = { "exit", sizeof(struct exit_event) },
	[EVENT_PACKET] = { "packet", sizeof(struct segment_event) },
	[EVENT_SUBFLOW] = { "subflow", sizeof(struct subflow_event) },
	[EVENT_RECOVERY] = { "recovery", sizeof(struct segment_event) },
	[EVENT_STALLED] = { "stalled", sizeof(struct segment_event) },
	[EVENT_ERROR] = { "error", sizeof(struct segment_event) },
};

const char *event_kind_name(unsigned int kind)
{
	return kind < EVENT_KINDS && kinds[kind].name ? kinds[kind].name
						      : "unknown";
}

static bool is_sock_kind(unsigned int kind)
{
	return kind == EVENT_STATE || kind == EVENT_DESTROY ||
	       kind == EVENT_EXISTING || kind == EVENT_HOLDER;
}

static bool is_segment_kind(unsigned int kind)
{
	return (kind >= EVENT_RESET_SENT && kind <= EVENT_DROP) ||
	       kind == EVENT_PACKET || kind == EVENT_RECOVERY ||
	       kind == EVENT_STALLED || kind == EVENT_ERROR;
}

const struct sock_event *event_sock(const struct event_header *e)
{
	return is_sock_kind(e->kind) ? (const struct sock_event *)e : NULL;
}

const struct segment_event *event_segment(const struct event_header *e)
{
	return is_segment_kind(e->kind) ? (const struct segment_event *)e
					: NULL;
}

const struct fork_event *event_fork(const struct event_header *e)
{
	return e->kind == EVENT_FORK ? (const struct fork_event *)e : NULL;
}

const struct exec_event *event_exec(const struct event_header *e)
{
	return e->kind == EVENT_EXEC ? (const struct exec_event *)e : NULL;
}

const struct subflow_event *event_subflow(const struct event_header *e)
{
	return e->kind == EVENT_SUBFLOW ? (const struct subflow_event *)e
					: NULL;
}

const struct event_conn *event_conn(const struct event_header *e)
{
	if (is_sock_kind(e->kind))
		return &((const struct sock_event *)e)->conn;
	if (is_segment_kind(e->kind))
		return &((const struct segment_event *)e)->conn;
	return NULL;
}

static bool is_string(const char *text, size_t size)
{
	return memchr(text, '\0', size);
}

static const char *check_conn(const struct event_conn *conn)
{
	/* 0: a RST whose segment could not be read. */
	if (conn->family != AF_INET && conn->family != AF_INET6 &&
	    conn->family != 0)
		return "address family is neither IPv4 nor IPv6";
	return NULL;
}

static const char *check_sock(const struct sock_event *e)
{
	if (e->old_state >= STATE_COUNT || e->new_state >= STATE_COUNT)
		return "TCP state out of range";
	return check_conn(&e->conn);
}

static const char *check_segment(const struct segment_event *e)
{
	if (e->tcp.state >= STATE_COUNT || e->substate >= STATE_COUNT)
		return "TCP state out of range";
	if (e->h.kind == EVENT_STALLED && e->role > STALL_RECEIVER)
		return "role in a stall out of range";
	if (e->frames > EVENT_MAX_FRAMES)
		return "more stack frames than fit";
	return check_conn(&e->conn);
}

static const char *check_subflow(const struct subflow_event *e)
{
	if (e->old_state >= STATE_COUNT || e->new_state >= STATE_COUNT)
		return "MPTCP state out of range";
	return NULL;
}

static const char *check_process(const struct event_header *e)
{
	const struct fork_event *fork = event_fork(e);
	const struct exec_event *exec = event_exec(e);

	if (fork && !is_string(fork->child_comm, sizeof(fork->child_comm)))
		return "unterminated process name";
	if (exec && !is_string(exec->filename, sizeof(exec->filename)))
		return "unterminated file name";
	return NULL;
}

const struct event_header *event_decode(const void *data, size_t size,
					const char **problem)
{
	const struct event_header *e = data;

	*problem = NULL;
	if (size < sizeof(*e))
		*problem = "shorter than an event header";
	else if ((uintptr_t)data % _Alignof(struct event_header))
		*problem = "not aligned";
	else if (e->size != size)
		*problem = "its size is not that of its record";
	else if (e->kind >= EVENT_KINDS || !kinds[e->kind].name)
		*problem = "unknown kind";
	else if (kinds[e->kind].size != size)
		*problem = "its size is not that of its kind";
	else if (!is_string(e->comm, sizeof(e->comm)))
		*problem = "unterminated process name";
	else if (is_sock_kind(e->kind))
		*problem = check_sock(event_sock(e));
	else if (is_segment_kind(e->kind))
		*problem = check_segment(event_segment(e));
	else if (event_subflow(e))
		*problem = check_subflow(event_subflow(e));
	else
		*problem = check_process(e);
	return *problem ? NULL : e;
}
