// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "scope.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "line.h"

struct member_key {
	uint64_t start_time;
	uint64_t pid;
};

/* A process that belongs to the watched command. */
struct member {
	struct member_key key;
	UT_hash_handle hh;
};

struct scope {
	struct filters filters;
	const struct host *host; /* NULL: no cgroup is known */
	uint32_t root;
	bool root_seen;
	struct member *members;
	char *text;
};

struct scope *scope_new(void)
{
	struct scope *scope = calloc(1, sizeof(*scope));

	if (scope)
		scope->text = strdup("");
	if (scope && !scope->text) {
		free(scope);
		return NULL;
	}
	return scope;
}

void scope_free(struct scope *scope)
{
	struct member *member, *next;

	if (!scope)
		return;
	HASH_ITER(hh, scope->members, member, next)
	{
		HASH_DEL(scope->members, member);
		free(member);
	}
	filters_free(&scope->filters);
	free(scope->text);
	free(scope);
}

/* --- reading filters --- */

/* A process may be called anything, with newlines too. */
static void escape(const char *value, char *text, size_t size)
{
	struct line line = { .text = text, .size = size };

	line_add(&line, "%s", "");
	for (; *value; value++) {
		if (*value == '\n')
			line_add(&line, "\\n");
		else if (*value == '\\')
			line_add(&line, "\\\\");
		else
			line_add(&line, "%c", *value);
	}
}

static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++, to++) {
		if (*text == '\\' && text[1])
			*to = *++text == 'n' ? '\n' : *text;
		else
			*to = *text;
	}
	*to = '\0';
}

int scope_add(struct scope *scope, const char *name, const char *value,
	      const char **problem)
{
	char escaped[2 * PATH_MAX];
	char *text;
	int err = filters_add(&scope->filters, name, value, problem);

	if (err)
		return err;
	escape(value, escaped, sizeof(escaped));
	if (asprintf(&text, "%s%s=%s\n", scope->text, name, escaped) < 0)
		return -ENOMEM;
	free(scope->text);
	scope->text = text;
	return 0;
}

const char *scope_text(const struct scope *scope)
{
	return scope->text;
}

int scope_parse(struct scope *scope, const char *text)
{
	const char *problem;

	while (*text) {
		size_t len = strcspn(text, "\n");
		char line[2 * PATH_MAX];
		char *value;
		int err;

		if (len >= sizeof(line))
			return -EINVAL;
		memcpy(line, text, len);
		line[len] = '\0';
		value = strchr(line, '=');
		if (!value)
			return -EINVAL;
		*value++ = '\0';
		unescape(value);
		err = scope_add(scope, line, value, &problem);
		if (err)
			return err;
		text += len + (text[len] == '\n');
	}
	return 0;
}

const struct filters *scope_filters(const struct scope *scope)
{
	return &scope->filters;
}

void scope_set_host(struct scope *scope, const struct host *host)
{
	scope->host = host;
}

/* --- the command and its descendants --- */

void scope_set_root(struct scope *scope, uint32_t pid)
{
	scope->root = pid;
}

static bool is_member(const struct scope *scope, uint32_t pid,
		      uint64_t start_time)
{
	struct member_key key = { start_time, pid };
	struct member *member;

	HASH_FIND(hh, scope->members, &key, sizeof(key), member);
	return member;
}

int scope_fork(struct scope *scope, const struct fork_event *e)
{
	struct member *member;

	if (!scope->root)
		return 0;
	if (e->child_pid == scope->root && !scope->root_seen)
		scope->root_seen = true;
	else if (!is_member(scope, e->h.pid, e->h.start_time))
		return 0;
	member = calloc(1, sizeof(*member));
	if (!member)
		return -ENOMEM;
	member->key.pid = e->child_pid;
	member->key.start_time = e->child_start_time;
	HASH_ADD(hh, scope->members, key, sizeof(member->key), member);
	return 0;
}

/* --- matching --- */

static bool in_cgroup(const struct scope *scope, const struct party *party)
{
	const struct process *process;

	if (!scope->filters.cgroup_count)
		return true;
	process = scope->host ? host_process(scope->host, party->pid,
					     party->start_time)
			      : NULL;
	return process &&
	       filters_match_cgroup(&scope->filters, process->cgroup);
}

static bool party_matches(const struct scope *scope, const struct party *party)
{
	const struct filters *f = &scope->filters;
	bool pid = !f->pid_count, comm = !f->comm_count;

	if (!party->pid)
		return false;
	for (unsigned int i = 0; i < f->pid_count; i++)
		pid |= f->pids[i] == party->pid;
	for (unsigned int i = 0; i < f->comm_count; i++)
		comm |= !strncmp(f->comms[i], party->comm, EVENT_COMM_LEN);
	if (scope->root && !is_member(scope, party->pid, party->start_time))
		return false;
	return pid && comm && in_cgroup(scope, party);
}

/* Does any process that has to do with @flow match? */
static bool flow_matches(const struct scope *scope, const struct flow *flow)
{
	if (!flow)
		return false;
	for (unsigned int i = 0; i < flow_holder_count(flow); i++)
		if (party_matches(scope, flow_holder(flow, i)))
			return true;
	return party_matches(scope, flow->owner) ||
	       party_matches(scope, flow->past->act.who) ||
	       party_matches(scope, flow->past->let_go_by);
}

static bool names_processes(const struct scope *scope)
{
	const struct filters *f = &scope->filters;

	return f->pid_count || f->comm_count || f->cgroup_count || scope->root;
}

/* Where the connection is; @peer is its other end on this host, or NULL. */
static bool place_matches(const struct scope *scope,
			  const struct event_conn *conn,
			  const struct flow *peer)
{
	const struct filters *f = &scope->filters;

	return filters_match_ends(f, conn, peer) &&
	       (filters_match_netns(f, conn->netns) ||
		(peer && filters_match_netns(f, peer->conn.netns)));
}

bool scope_may_keep(const struct scope *scope, const struct moment *m)
{
	return m->conn && place_matches(scope, m->conn, m->peer);
}

bool scope_keeps(const struct scope *scope, const struct moment *m,
		 const struct finding *finding)
{
	if (!scope_may_keep(scope, m))
		return false;
	if (!names_processes(scope))
		return true;
	if (finding && (party_matches(scope, &finding->actor) ||
			party_matches(scope, &finding->owner) ||
			party_matches(scope, &finding->peer)))
		return true;
	return flow_matches(scope, m->flow) || flow_matches(scope, m->peer) ||
	       flow_matches(scope, m->listener);
}

bool scope_keeps_flow(const struct scope *scope, const struct flow *a,
		      const struct flow *b)
{
	if (!place_matches(scope, &a->conn, b))
		return false;
	return !names_processes(scope) || flow_matches(scope, a) ||
	       flow_matches(scope, b);
}
