/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For samples that need a setting of the whole host to be another. */
#ifndef SAMPLES_SYSCTL_H
#define SAMPLES_SYSCTL_H

#include "stage.h"

/*
 * Remembers what @path (a file under /proc/sys) says. Ends the program with
 * status 77, and says how, if no variant told it that it may be changed.
 */
void sysctl_keep(const struct stage *s, const char *path);
void sysctl_write(const char *path, const char *value);
/* Puts back what was remembered. */
void sysctl_restore(void);

#endif
