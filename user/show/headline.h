/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a line about findings begins with: when, and RST, RETRANSMIT, ... */
#ifndef TCPWHY_HEADLINE_H
#define TCPWHY_HEADLINE_H

#include "sink.h"

/* @text is the rest of the line: see page_wrapped(). */
void headline_print(const struct sink_options *page, uint64_t time,
		    enum finding_what what, const char *text);

#endif /* TCPWHY_HEADLINE_H */
