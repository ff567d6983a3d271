/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Findings, counted by cause, by process and by remote address. */
#ifndef TCPWHY_TALLY_H
#define TCPWHY_TALLY_H

#include "sink.h"

struct tally;

/* NULL when out of memory. tally_free() accepts NULL. */
struct tally *tally_new(void);
void tally_free(struct tally *tally);

void tally_add(struct tally *tally, const struct finding *f);

/* Fill in @summary; its lists are the tally's. */
void tally_sum(struct tally *tally, struct summary *summary);

#endif /* TCPWHY_TALLY_H */
