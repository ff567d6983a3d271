/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All rules, in the order in which they are tried. */
#ifndef TCPWHY_CATALOGUE_H
#define TCPWHY_CATALOGUE_H

#include "rule.h"

/* Families, NULL-terminated. */
extern const struct rule_family *const catalogue[];

/* The rule with this id, or NULL. */
const struct rule *catalogue_find(const char *id);

#endif /* TCPWHY_CATALOGUE_H */
