/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Our share of the CPUs. */
#ifndef TCPWHY_PRIORITY_H
#define TCPWHY_PRIORITY_H

/*
 * Where all CPUs are busy a fair share of them may be less than it takes to
 * read what the others do, and events are lost. So we are preferred, unless
 * who started us has said otherwise, or we may not.
 */
void priority_raise(void);

#endif /* TCPWHY_PRIORITY_H */
