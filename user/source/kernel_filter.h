/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Telling the kernel side what is wanted: see bpf/filter.bpf.h. */
#ifndef TCPWHY_KERNEL_FILTER_H
#define TCPWHY_KERNEL_FILTER_H

#include "config.h"
#include "filters.h"
#include "live.h"

struct tcpwhy_bpf;

/*
 * What the programs read, of all but cgroups; @filters may be NULL. @run: of
 * the children of this process too.
 */
void kernel_filter_fill(struct bpf_filter *out, const struct filters *filters,
			bool run);

/*
 * The same with the ids of the cgroups. Returns 0; or -errno, with @problem
 * filled: one is not there, or this host has no cgroup v2.
 */
int kernel_filter_prepare(struct bpf_filter *out, const struct filters *filters,
			  bool run, struct live_problem *problem);

/* Before loading: no more room than this filter needs. Returns 0 or -errno. */
int kernel_filter_size(struct tcpwhy_bpf *skel);

/* Before attaching: the processes that are known. Returns 0 or -errno. */
int kernel_filter_processes(struct tcpwhy_bpf *skel,
			    const struct filters *filters);

#endif /* TCPWHY_KERNEL_FILTER_H */
