/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a busy host does to who watches it. */
#ifndef BENCH_COST_TROUBLE_H
#define BENCH_COST_TROUBLE_H

struct troubles;

/*
 * Children, to the end of their days: storms closed by RSTs and by FINs; old
 * connections that go, and others that come; processes that are born, connect,
 * exec and exit; network namespaces with a connection each.
 */
struct troubles *troubles_begin(void);
void troubles_end(struct troubles *troubles);

#endif
