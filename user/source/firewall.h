/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is there a firewall rule on this host, in any network namespace, that
 * rejects with a TCP RST? Only then is a program for such RSTs worth what it
 * costs: it has to look at each packet.
 *
 * nftables (its own rules and those of iptables-nft) tells of changes in our
 * namespace and in those that are linked to it. Elsewhere, and for legacy
 * iptables, which tells nobody, a segment that a firewall drops is the sign to
 * look. No namespace is held open: that would keep it from going away.
 */
#ifndef TCPWHY_FIREWALL_H
#define TCPWHY_FIREWALL_H

#include <stdbool.h>
#include <stdint.h>

struct firewall;

/* Starts to listen. Returns NULL when out of memory; never fails otherwise:
 * what the kernel does not have, or not tell us, has no rules. */
struct firewall *firewall_new(void);
void firewall_free(struct firewall *firewall); /* accepts NULL */

/* Readable when there are changes to hear of; -1: this kernel does not tell. */
int firewall_fd(const struct firewall *firewall);

/* A firewall dropped a TCP segment: look soon, if nothing is known yet. */
void firewall_dropped(struct firewall *firewall);

/*
 * Call this often: it hears of changes, and looks when there is cause to,
 * which costs a fiftieth of a CPU at most. @now: CLOCK_MONOTONIC, ns. Is there
 * such a rule?
 */
bool firewall_rejects(struct firewall *firewall, uint64_t now);

#endif /* TCPWHY_FIREWALL_H */
