/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What no BPF program is shown. There are kernels that run no BPF program of a
 * tracepoint while process 1 is current: what a softirq does that came upon it
 * (a timer that sends again, say) is in ftrace and in the kernel's counters,
 * and for BPF it never was; prog->misses does not count it either. A test
 * cannot demand that tcpwhy explains that. So it is counted here by perf, which
 * such a kernel does tell.
 */
#ifndef SAMPLES_UNSEEN_H
#define SAMPLES_UNSEEN_H

#include <stdint.h>

/*
 * From now on, until the process ends, counts how often a tracepoint that
 * tcpwhy lives on is hit while process 1 is current. Counts nothing where the
 * kernel has no perf or no tracefs. To be called once.
 */
void unseen_watch(void);

/* How often so far. */
uint64_t unseen_count(void);

#endif
