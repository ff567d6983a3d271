/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What /proc says of a process, while it is there. */
#ifndef TCPWHY_PROCFS_H
#define TCPWHY_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct procfs_process {
	uint32_t uid;
	char comm[16];
	char exe[512];	   /* "" if not to be had (a kernel thread) */
	char cgroup[512];  /* of cgroup v2, "" if not to be had */
	char cmdline[512]; /* arguments, separated by spaces; may be cut */
};

/*
 * Read process @pid if it is the one that started at @start_time
 * (CLOCK_MONOTONIC ns); false when that one is gone. @cmdline: that as well,
 * else it is "": at the start all that have a socket are read.
 */
bool procfs_read(uint32_t pid, uint64_t start_time, bool cmdline,
		 struct procfs_process *out);

/* When "ip netns" last gave or took a name (CLOCK_REALTIME); false: never. */
bool procfs_netns_renamed(struct timespec *when);

/*
 * Call @each with the inode number and name of every network namespace that
 * "ip netns" has named. Stops at the first result that is not 0, returns it.
 */
int procfs_each_named_netns(int (*each)(uint64_t inode, const char *name,
					void *arg),
			    void *arg);

/*
 * Call @each with a descriptor of every network namespace that a process
 * lives in, the caller's own first, and its inode number. Stops at the first
 * result that is not 0 and returns it.
 */
int procfs_each_netns(int (*each)(int fd, uint64_t inode, void *arg),
		      void *arg);

#endif /* TCPWHY_PROCFS_H */
