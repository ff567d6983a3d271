/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Evidence that rules of several families look for, and how it is told. */
#ifndef TCPWHY_EVIDENCE_H
#define TCPWHY_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "finding.h"
#include "rule.h"

/* TCP header flags (RFC 9293, 3.1). */
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10

/* Did the kernel give this reason (sk_rst_reason, skb_drop_reason)? */
bool evidence_reason_is(const struct evidence_case *c, const char *reason);

/* A RST sent by an act, with no segment that provoked it. */
bool evidence_is_act(const struct evidence_case *c);

/* A trigger without an actor: "segment", "timer:rto", ... */
void evidence_trigger(struct finding *f, const char *trigger);

/* How long before the case's event @then (CLOCK_MONOTONIC ns) was: "3.0 s". */
void evidence_ago(const struct evidence_case *c, uint64_t then, char *text,
		  size_t size);

/*
 * Who ended the connection of the case, by which act and how long ago: the
 * fragment {ended}, "; nginx[812] called close() 3.0 s before", the evidence
 * "ended_by" (a trigger; "sock-destroy", "rst" or "timeout" if it was
 * not its process) and "ended_us", and the actor. False if that is not known.
 */
bool evidence_add_ended(const struct evidence_case *c, struct finding *f);

/*
 * The listener on whose socket the case's event happened; NULL: it is none,
 * or not known. Of those that share a port (SO_REUSEPORT) the very one.
 */
const struct flow *evidence_listener(const struct evidence_case *c);

/* The provoking segment: "data, 4 B", "FIN, 0 B", "bare ACK, 0 B". */
void evidence_add_segment(const struct evidence_case *c, struct finding *f);

/*
 * Did the kernel give none of its reasons? Older ones have none for the RSTs
 * that answer a segment: then the state and the segment must tell.
 */
bool evidence_no_reason(const struct evidence_case *c);

/* The state that the case's socket was in before CLOSE; 0: not known. */
uint8_t evidence_state_before_close(const struct evidence_case *c);

/* Payload that came and was not read; the FIN counts in rcv_nxt, not here. */
uint32_t evidence_unread(const struct tcp_snapshot *tcp);

/* "unread_bytes", if there are any. */
void evidence_add_unread(const struct evidence_case *c, struct finding *f);

/* "dropped_by" and "drop_reason" of the drop that the case has; with a phrase
 * that starts with @what ("earlier copy dropped by"). No drop: nothing. */
void evidence_add_drop(const struct evidence_case *c, struct finding *f,
		       const char *what, char *place, size_t size);

/*
 * The drop of the copy that the case's retransmission is about, on its way out
 * of this host, just before it was traced; NULL: none.
 */
const struct drop *evidence_own_copy(const struct evidence_case *c);

/* Is @drop the copy that this retransmission sent, not an earlier one? */
bool evidence_is_own_copy(const struct evidence_case *c,
			  const struct drop *drop);

#endif /* TCPWHY_EVIDENCE_H */
