/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An error that ended a connection, or the attempt at one: where it is from. */
#ifndef TCPWHY_FAILURE_H
#define TCPWHY_FAILURE_H

#include <stdbool.h>

#include "finding.h"
#include "rule.h"

/* An errno (positive) that says "cannot be reached", never that of a RST alone:
 * ECONNREFUSED counts, since ICMP gives it too. */
bool failure_is_unreachable(int err);

/* Was it an ICMP error that made the kernel tell the socket just then? */
bool failure_is_told_by_icmp(const struct evidence_case *c);

/*
 * Who says that the peer cannot be reached: a firewall here, a host on the way,
 * the neighbour table, our own routes. Adds the fragments {failed_with} and
 * {how}, evidence, and the trigger; LIKELY where this kernel does not tell.
 */
void failure_add_origin(const struct evidence_case *c, struct finding *f);

#endif /* TCPWHY_FAILURE_H */
