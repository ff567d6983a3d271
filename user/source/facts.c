// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "facts.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <uthash.h>

#include "bpfsyms.h"
#include "decode.h"
#include "kallsyms.h"
#include "kin.h"
#include "procfs.h"
#include "version.h"

struct address_seen {
	uint64_t address;
	UT_hash_handle hh;
};

struct process_seen {
	struct process_id id;
	UT_hash_handle hh;
};

#define MAX_PROCESSES_SEEN 16384
#define MAX_NETNS_SEEN	   4096
#define RECENT_STACKS	   64

struct netns_seen {
	uint32_t inode;
	UT_hash_handle hh;
};

struct facts {
	bool cmdlines;
	struct netns_seen *netns;
	struct kallsyms *syms; /* NULL: hidden; findings then know less */
	bool reading;	       /* ... into syms, by reader */
	pthread_t reader;
	struct address_seen *addresses;
	/* Told lately, each at its place: the same few come all the time. */
	uint64_t recent_stacks[RECENT_STACKS][EVENT_MAX_FRAMES];
	struct process_id recent_process;
	uint32_t recent_netns;
	uint64_t names_looked;	 /* at the directory of names, event time */
	struct timespec renamed; /* it says when */
	struct process_seen *processes;
};

struct facts *facts_new(bool cmdlines)
{
	struct facts *facts = calloc(1, sizeof(*facts));

	if (!facts)
		return NULL;
	facts->cmdlines = cmdlines;
	return facts;
}

static void *read_symbols(void *arg)
{
	struct facts *facts = arg;

	/* Without them findings say that they know less. */
	(void)kallsyms_load(&facts->syms);
	return NULL;
}

void facts_begin_symbols(struct facts *facts)
{
	facts->reading =
		!pthread_create(&facts->reader, NULL, read_symbols, facts);
	if (!facts->reading)
		read_symbols(facts);
}

void facts_await_symbols(struct facts *facts)
{
	if (facts->reading)
		pthread_join(facts->reader, NULL);
	facts->reading = false;
}

void facts_free(struct facts *facts)
{
	struct address_seen *address, *next_address;
	struct process_seen *process, *next_process;
	struct netns_seen *netns, *next_netns;

	if (!facts)
		return;
	facts_await_symbols(facts);
	HASH_ITER(hh, facts->netns, netns, next_netns)
	{
		HASH_DEL(facts->netns, netns);
		free(netns);
	}
	HASH_ITER(hh, facts->addresses, address, next_address)
	{
		HASH_DEL(facts->addresses, address);
		free(address);
	}
	HASH_ITER(hh, facts->processes, process, next_process)
	{
		HASH_DEL(facts->processes, process);
		free(process);
	}
	kallsyms_free(facts->syms);
	free(facts);
}

/* Code that the kernel makes while it runs. */
static bool is_made(const char *name)
{
	return !strncmp(name, "bpf_prog_", 9) ||
	       !strncmp(name, "bpf_trampoline_", 15) ||
	       !strncmp(name, "bpf_dispatcher_", 15);
}

/*
 * BPF programs come and go, among the modules: kallsyms, read once, knows only
 * those of then, and not where a function ends. So they are looked for first.
 */
static const char *function_at(const struct facts *facts, uint64_t address,
			       char *program, size_t size)
{
	const char *name;

	if (!facts->syms)
		return NULL;
	name = kallsyms_find(facts->syms, address);
	if (kallsyms_is_core(facts->syms, address))
		return name;
	if (bpfsyms_find(address, program, size))
		return program;
	return name && !is_made(name) ? name : NULL;
}

static int symbol_fact(struct facts *facts, uint64_t address,
		       const struct source_handler *handler)
{
	struct fact fact = { .kind = FACT_SYMBOL };
	struct address_seen *seen;
	char program[64];

	if (!address)
		return 0;
	HASH_FIND(hh, facts->addresses, &address, sizeof(address), seen);
	if (seen)
		return 0;
	seen = calloc(1, sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	seen->address = address;
	HASH_ADD(hh, facts->addresses, address, sizeof(seen->address), seen);
	fact.symbol.address = address;
	/* A return address may lie just past a call that ends a function. */
	fact.symbol.name =
		function_at(facts, address - 1, program, sizeof(program));
	return fact.symbol.name ? handler->fact(handler->arg, &fact) : 0;
}

static int stack_facts(struct facts *facts, const struct segment_event *e,
		       const struct source_handler *handler)
{
	size_t size = e->frames * sizeof(e->stack[0]);
	uint64_t mixed = 0, *recent;
	int err = 0;

	for (uint32_t i = 0; i < e->frames; i++)
		mixed = (mixed ^ e->stack[i]) * 0x9e3779b97f4a7c15ULL;
	recent = facts->recent_stacks[(mixed >> 32) % RECENT_STACKS];
	if (!memcmp(recent, e->stack, size))
		return 0;
	for (uint32_t i = 0; i < e->frames && !err; i++)
		err = symbol_fact(facts, e->stack[i], handler);
	if (!err)
		memcpy(recent, e->stack, size);
	return err;
}

static int process_fact(struct facts *facts, uint32_t pid, uint64_t start_time,
			const struct source_handler *handler)
{
	struct process_id id = { start_time, pid };
	struct fact fact = { .kind = FACT_PROCESS };
	struct procfs_process process;
	struct process_seen *seen;

	if (!pid || !memcmp(&facts->recent_process, &id, sizeof(id)))
		return 0;
	facts->recent_process = id;
	HASH_FIND(hh, facts->processes, &id, sizeof(id), seen);
	if (seen)
		return 0;
	seen = calloc(1, sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	seen->id = id;
	HASH_ADD(hh, facts->processes, id, sizeof(id), seen);
	if (HASH_COUNT(facts->processes) > MAX_PROCESSES_SEEN) {
		seen = facts->processes; /* the oldest */
		HASH_DEL(facts->processes, seen);
		free(seen);
	}
	if (!procfs_read(pid, start_time, facts->cmdlines, &process))
		return 0;
	fact.process.pid = pid;
	fact.process.start_time = start_time;
	fact.process.uid = process.uid;
	fact.process.comm = process.comm;
	fact.process.exe = process.exe[0] ? process.exe : NULL;
	fact.process.cgroup = process.cgroup[0] ? process.cgroup : NULL;
	fact.process.cmdline = process.cmdline[0] ? process.cmdline : NULL;
	return handler->fact(handler->arg, &fact);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/*
 * The number of a namespace that has gone is given to the next one. So names
 * hold only until their directory changes; that is looked at once a millisecond
 * at most, and believed again when its time stamp is some clock ticks old.
 */
#define LOOK_EVERY_NS  1000000ULL
#define COARSE_TICK_NS 20000000ULL

static void mind_renamed(struct facts *facts, uint64_t time)
{
	struct netns_seen *seen, *next;
	struct timespec renamed;
	uint64_t at;

	if (time < facts->names_looked + LOOK_EVERY_NS)
		return;
	facts->names_looked = time;
	if (!procfs_netns_renamed(&renamed))
		return;
	at = renamed.tv_sec * 1000000000ULL + renamed.tv_nsec;
	if (renamed.tv_sec == facts->renamed.tv_sec &&
	    renamed.tv_nsec == facts->renamed.tv_nsec &&
	    clock_ns(CLOCK_REALTIME) > at + COARSE_TICK_NS)
		return;
	facts->renamed = renamed;
	facts->recent_netns = 0;
	HASH_ITER(hh, facts->netns, seen, next)
	{
		HASH_DEL(facts->netns, seen);
		free(seen);
	}
}

struct netns_name {
	uint32_t inode;
	bool found;
	const struct source_handler *handler;
};

static int netns_name(uint64_t inode, const char *name, void *arg)
{
	struct netns_name *wanted = arg;
	struct fact fact = { .kind = FACT_NETNS };

	if (inode != wanted->inode)
		return 0;
	wanted->found = true;
	fact.netns.inode = wanted->inode;
	fact.netns.name = name;
	return wanted->handler->fact(wanted->handler->arg, &fact);
}

static int netns_fact(struct facts *facts, uint32_t inode, uint64_t time,
		      const struct source_handler *handler)
{
	struct netns_name wanted = { inode, false, handler };
	struct netns_seen *seen;
	int err;

	mind_renamed(facts, time);
	if (inode == facts->recent_netns)
		return 0;
	facts->recent_netns = inode;
	HASH_FIND(hh, facts->netns, &inode, sizeof(inode), seen);
	if (seen || !inode)
		return 0;
	seen = calloc(1, sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	seen->inode = inode;
	HASH_ADD(hh, facts->netns, inode, sizeof(seen->inode), seen);
	if (HASH_COUNT(facts->netns) > MAX_NETNS_SEEN) {
		seen = facts->netns; /* the oldest */
		HASH_DEL(facts->netns, seen);
		free(seen);
	}
	err = procfs_each_named_netns(netns_name, &wanted);
	/* The one before may have had one. */
	if (!err && !wanted.found && facts->renamed.tv_sec)
		err = netns_name(inode, "", &wanted);
	return err;
}

static bool forget(struct facts *facts, const struct event_header *event)
{
	struct process_id id = { event->start_time, event->pid };
	struct process_seen *seen;

	memset(&facts->recent_process, 0, sizeof(facts->recent_process));
	HASH_FIND(hh, facts->processes, &id, sizeof(id), seen);
	if (!seen)
		return false;
	HASH_DEL(facts->processes, seen);
	free(seen);
	return true;
}

int facts_for(struct facts *facts, const struct event_header *event,
	      const struct source_handler *handler)
{
	const struct segment_event *segment = event_segment(event);
	const struct event_conn *conn = event_conn(event);
	int err =
		conn ? netns_fact(facts, conn->netns, event->time, handler) : 0;

	if (segment && !err) {
		err = stack_facts(facts, segment, handler);
		if (!err && segment->location)
			err = symbol_fact(facts, segment->location, handler);
	}
	/* What exec made of a process that is known already. */
	if (!err && event->kind == EVENT_EXEC && forget(facts, event))
		return process_fact(facts, event->pid, event->start_time,
				    handler);
	/* Only a task that has to do with the socket is worth the reading. */
	if (!err &&
	    (event->flags & EVENT_F_OWNED || event->kind == EVENT_HOLDER ||
	     (event->kind == EVENT_RESET_SENT && !segment->seg.present)))
		err = process_fact(facts, event->pid, event->start_time,
				   handler);
	return err;
}

uint64_t facts_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* A coarse clock advances once a jiffy: its resolution tells HZ. */
static uint32_t kernel_hz(void)
{
	struct timespec tick;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) || !tick.tv_nsec)
		return 250;
	return (1000000000L + tick.tv_nsec / 2) / tick.tv_nsec;
}

int facts_host(const struct source_handler *handler, uint64_t start)
{
	struct fact fact = { .kind = FACT_HOST };
	struct utsname system;

	uname(&system);
	fact.host.release = system.release;
	fact.host.hostname = system.nodename;
	fact.host.version = TCPWHY_VERSION;
	fact.host.start = start;
	fact.host.realtime_offset =
		(int64_t)(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC));
	fact.host.hz = kernel_hz();
	return handler->fact(handler->arg, &fact);
}
