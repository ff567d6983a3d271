/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who listens on a port, but not where a segment arrived. */
#ifndef TCPWHY_ELSEWHERE_H
#define TCPWHY_ELSEWHERE_H

#include "finding.h"
#include "rule.h"

/*
 * For a SYN that found nobody: who listens on that port for other addresses,
 * the other family, one interface or in another network namespace. Adds the
 * fragment {listens_elsewhere} and the evidence "elsewhere" ("address",
 * "ipv4-only", "ipv6-only", "interface", "namespace" or "here"),
 * "elsewhere_by", "elsewhere_pid" and "elsewhere_at". Nothing if nobody does.
 *
 * Returns false if, as far as is known, somebody listens right there ("here"):
 * then why the kernel did not find it is not known.
 */
bool elsewhere_add(const struct evidence_case *c, struct finding *f);

#endif /* TCPWHY_ELSEWHERE_H */
