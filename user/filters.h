/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the user wants to see: values of one kind are alternatives, kinds must
 * all match. Told to the kernel side, which leaves out what is surely not
 * wanted, and to the scope, which judges.
 */
#ifndef TCPWHY_FILTERS_H
#define TCPWHY_FILTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

#define FILTERS_MAX 16 /* values of one kind */

struct filter_ports {
	uint16_t values[FILTERS_MAX];
	unsigned int count;
};

struct filter_host {
	uint8_t addr[16]; /* as in struct event_conn */
	unsigned int bits;
};

struct filters {
	uint32_t pids[FILTERS_MAX];
	unsigned int pid_count;
	char comms[FILTERS_MAX][EVENT_COMM_LEN]; /* NUL-padded */
	unsigned int comm_count;
	struct filter_ports any, local, remote;
	struct filter_host hosts[FILTERS_MAX];
	unsigned int host_count;
	uint32_t netns[FILTERS_MAX]; /* inode numbers */
	unsigned int netns_count;
	char *cgroups[FILTERS_MAX]; /* from the root: "/system.slice" */
	unsigned int cgroup_count;
	bool v4, v6; /* both or none: all */
};

/*
 * Add one to @filters, zero-initialised at first: @name is its long option
 * ("pid", "comm", "port", "local-port", "remote-port", "host", "family",
 * "netns", "cgroup"), @value its argument; of a namespace its inode number.
 * Returns 0, -ENOMEM, or -EINVAL with a sentence in *@problem that says what is
 * wrong with the value.
 */
int filters_add(struct filters *filters, const char *name, const char *value,
		const char **problem);
void filters_free(struct filters *filters); /* what is in it, not itself */

/*
 * Do ports, addresses and family match? @both_here: the other end is on this
 * host too, and what matches there is kept here.
 */
bool filters_match_ends(const struct filters *filters,
			const struct event_conn *conn, bool both_here);

/* True if there is no such filter. */
bool filters_match_netns(const struct filters *filters, uint32_t netns);

/* Is the cgroup at @path (may be NULL) one of those, or below one? */
bool filters_match_cgroup(const struct filters *filters, const char *path);

/*
 * The inode number of the network namespace that @value means on this host: its
 * name ("ip netns"), a path, or already the number. Returns 0, or -EINVAL with
 * *@problem as above.
 */
int filters_find_netns(const char *value, uint32_t *inode,
		       const char **problem);

#endif /* TCPWHY_FILTERS_H */
