// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "scope.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "line.h"

#define MAX_VALUES 16 /* of one kind of filter */

struct member_key {
	uint64_t start_time;
	uint64_t pid;
};

/* A process that belongs to the watched command. */
struct member {
	struct member_key key;
	UT_hash_handle hh;
};

struct network {
	uint8_t addr[16];
	unsigned int bits;
};

struct ports {
	uint16_t values[MAX_VALUES];
	unsigned int count;
};

struct scope {
	uint32_t pids[MAX_VALUES];
	unsigned int pid_count;
	char comms[MAX_VALUES][EVENT_COMM_LEN];
	unsigned int comm_count;
	struct ports any, local, remote;
	struct network hosts[MAX_VALUES];
	unsigned int host_count;
	bool v4, v6; /* both or none: all */
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
	free(scope->text);
	free(scope);
}

/* --- reading filters --- */

static bool parse_number(const char *value, unsigned long max,
			 unsigned long *out)
{
	char *end;

	if (!*value || strspn(value, "0123456789") != strlen(value))
		return false;
	errno = 0;
	*out = strtoul(value, &end, 10);
	return !errno && *out >= 1 && *out <= max;
}

static int add_pid(struct scope *scope, const char *value, const char **problem)
{
	unsigned long pid;

	*problem = "is not a process id (1 to 4194304)";
	if (!parse_number(value, 4194304, &pid))
		return -EINVAL;
	*problem = "is one process too many";
	if (scope->pid_count == MAX_VALUES)
		return -EINVAL;
	scope->pids[scope->pid_count++] = pid;
	return 0;
}

static int add_comm(struct scope *scope, const char *value,
		    const char **problem)
{
	*problem = "is not a process name: the kernel keeps 1 to 15 bytes";
	if (!*value || strlen(value) >= EVENT_COMM_LEN)
		return -EINVAL;
	*problem = "is one name too many";
	if (scope->comm_count == MAX_VALUES)
		return -EINVAL;
	strcpy(scope->comms[scope->comm_count++], value);
	return 0;
}

static int add_port(struct ports *ports, const char *value,
		    const char **problem)
{
	unsigned long port;

	*problem = "is not a port (1 to 65535)";
	if (!parse_number(value, 65535, &port))
		return -EINVAL;
	*problem = "is one port too many";
	if (ports->count == MAX_VALUES)
		return -EINVAL;
	ports->values[ports->count++] = port;
	return 0;
}

static int add_host(struct scope *scope, const char *value,
		    const char **problem)
{
	struct network network = { .bits = 128 };
	const char *slash = strchr(value, '/');
	char addr[INET6_ADDRSTRLEN];
	unsigned long bits = 0;
	size_t len = slash ? (size_t)(slash - value) : strlen(value);
	bool v4;

	*problem = "is not an address or network, such as 192.0.2.1, "
		   "10.0.0.0/8 or 2001:db8::/32";
	if (len >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, value, len);
	addr[len] = '\0';
	v4 = inet_pton(AF_INET, addr, network.addr + 12) == 1;
	if (v4)
		network.addr[10] = network.addr[11] = 0xff;
	else if (inet_pton(AF_INET6, addr, network.addr) != 1)
		return -EINVAL;
	if (slash && strcmp(slash, "/0") != 0 &&
	    !parse_number(slash + 1, v4 ? 32 : 128, &bits))
		return -EINVAL;
	if (slash)
		network.bits = v4 ? bits + 96 : bits;
	*problem = "is one address too many";
	if (scope->host_count == MAX_VALUES)
		return -EINVAL;
	scope->hosts[scope->host_count++] = network;
	return 0;
}

static int add_family(struct scope *scope, const char *value,
		      const char **problem)
{
	*problem = "is neither 4 nor 6";
	if (!strcmp(value, "4"))
		scope->v4 = true;
	else if (!strcmp(value, "6"))
		scope->v6 = true;
	else
		return -EINVAL;
	return 0;
}

static int add(struct scope *scope, const char *name, const char *value,
	       const char **problem)
{
	if (!strcmp(name, "pid"))
		return add_pid(scope, value, problem);
	if (!strcmp(name, "comm"))
		return add_comm(scope, value, problem);
	if (!strcmp(name, "port"))
		return add_port(&scope->any, value, problem);
	if (!strcmp(name, "local-port"))
		return add_port(&scope->local, value, problem);
	if (!strcmp(name, "remote-port"))
		return add_port(&scope->remote, value, problem);
	if (!strcmp(name, "host"))
		return add_host(scope, value, problem);
	if (!strcmp(name, "family"))
		return add_family(scope, value, problem);
	*problem = "belongs to no known filter";
	return -EINVAL;
}

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
	char escaped[128];
	char *text;
	int err = add(scope, name, value, problem);

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
		char line[128];
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

static bool party_matches(const struct scope *scope, const struct party *party)
{
	bool pid = !scope->pid_count, comm = !scope->comm_count;

	if (!party->pid)
		return false;
	for (unsigned int i = 0; i < scope->pid_count; i++)
		pid |= scope->pids[i] == party->pid;
	for (unsigned int i = 0; i < scope->comm_count; i++)
		comm |= !strncmp(scope->comms[i], party->comm, EVENT_COMM_LEN);
	if (scope->root && !is_member(scope, party->pid, party->start_time))
		return false;
	return pid && comm;
}

/* Does any process that has to do with @flow match? */
static bool flow_matches(const struct scope *scope, const struct flow *flow)
{
	if (!flow)
		return false;
	for (unsigned int i = 0; i < flow_holder_count(flow); i++)
		if (party_matches(scope, flow->holders->who[i]))
			return true;
	return party_matches(scope, flow->owner) ||
	       party_matches(scope, flow->past->act.who) ||
	       party_matches(scope, flow->past->let_go_by);
}

static bool names_processes(const struct scope *scope)
{
	return scope->pid_count || scope->comm_count || scope->root;
}

static bool port_matches(const struct ports *ports, uint16_t a, uint16_t b)
{
	if (!ports->count)
		return true;
	for (unsigned int i = 0; i < ports->count; i++)
		if (ports->values[i] == a || ports->values[i] == b)
			return true;
	return false;
}

static bool network_has(const struct network *network, const uint8_t addr[16])
{
	unsigned int whole = network->bits / 8, rest = network->bits % 8;

	if (memcmp(network->addr, addr, whole) != 0)
		return false;
	return !rest || !((network->addr[whole] ^ addr[whole]) >> (8 - rest));
}

static bool host_matches(const struct scope *scope,
			 const struct event_conn *conn)
{
	if (!scope->host_count)
		return true;
	for (unsigned int i = 0; i < scope->host_count; i++)
		if (network_has(&scope->hosts[i], conn->laddr) ||
		    network_has(&scope->hosts[i], conn->raddr))
			return true;
	return false;
}

/* By what is on the wire: an IPv4-mapped address is IPv4. */
static bool family_matches(const struct scope *scope,
			   const struct event_conn *conn)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool v4 = !memcmp(conn->laddr, mapped, sizeof(mapped));

	if (scope->v4 == scope->v6)
		return true;
	return v4 ? scope->v4 : scope->v6;
}

/*
 * Local and remote port are seen from one end; the finding or event of the
 * other end of the same connection is kept too, so that both stay together.
 */
static bool ends_match(const struct scope *scope, const struct event_conn *conn,
		       bool both_here)
{
	uint16_t l = conn->lport, r = conn->rport;
	bool as_is = port_matches(&scope->local, l, l) &&
		     port_matches(&scope->remote, r, r);
	bool turned = both_here && port_matches(&scope->local, r, r) &&
		      port_matches(&scope->remote, l, l);

	return port_matches(&scope->any, l, r) && (as_is || turned) &&
	       host_matches(scope, conn) && family_matches(scope, conn);
}

bool scope_may_keep(const struct scope *scope, const struct moment *m)
{
	return m->conn && ends_match(scope, m->conn, m->peer);
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
	if (!ends_match(scope, &a->conn, b))
		return false;
	return !names_processes(scope) || flow_matches(scope, a) ||
	       flow_matches(scope, b);
}
