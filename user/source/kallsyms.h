/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Kernel addresses to function names, from /proc/kallsyms. */
#ifndef TCPWHY_KALLSYMS_H
#define TCPWHY_KALLSYMS_H

#include <stdbool.h>
#include <stdint.h>

struct kallsyms;

/*
 * Read the text symbols of the running kernel and its modules. Returns 0, or
 * -EPERM when the kernel hides the addresses (kernel.kptr_restrict), or
 * another -errno.
 */
int kallsyms_load(struct kallsyms **out);

/* Would kallsyms_load() find any? Returns as it does, in much less time. */
int kallsyms_try(void);

void kallsyms_free(struct kallsyms *syms);

/* Is @address in the kernel's own text, which neither moves nor grows? */
bool kallsyms_is_core(const struct kallsyms *syms, uint64_t address);

/*
 * The function that @address lies in, without what the compiler appended
 * (.part.0, .isra.0, .constprop.0, .cold); NULL if none. The string lives as
 * long as @syms.
 */
const char *kallsyms_find(const struct kallsyms *syms, uint64_t address);

#endif /* TCPWHY_KALLSYMS_H */
