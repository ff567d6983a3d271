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

static bool was_found(const struct scan *scan, size_t from, uint64_t sock)
{
	for (size_t i = from; i < scan->count; i++)
		if (scan->events[i].h.sock == sock)
			return true;
	return false;
}

static int want(const struct holders *holders, const struct holder_list *list,
		bool wanted)
{
	int fd = bpf_map__fd(holders->wanted);
	uint8_t one = 1;

	for (unsigned int i = 0; i < list->sock_count; i++) {
		if (!wanted)
			bpf_map_delete_elem(fd, &list->socks[i]);
		else if (bpf_map_update_elem(fd, &list->socks[i], &one,
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

		if (holders->budget_ns <= reserve_ns)
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
		   size_t from, struct scan *scan)
{
	uint64_t begun = facts_now();
	int err;

	if (holders->budget_ns < holders->wide_ns || !holders->budget_ns)
		return 0;
	err = scan_process(scan, holders->program, 0);
	holders->wide_ns = facts_now() - begun;
	pay(holders, holders->wide_ns);
	for (unsigned int i = 0; !err && i < list->sock_count; i++)
		if (!was_found(scan, from, list->socks[i]))
			err = add_nobody(scan, list->socks[i]);
	return err;
}

static int ask_who(struct holders *holders, const struct holder_list *list,
		   bool patient, struct scan *scan)
{
	size_t from = scan->count;
	bool all_found = true;
	int err;

	err = want(holders, list, true);
	if (!err)
		err = ask_candidates(holders, list, 0, scan);
	for (unsigned int i = 0; i < list->sock_count; i++)
		all_found &= was_found(scan, from, list->socks[i]);
	if (!err && !all_found && patient)
		err = ask_all(holders, list, from, scan);
	want(holders, list, false);
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
		err = ask_candidates(holders, list, BUDGET_MAX_NS / 2, scan);
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
