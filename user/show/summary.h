/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The end of the text output: what it was in all. */
#ifndef TCPWHY_SUMMARY_H
#define TCPWHY_SUMMARY_H

#include "sink.h"

/* How many of a ranking are shown. */
#define SUMMARY_MAX_LINES 10

/* How much was recorded to the file of @page, and what was not. */
void summary_print_recorded(const struct sink_options *page,
			    const struct summary *s);
void summary_print(const struct sink_options *page, const struct summary *s);

#endif /* TCPWHY_SUMMARY_H */
