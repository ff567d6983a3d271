/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses in BPF programs, which come and go while we watch. */
#ifndef TCPWHY_BPFSYMS_H
#define TCPWHY_BPFSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The BPF program that is loaded now and whose code @address lies in, as
 * kallsyms writes it: "bpf_prog_TAG_NAME". False: none; @name is not changed.
 */
bool bpfsyms_find(uint64_t address, char *name, size_t size);

#endif /* TCPWHY_BPFSYMS_H */
