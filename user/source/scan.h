/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sockets that were there before us, read through BPF iterators. */
#ifndef TCPWHY_SCAN_H
#define TCPWHY_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"

struct bpf_program;

/* Records in the order they were read, which is that of their times. */
struct scan {
	struct sock_event *events;
	size_t count;
	size_t room;
	unsigned int netns;	   /* namespaces whose sockets were read */
	unsigned int netns_failed; /* ... and that could not be entered */
	/*
	 * Called while it is read, whenever it holds SCAN_FULL records or more:
	 * what it holds is forgotten then. NULL: all is kept. Returns 0, or
	 * what the scan is to return.
	 */
	int (*full)(void *arg);
	void *arg;
};

#define SCAN_FULL 2048

/*
 * Run iter/task_file (@by_file) over all processes and iter/tcp (@by_netns)
 * over every network namespace that a process lives in; either may be NULL.
 * Appends to @scan; scan_free() what it holds. Returns 0 or -errno.
 */
int scan_sockets(struct scan *scan, const struct bpf_program *by_file,
		 const struct bpf_program *by_netns);
/*
 * Run @program over the files of process @pid; 0: of all processes. Kernels
 * that cannot be restricted so (before 6.1) look at all. Returns 0 or -errno.
 */
int scan_process(struct scan *scan, const struct bpf_program *program,
		 uint32_t pid);
/*
 * Call @in_netns in every network namespace that a process lives in, with its
 * inode number, but for those that cannot be entered. Stops at the first result
 * that is not 0. Returns that, or -errno.
 */
int scan_in_each_netns(int (*in_netns)(uint64_t inode, void *arg), void *arg);
/* Append one record. Returns 0 or -ENOMEM. */
int scan_add(struct scan *scan, const struct sock_event *event);
void scan_free(struct scan *scan);

#endif /* TCPWHY_SCAN_H */
