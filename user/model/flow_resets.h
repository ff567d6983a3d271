/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Private to the model: what a RST teaches about the flows at both its ends. */
#ifndef TCPWHY_FLOW_RESETS_H
#define TCPWHY_FLOW_RESETS_H

#include "flow_table.h"

/*
 * Each takes an event of the kind in its name; @flow is the one that it is
 * about, and may be NULL where it was sent. Returns 0 or -ENOMEM.
 */
int flow_reset_sent(struct flow_table *table, struct flow *flow,
		    const struct segment_event *e, struct flow_mark mark);
int flow_reset_received(struct flow_table *table, struct flow *flow,
			const struct segment_event *e, struct flow_mark mark);

#endif /* TCPWHY_FLOW_RESETS_H */
