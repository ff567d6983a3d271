/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a kernel function means where it stands in a stack. */
#ifndef TCPWHY_FRAME_H
#define TCPWHY_FRAME_H

enum frame_role {
	FRAME_ORDINARY,
	FRAME_TRACING, /* the tracepoint, our program: not the kernel's doing */
	FRAME_SOFTIRQ, /* here a softirq begins: what is below is another's */
	FRAME_TIMER,   /* the same, of a timer in one */
};

/* @function: its name. Looks it up in a table: not for each event. */
enum frame_role frame_role(const char *function);

#endif /* TCPWHY_FRAME_H */
