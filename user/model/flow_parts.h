/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Private to the model: where the parts of flows are kept that most flows do
 * not have.
 */
#ifndef TCPWHY_FLOW_PARTS_H
#define TCPWHY_FLOW_PARTS_H

#include "flow.h"
#include "parties.h"
#include "slab.h"

struct flow_parts {
	struct slab pasts, resets, symptoms;
	struct parties *parties;
};

/* Returns 0 or -ENOMEM; flow_parts_free() in either case. */
int flow_parts_init(struct flow_parts *parts);
void flow_parts_free(struct flow_parts *parts);

/* The part of @flow to be written to, made if need be; NULL: no memory. */
struct flow_past *flow_parts_past(struct flow_parts *parts, struct flow *flow);
struct flow_resets *flow_parts_resets(struct flow_parts *parts,
				      struct flow *flow);
struct flow_symptoms *flow_parts_symptoms(struct flow_parts *parts,
					  struct flow *flow);

/* Take back all that @flow has. */
void flow_parts_drop(struct flow_parts *parts, struct flow *flow);

#endif /* TCPWHY_FLOW_PARTS_H */
