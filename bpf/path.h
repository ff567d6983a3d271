/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel side remembers of stacks: see stack.bpf.c. */
#ifndef TCPWHY_PATH_H
#define TCPWHY_PATH_H

#include "event.h"

#define STACK_PATHS 4 /* remembered for a kind of event, on each CPU */

/* A walk over a stack: its return addresses, and where on the stack each is. */
struct path {
	__u64 check;  /* over all below, by who wrote it: see path_close() */
	__u32 frames; /* 0: none is remembered */
	__u32 placed; /* how many have a place */
	__u64 entry;  /* the one that has none; 0: see path_begin() */
	__u64 address[EVENT_MAX_FRAMES]; /* 0: no more */
	__u16 at[EVENT_MAX_FRAMES];	 /* words */
};

struct paths {
	__u64 walk;  /* the last walk, in one number */
	__u32 found; /* which of its addresses was found last */
	__u32 words; /* ... in so many words of the stack */
	__u32 next;  /* the path that what is found goes to */
	__u32 reserved;
	struct path path[STACK_PATHS];
};

#endif /* TCPWHY_PATH_H */
