/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every finding shows, whatever its rule. */
#ifndef TCPWHY_PARTICULARS_H
#define TCPWHY_PARTICULARS_H

#include "finding.h"
#include "rule.h"

/* Before the rules: the ends, their owners, the state. */
void particulars_begin(const struct evidence_case *c, struct finding *f);

/* After what the rule has put first: stack, reason, traffic, peer. */
void particulars_add(const struct evidence_case *c, struct finding *f);

#endif /* TCPWHY_PARTICULARS_H */
