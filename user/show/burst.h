/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The line of text that tells of findings that were many and alike. */
#ifndef TCPWHY_BURST_H
#define TCPWHY_BURST_H

#include "fold.h"
#include "sink.h"

void burst_print(const struct sink_options *page, const struct fold_line *line);

#endif /* TCPWHY_BURST_H */
