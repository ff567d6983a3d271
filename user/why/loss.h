/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What made the kernel send a segment again: one mechanism, told by evidence.
 */
#ifndef TCPWHY_LOSS_H
#define TCPWHY_LOSS_H

#include "resent.h"
#include "rule.h"

/*
 * The mechanism of an EVENT_RETRANSMIT, sent or failed; RESENT_UNKNOWN where
 * the evidence is of none. *@sure: by the stack, not by what the socket's
 * fields allow.
 */
enum resent_kind loss_mechanism(const struct evidence_case *c, bool *sure);

/* As a trigger: "timer:rto", "segment", ... */
const char *loss_trigger(enum resent_kind kind);

/* "tail loss probe"; for lists. */
const char *loss_words(enum resent_kind kind);

/*
 * For a rule: is this retransmission, sent, by @kind? Then the trigger and
 * the confidence are filled in.
 */
bool loss_match(const struct evidence_case *c, enum resent_kind kind,
		struct finding *f);

/*
 * What every finding of a retransmission says: how many there were before and
 * of which kinds, how often the timer backed off, for how long nothing came.
 */
void loss_add_history(const struct evidence_case *c, struct finding *f);

#endif /* TCPWHY_LOSS_H */
