/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * RSTs that this kernel sends without telling. Up to 6.9 tcp:tcp_send_reset
 * fires only where there is a full socket: a refused SYN, a segment for a
 * connection that is gone, or for a mini-socket, is answered in silence. What
 * shows is that the segment is dropped, and that only in tcp_v4_rcv() and
 * tcp_v6_rcv() themselves.
 */
#ifndef TCPWHY_UNTRACED_H
#define TCPWHY_UNTRACED_H

#include <stdbool.h>

#include "event.h"
#include "flow.h"
#include "host.h"
#include "resets.h"

/*
 * Was the dropped segment of @e (EVENT_DROP) answered with a RST that the
 * kernel did not trace? @resets are those that it did. Then fill *@answer, the
 * EVENT_RESET_SENT as it would have been. Its reason is one of those below.
 */
bool untraced_answer(const struct host *host, const struct flow_table *flows,
		     const struct resets *resets, const struct segment_event *e,
		     struct segment_event *answer);

/*
 * The reason of such an answer as sk_rst_reason calls it, NULL for any other;
 * *@likely: this kernel gave none, we conclude it from what we know of the
 * connection.
 */
const char *untraced_reason(const struct segment_event *e, bool *likely);

#endif /* TCPWHY_UNTRACED_H */
