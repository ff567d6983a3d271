/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where on this host a SYN, or the answer to it, was lost. */
#ifndef TCPWHY_UNANSWERED_H
#define TCPWHY_UNANSWERED_H

#include "finding.h"
#include "rule.h"

/* What there is to do where nothing on this host explains the silence. */
#define UNANSWERED_ADVICE                                                      \
	"silence is not a refusal, which would have come back at once: look "  \
	"for a firewall that drops, a wrong address or route, a host that is " \
	"down, a full accept queue"

/*
 * For a SYN of the case's connection that was not answered, if no drop of the
 * SYN itself is known: the fragment {dropped} and evidence of a SYN-ACK that
 * was dropped here, or of a listener here whose accept queue is full, which is
 * the peer then. Nothing if there is neither. The fragment {look} says what to
 * do in each of these cases.
 */
void unanswered_add(const struct evidence_case *c, struct finding *f);

#endif /* TCPWHY_UNANSWERED_H */
