/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What we know of the host that the events come from: its clock, the names of
 * its kernel's constants and addresses, its processes. Filled by facts, so a
 * recording from another machine is read with that machine's names.
 */
#ifndef TCPWHY_HOST_H
#define TCPWHY_HOST_H

#include <stdint.h>

#include "frame.h"
#include "source.h"

/* One process; pid alone would not do, pids are reused. */
struct process {
	uint32_t pid;
	uint32_t uid;	     /* -1: not known */
	uint64_t start_time; /* CLOCK_MONOTONIC ns */
	char comm[EVENT_COMM_LEN];
	char *exe;     /* NULL: not known */
	char *cgroup;  /* NULL: not known */
	char *cmdline; /* NULL: not asked for */
};

struct host;

/* Returns NULL when out of memory. host_free() accepts NULL. */
struct host *host_new(void);
void host_free(struct host *host);

/* Learn @fact (strings are copied). Returns 0 or -ENOMEM. */
int host_learn(struct host *host, const struct fact *fact);

/* Changes whenever what is known of any process changes. */
uint64_t host_version(const struct host *host);

/* The same, of the names of network namespaces. */
uint64_t host_netns_version(const struct host *host);

const char *host_release(const struct host *host);  /* "" if not told */
const char *host_hostname(const struct host *host); /* "" if not told */

/* CLOCK_MONOTONIC ns at which watching started. */
uint64_t host_start(const struct host *host);

/* CLOCK_MONOTONIC ns → CLOCK_REALTIME ns. */
uint64_t host_realtime(const struct host *host, uint64_t monotonic);

/* Jiffies → microseconds, by this host's HZ. */
uint64_t host_jiffies_us(const struct host *host, uint64_t jiffies);

/* The name of a constant, or NULL if this kernel has not told it. */
const char *host_name(const struct host *host, enum name_space space,
		      int32_t value);

/* A function of the kernel. */
struct symbol {
	const char *name;
	enum frame_role role;
};

/* The function that @address lies in, or NULL; by its name alone: */
const struct symbol *host_frame(const struct host *host, uint64_t address);
const char *host_symbol(const struct host *host, uint64_t address);

/* The name that "ip netns" gave to a namespace, or NULL. */
const char *host_netns(const struct host *host, uint32_t inode);

/* NULL if nothing is known but pid and start time. */
const struct process *host_process(const struct host *host, uint32_t pid,
				   uint64_t start_time);

#endif /* TCPWHY_HOST_H */
