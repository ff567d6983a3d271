/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One event after its settling window, with what is known of it by then. */
#ifndef TCPWHY_MOMENT_H
#define TCPWHY_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "flow.h"

struct moment {
	uint64_t seq; /* number of the event, from 1 */
	const struct event_header *event;
	const struct event_conn *conn; /* the fullest known 4-tuple */
	struct flow *flow;	       /* NULL: no socket */
	struct party owner;	       /* of this end, at this event */
	uint8_t state;		       /* of the flow, right after it */
	struct flow *peer;	       /* NULL: not on this host, or unknown */
	/* EVENT_DROP without a flow: at either end; or NULL. */
	struct flow *listener;
	uint64_t duration; /* EVENT_STATE: ns in the old state */
	bool duration_known;
};

#endif /* TCPWHY_MOMENT_H */
