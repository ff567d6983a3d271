/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who put a RST on its way, as the stack of its EVENT_PACKET says. */
#ifndef TCPWHY_ORIGIN_H
#define TCPWHY_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "rule.h"

enum origin {
	ORIGIN_UNKNOWN,
	ORIGIN_SOCKET, /* the kernel's TCP: EVENT_RESET_SENT tells of it */
	ORIGIN_FIREWALL,
	ORIGIN_RAW, /* a process, through a raw or packet socket */
	ORIGIN_FORWARDED,
};

/* *at: the frame that tells. */
enum origin origin_of(const struct stack *stack, unsigned int *at);

/*
 * A RST that was received: by a packet of a firewall's or a process's on this
 * host, which is told as such.
 */
bool origin_is_told(const struct evidence_case *c);

/* A packet that an earlier event, or the sender's, tells of already. */
bool origin_is_repeated(const struct evidence_case *c);

/*
 * A RST that was received here, and just before a firewall of this host
 * dropped what it answers: it is the firewall's.
 */
bool origin_is_firewall(const struct evidence_case *c);

/* "INPUT", and "nftables inet": what rejects, by the stack of the RST; each ""
 * if that does not show it. */
void origin_chain(const struct stack *stack, const char **hook, char *rules,
		  size_t size);

#endif /* TCPWHY_ORIGIN_H */
