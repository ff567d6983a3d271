/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Getting our BPF programs into the kernel, as many of them as it takes. */
#ifndef TCPWHY_LOADING_H
#define TCPWHY_LOADING_H

#include <stdint.h>

#include "live.h"
#include "parts.h"

struct btf;
struct tcpwhy_bpf;

__attribute__((format(printf, 2, 3))) void
problem_explain(struct live_problem *problem, const char *format, ...);

/*
 * Load into *@skel what this kernel, that @btf describes, has and does not
 * refuse; @parts says what became of each. The caller destroys *@skel. Returns
 * 0; or -errno, with @problem filled, if nothing can work.
 */
int load_programs(struct tcpwhy_bpf **skel, const struct btf *btf,
		  struct parts *parts, const struct live_options *options,
		  struct live_problem *problem);

#endif /* TCPWHY_LOADING_H */
