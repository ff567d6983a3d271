/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rules that reject with a TCP RST, in one network namespace: the caller's. */
#ifndef TCPWHY_FIREWALL_RULES_H
#define TCPWHY_FIREWALL_RULES_H

#include <stdbool.h>
#include <stddef.h>

/* The kernel puts no more into one message of nftables. */
#define NFTABLES_ROOM 32768

/* Does nftables have one here? Asks the kernel for all rules. */
bool nftables_rejects(void);

/* Does legacy iptables (or ip6tables)? Never loads a table that is not. */
bool iptables_rejects(void);

/*
 * Do the netlink messages in the @size bytes at @data, aligned as those are,
 * bring such a rule? *last: one of them ends a dump.
 */
bool nftables_brings_reject(const void *data, size_t size, bool *last);

#endif /* TCPWHY_FIREWALL_RULES_H */
