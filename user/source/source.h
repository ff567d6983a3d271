/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where events come from: the running kernel or a recording. Both deliver the
 * same two things to a handler, in order: facts about the host (names,
 * symbols, processes, ...) and events as bpf/event.h defines them. A recorder
 * is a handler that writes all it gets and passes it on.
 */
#ifndef TCPWHY_SOURCE_H
#define TCPWHY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

/* Numbered for recordings: append only. */
enum fact_kind {
	FACT_HOST = 1,	 /* first of all, once */
	FACT_NAME = 2,	 /* a constant of this kernel */
	FACT_SYMBOL = 3, /* a kernel address; comes before the event using it */
	FACT_PROCESS = 4, /* comes before the first event of that process */
	FACT_SCOPE = 5,	  /* once, after FACT_HOST: what was watched */
	/* Produced and lost so far, after each loss; the last at the end. */
	FACT_COUNTS = 6,
	FACT_NETNS = 7, /* a namespace's name, before its first event; when it
			   changes */
	FACT_KINDS = 8,
};

/* Which enum of the kernel a FACT_NAME belongs to. */
enum name_space {
	NAME_RST_REASON = 1,  /* sk_rst_reason without its prefix */
	NAME_DROP_REASON = 2, /* skb_drop_reason without its prefix */
};

/* What became of the events of one kind. */
struct kind_count {
	uint64_t produced;
	uint64_t lost;
	uint64_t received; /* taken from the ring, and understood */
	uint64_t filtered; /* left out in the kernel, and not produced */
};

/*
 * One fact. Strings belong to whoever delivers the fact and live for the
 * duration of the call. A string may be NULL where noted.
 */
struct fact {
	enum fact_kind kind;
	union {
		struct {
			const char *release; /* uname -r */
			const char *hostname;
			const char *version; /* tcpwhy's own */
			uint64_t start;	     /* CLOCK_MONOTONIC ns */
			/* CLOCK_REALTIME - CLOCK_MONOTONIC, ns */
			int64_t realtime_offset;
			uint32_t hz; /* jiffies a second */
		} host;
		struct {
			enum name_space space;
			int32_t value;
			const char *name;
		} name;
		struct {
			uint64_t address; /* as it stands in a stack */
			const char *name; /* suffixes (.part.0, .isra) cut */
		} symbol;
		struct {
			uint32_t pid;
			uint32_t uid; /* -1: not known */
			uint64_t start_time;
			const char *comm;
			const char *exe;    /* NULL: not known */
			const char *cgroup; /* NULL: not known */
			/* Arguments, separated by spaces; NULL: not asked for
			 */
			const char *cmdline;
		} process;
		struct {
			/* Of "run": its command; pid 0: everything. */
			uint32_t root_pid;
			uint32_t reserved;
			uint64_t root_start_time;
			/* Filter options, one "--name=value" a line; "": none
			 */
			const char *filters;
		} scope;
		struct {
			uint64_t decoded; /* events taken from the ring */
			uint64_t bad;	  /* records that decode refused */
			struct kind_count kinds[EVENT_KINDS];
			/*
			 * Between when those were lost that are new since the
			 * last such fact; CLOCK_MONOTONIC ns, 0: not told.
			 */
			uint64_t gap_from, gap_to;
		} counts;
		struct {
			uint32_t inode;
			const char *name; /* as "ip netns" shows it; "": none */
		} netns;
	};
};

/* Sockets, and the processes to look for them at. */
struct holder_list {
	uint64_t socks[EVENT_MAX_WANTED];
	unsigned int sock_count;
	uint32_t pids[64];
	unsigned int pid_count;
};

/* A question to the kernel. */
struct holder_query {
	struct holder_list held;  /* by whom? Perhaps by others than these */
	struct holder_list ports; /* which port has it? Less urgent */
};

struct source_handler {
	/* Each returns 0, or a negative errno that stops the source. */
	int (*fact)(void *arg, const struct fact *fact);
	int (*event)(void *arg, const struct event_header *event);
	/*
	 * No event earlier than @now (CLOCK_MONOTONIC ns) is going to come.
	 * Live only; a recording's time is that of its events.
	 */
	int (*tick)(void *arg, uint64_t now);
	/*
	 * Fill @query with what is not known and will be needed soon; false:
	 * nothing. The answer comes as EVENT_HOLDER events. Live only.
	 */
	bool (*wants)(void *arg, uint64_t now, struct holder_query *query);
	/*
	 * When tick or wants will have something to do, CLOCK_MONOTONIC ns, if
	 * nothing comes before; UINT64_MAX: not known of anything. Live only.
	 */
	uint64_t (*due)(void *arg);
	void *arg;
};

#endif /* TCPWHY_SOURCE_H */
