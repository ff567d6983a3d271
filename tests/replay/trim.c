// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * trim IN OUT: of the recording IN of a "tcpwhy run", keep what the command
 * and its descendants had a part in. For "record": a recording holds what
 * happens on the whole host, and that is nobody's business.
 *
 * The command has a network namespace of its own, so the events of a namespace
 * in which it holds a socket are its own, be they in process context or not. So
 * are those of a namespace that one of its connections passes through.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "recording.h"

#define MAX_KNOWN 256

/* A set of numbers; small, so it is searched from end to end. */
struct set {
	uint64_t values[MAX_KNOWN];
	unsigned int count;
};

struct trim {
	struct set pids;
	struct set namespaces;
	struct set socks;
	struct set connections;	   /* as connection() has them */
	struct recorder *recorder; /* NULL: first pass, only learn */
	uint64_t kept;
	struct kind_count kinds[EVENT_KINDS];
};

static bool has(const struct set *set, uint64_t value)
{
	for (unsigned int i = 0; i < set->count; i++)
		if (set->values[i] == value)
			return true;
	return false;
}

static void add(struct set *set, uint64_t value)
{
	if (value && !has(set, value) && set->count < MAX_KNOWN)
		set->values[set->count++] = value;
}

/* A number for both directions; of few connections none has that of another. */
static uint64_t connection(const struct event_conn *conn)
{
	uint64_t number = ((uint64_t)conn->lport * conn->rport) << 32;

	for (int i = 0; i < 16; i++)
		number += (uint64_t)conn->laddr[i] * conn->raddr[i] << i;
	return conn->lport && conn->rport ? number : 0;
}

static void learn(struct trim *trim, const struct event_header *e)
{
	const struct event_conn *conn = event_conn(e);

	if (event_fork(e) && has(&trim->pids, e->pid))
		add(&trim->pids, event_fork(e)->child_pid);
	/* A forwarded RST has no socket; a process of ours handed it in. */
	if (((event_sock(e) && e->flags & EVENT_F_OWNED) ||
	     e->kind == EVENT_PACKET) &&
	    has(&trim->pids, e->pid))
		add(&trim->namespaces, conn->netns);
	if (!conn)
		return;
	if (has(&trim->namespaces, conn->netns)) {
		add(&trim->socks, e->sock);
		add(&trim->connections, connection(conn));
	} else if (e->kind == EVENT_DROP &&
		   has(&trim->connections, connection(conn))) {
		add(&trim->namespaces, conn->netns);
	}
}

static bool is_ours(const struct trim *trim, const struct event_header *e)
{
	const struct event_conn *conn = event_conn(e);

	if (event_fork(e) && has(&trim->pids, event_fork(e)->child_pid))
		return true;
	if (e->kind == EVENT_HOLDER || e->kind == EVENT_SUBFLOW)
		return has(&trim->socks, e->sock);
	if (conn)
		return has(&trim->namespaces, conn->netns);
	return has(&trim->pids, e->pid);
}

static int on_event(void *arg, const struct event_header *e)
{
	struct trim *trim = arg;

	if (!trim->recorder) {
		learn(trim, e);
		return 0;
	}
	if (!is_ours(trim, e))
		return 0;
	/* Those of an iterator do not come through the ring. */
	if (e->kind != EVENT_EXISTING && e->kind != EVENT_HOLDER &&
	    e->kind != EVENT_STALLED) {
		trim->kept++;
		trim->kinds[e->kind].produced++;
		trim->kinds[e->kind].received++;
	}
	return recorder_event(trim->recorder, e);
}

/* 6.1.0, without what a builder appended. */
static int record_host(struct trim *trim, struct fact fact)
{
	char release[64];

	snprintf(release, sizeof(release), "%s", fact.host.release);
	release[strcspn(release, "-")] = '\0';
	fact.host.release = release;
	return recorder_fact(trim->recorder, &fact);
}

static int record_counts(struct trim *trim, struct fact fact)
{
	for (unsigned int i = 0; i < EVENT_KINDS; i++) {
		if (fact.counts.kinds[i].lost)
			return -ENOBUFS; /* of whose events nobody can tell */
	}
	fact.counts.decoded = trim->kept;
	memcpy(fact.counts.kinds, trim->kinds, sizeof(trim->kinds));
	return recorder_fact(trim->recorder, &fact);
}

static int on_fact(void *arg, const struct fact *fact)
{
	struct trim *trim = arg;

	if (fact->kind == FACT_SCOPE && !trim->recorder)
		add(&trim->pids, fact->scope.root_pid);
	if (!trim->recorder)
		return 0;
	switch (fact->kind) {
	case FACT_HOST:
		return record_host(trim, *fact);
	case FACT_COUNTS:
		return record_counts(trim, *fact);
	case FACT_PROCESS:
		if (!has(&trim->pids, fact->process.pid))
			return 0;
		break;
	case FACT_NETNS:
		if (!has(&trim->namespaces, fact->netns.inode))
			return 0;
		break;
	default:
		break;
	}
	return recorder_fact(trim->recorder, fact);
}

static int read_pass(struct trim *trim, const char *path)
{
	const struct source_handler handler = {
		.fact = on_fact,
		.event = on_event,
		.arg = trim,
	};
	struct recording_result result;
	int err = recording_read(path, &handler, &result);

	if (!err && result.truncated)
		err = -EINVAL;
	return err;
}

int main(int argc, char **argv)
{
	static struct trim trim;
	int err, close_err;

	if (argc != 3) {
		fprintf(stderr, "usage: trim IN OUT\n");
		return 2;
	}
	err = read_pass(&trim, argv[1]);
	if (!err && !trim.namespaces.count)
		err = -ENODATA;
	if (!err)
		err = recorder_open(&trim.recorder, argv[2]);
	if (!err)
		err = read_pass(&trim, argv[1]);
	close_err = recorder_close(trim.recorder);
	if (!err)
		err = close_err;
	if (err)
		fprintf(stderr, "trim: %s: %s\n", argv[1], strerror(-err));
	return err ? 1 : 0;
}
