/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What we may see of this host beside its BPF events: found out by trying. */
#ifndef TCPWHY_PRIVILEGES_H
#define TCPWHY_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

struct privilege {
	const char *name; /* "symbols" */
	const char *what; /* for people: "the kernel's symbols" */
	const char *lost; /* what we cannot tell without it */
	const char *way_out;
	int err; /* -errno; 0: it works */
};

#define PRIVILEGE_COUNT 6

/* Try each. Takes up to 50 ms: the kernel's symbols are many. */
void privileges_try(struct privilege tried[PRIVILEGE_COUNT]);

/* Is our process id the one that the kernel's events have? */
bool privileges_see_host_pids(void);

/*
 * Why bpf() was refused with EPERM, and the way out: what is known of our
 * capabilities, namespace and seccomp filter. @size of @text in bytes.
 */
void privileges_explain_bpf(char *text, size_t size);

#endif /* TCPWHY_PRIVILEGES_H */
