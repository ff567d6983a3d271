/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The object that "check --json" prints: see docs/output.md. */
#ifndef TCPWHY_ABILITY_JSON_H
#define TCPWHY_ABILITY_JSON_H

#include "ability.h"

/* On stdout; @release is the kernel's. */
void ability_json(const struct ability *ability, const char *release);

/* Nothing works, for the reason that @problem says. */
void ability_json_failed(const char *release, const char *problem);

#endif /* TCPWHY_ABILITY_JSON_H */
