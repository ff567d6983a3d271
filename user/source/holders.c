// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "holders.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "facts.h"

/* One fiftieth of a CPU, and what may be saved up for a burst. */
#define BUDGET_SHARE  50
#define BUDGET_MAX_NS 200000000ULL

/* What is not urgent leaves this much for what is. */
#define RESERVE_NS (BUDGET_MAX_NS / 2)

static void refill(struct holders *holders, uint64_t now)
{
	if (!holders->refilled)
		holders->budget_ns = BUDGET_MAX_NS;
	else
		holders->budget_ns += (now - holders->refilled) / BUDGET_SHARE;
	if (holders->budget_ns > BUDGET_MAX_NS)
		holders->budget_ns = BUDGET_MAX_NS;
	holders->refilled = now;
}

static void pay(struct holders *holders, uint64_t ns)
{
	holders->budget_ns -= ns < holders->budget_ns ? ns : holders->budget_ns;
}

static unsigned int descriptors(const struct scan *scan, size_t from,
				uint64_t sock)
{
	unsigned int count = 0;

	for (size_t i = from; i < scan->count; i++)
		count += scan->events[i].h.sock == sock;
	return count;
}

static int want(const struct holders *holders, const struct holder_list *list,
		bool wanted)
{
	int fd = bpf_map__fd(holders->wanted);
	uint32_t references = 0; /* nothing was found yet */

	for (unsigned int i = 0; i < list->sock_count; i++) {
		if (!wanted)
			bpf_map_delete_elem(fd, &list->socks[i]);
		else if (bpf_map_update_elem(fd, &list->socks[i], &references,
					     BPF_ANY))
			return -errno;
	}
	return 0;
}

/* As long as more than @reserve_ns are left. */
static int ask_candidates(struct holders *holders,
			  const struct holder_list *list, uint64_t reserve_ns,
			  struct scan *scan)
{
	for (unsigned int i = 0; i < list->pid_count; i++) {
		uint64_t begun = facts_now();
		int err;

		if (holders->budget_ns <= reserve_ns ||
		    gauge_is_high(holders->gauge))
			return 0;
		err = scan_process(scan, holders->program, list->pids[i]);
		pay(holders, facts_now() - begun);
		if (err)
			return err;
	}
	return 0;
}

static int add_nobody(struct scan *scan, uint64_t sock)
{
	struct sock_event e = { 0 };

	e.h.kind = EVENT_HOLDER;
	e.h.size = sizeof(e);
	e.h.time = facts_now();
	e.h.sock = sock;
	e.fd = -1;
	return scan_add(scan, &e);
}

static int ask_all(struct holders *holders, const struct holder_list *list,
		   uint64_t reserve_ns, size_t from, struct scan *scan)
{
	uint64_t begun = facts_now();
	int err;

	if (holders->budget_ns < holders->wide_ns + reserve_ns ||
	    !holders->budget_ns || gauge_is_high(holders->gauge))
		return 0;
	err = scan_process(scan, holders->program, 0);
	holders->wide_ns = facts_now() - begun;
	pay(holders, holders->wide_ns);
	for (unsigned int i = 0; !err && i < list->sock_count; i++)
		if (!descriptors(scan, from, list->socks[i]))
			err = add_nobody(scan, list->socks[i]);
	return err;
}

enum found {
	FOUND_ALL,
	FOUND_SOME, /* who has the rest may have nothing to do with it */
	FOUND_NOBODY,
};

/*
 * A file may have more references than descriptors: one that is on its way
 * over a Unix socket, a thread that is in a system call with it.
 */
static enum found how_many(const struct holders *holders,
			   const struct holder_list *list, size_t from,
			   const struct scan *scan)
{
	enum found found = FOUND_ALL;

	for (unsigned int i = 0; i < list->sock_count; i++) {
		unsigned int count = descriptors(scan, from, list->socks[i]);
		uint32_t references = 0;

		if (!count)
			return FOUND_NOBODY;
		bpf_map_lookup_elem(bpf_map__fd(holders->wanted),
				    &list->socks[i], &references);
		if (references > count)
			found = FOUND_SOME;
	}
	return found;
}

/* What is told from @from on is one answer. */
static void mark_beginnings(const struct holder_list *list, size_t from,
			    struct scan *scan)
{
	for (unsigned int i = 0; i < list->sock_count; i++) {
		size_t at = from;

		while (at < scan->count &&
		       scan->events[at].h.sock != list->socks[i])
			at++;
		if (at < scan->count)
			scan->events[at].h.flags |= EVENT_F_ANEW;
	}
}

static int ask_who(struct holders *holders, const struct holder_list *list,
		   bool patient, struct scan *scan)
{
	size_t from = scan->count;
	enum found found;
	int err;

	err = want(holders, list, true);
	if (!err)
		err = ask_candidates(holders, list, 0, scan);
	found = how_many(holders, list, from, scan);
	if (!err && patient && found != FOUND_ALL)
		err = ask_all(holders, list,
			      found == FOUND_SOME ? RESERVE_NS : 0, from, scan);
	want(holders, list, false);
	mark_beginnings(list, from, scan);
	return err;
}

static int ask_ports(struct holders *holders, const struct holder_list *list,
		     struct scan *scan)
{
	int err;

	if (!list->sock_count)
		return 0;
	err = want(holders, list, true);
	if (!err)
		err = ask_candidates(holders, list, RESERVE_NS, scan);
	want(holders, list, false);
	return err;
}

int holders_ask(struct holders *holders, const struct holder_query *query,
		uint64_t now, bool patient, struct scan *scan)
{
	int err = 0;

	refill(holders, now);
	if (holders->budget_ns && query->held.sock_count)
		err = ask_who(holders, &query->held, patient, scan);
	if (!err && patient)
		err = ask_ports(holders, &query->ports, scan);
	return err;
}
