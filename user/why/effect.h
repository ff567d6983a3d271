/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a RST does to the application that receives it. */
#ifndef TCPWHY_EFFECT_H
#define TCPWHY_EFFECT_H

#include "rule.h"

/* For a RST that this host sent: what its receiver gets. */
void effect_of_reset(const struct evidence_case *c, char *text, size_t size);

/* For a socket in @state with @unread bytes waiting (tcp_reset()). */
void effect_in_state(const char *who, uint8_t state, uint32_t unread,
		     char *text, size_t size);

#endif /* TCPWHY_EFFECT_H */
