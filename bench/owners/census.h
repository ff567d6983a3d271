/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The truth about programs that cannot tell it themselves: who has descriptors
 * of the TCP sockets of this network namespace right now, from /proc.
 */
#ifndef BENCH_OWNERS_CENSUS_H
#define BENCH_OWNERS_CENSUS_H

/*
 * Writes a "hold" line, as if since ever, for each holder of each socket that
 * has one, and the names of these processes' threads.
 */
void census(void);

#endif
