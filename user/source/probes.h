/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many zero-window probes a network namespace has sent, as the kernel
 * counts them (TCPWinProbe, tcp_xmit_probe_skb(); since 4.1).
 */
#ifndef TCPWHY_PROBES_H
#define TCPWHY_PROBES_H

#include <stdbool.h>
#include <stdint.h>

/* By the namespace that this thread is in. False: it is not told. */
bool probes_sent(uint64_t *count);

/*
 * The same from the @text of /proc/net/netstat, which is cut up: lines by
 * twos, a group's names and then their values.
 */
bool probes_parse(char *text, uint64_t *count);

#endif /* TCPWHY_PROBES_H */
