/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Private to the model: what a flow remembers of the trouble it is in, for the
 * event that in the end is judged: errors told, data nobody acknowledges, a
 * closed window, a full accept queue.
 */
#ifndef TCPWHY_SYMPTOM_H
#define TCPWHY_SYMPTOM_H

#include "flow.h"

/* Each takes an event of the kind in its name, and of @flow. */
int symptom_error(struct flow *flow, const struct segment_event *e,
		  struct flow_mark mark);
void symptom_retransmit(struct flow *flow, const struct segment_event *e,
			struct flow_mark mark);
void symptom_stalled(struct flow *flow, const struct segment_event *e,
		     struct flow_mark mark);

/* The accept queue of the listener @flow at @time. */
void symptom_backlog(struct flow *flow, uint32_t backlog, uint32_t max,
		     uint64_t time);

#endif /* TCPWHY_SYMPTOM_H */
