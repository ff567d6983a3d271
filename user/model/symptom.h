/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Private to the model: what a flow remembers of the trouble it is in, for the
 * event that in the end is judged: errors told, data nobody acknowledges, a
 * closed window, a full accept queue.
 */
#ifndef TCPWHY_SYMPTOM_H
#define TCPWHY_SYMPTOM_H

#include "flow_table.h"

/* Each takes an event of the kind in its name, and of @flow. 0 or -ENOMEM. */
int symptom_error(struct flow_table *table, struct flow *flow,
		  const struct segment_event *e, struct flow_mark mark);
int symptom_retransmit(struct flow_table *table, struct flow *flow,
		       const struct segment_event *e, struct flow_mark mark);
int symptom_stalled(struct flow_table *table, struct flow *flow,
		    const struct segment_event *e, struct flow_mark mark);

/* The accept queue of the listener @flow at @time. */
int symptom_backlog(struct flow_table *table, struct flow *flow,
		    uint32_t backlog, uint32_t max, uint64_t time);

#endif /* TCPWHY_SYMPTOM_H */
