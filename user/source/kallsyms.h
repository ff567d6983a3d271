/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Kernel addresses to function names, from /proc/kallsyms. */
#ifndef TCPWHY_KALLSYMS_H
#define TCPWHY_KALLSYMS_H

#include <stdint.h>

struct kallsyms;

/*
 * Read the text symbols of the running kernel and its modules. Returns 0, or
 * -EPERM when the kernel hides the addresses (kernel.kptr_restrict), or
 * another -errno.
 */
int kallsyms_load(struct kallsyms **out);
void kallsyms_free(struct kallsyms *syms);

/*
 * The function that @address lies in, without what the compiler appended
 * (.part.0, .isra.0, .constprop.0, .cold); NULL if none. The string lives as
 * long as @syms.
 */
const char *kallsyms_find(const struct kallsyms *syms, uint64_t address);

#endif /* TCPWHY_KALLSYMS_H */
