/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way of an event: into the model at once; after its settling window, in
 * event time, judged and shown. The same events give the same output, live or
 * from a recording.
 */
#ifndef TCPWHY_PIPELINE_H
#define TCPWHY_PIPELINE_H

#include "scope.h"
#include "sink.h"
#include "source.h"

/* How long evidence for an event may come after it, ns of event time. */
#define PIPELINE_SETTLE_NS 50000000ULL

struct pipeline;

/*
 * @host is learnt into, @scope and @sink are used; all three outlive the
 * pipeline and stay the caller's. @max_sockets: how many are remembered; see
 * flow_table_new(). Returns NULL when out of memory.
 */
struct pipeline *pipeline_new(struct host *host, struct scope *scope,
			      struct sink *sink, uint32_t max_sockets);
void pipeline_free(struct pipeline *pipeline); /* accepts NULL */

/* How a source feeds it. */
struct source_handler pipeline_handler(struct pipeline *pipeline);

/* Settle all that waits, and show the summary. */
void pipeline_end(struct pipeline *pipeline, bool truncated, uint64_t bad);

#endif /* TCPWHY_PIPELINE_H */
