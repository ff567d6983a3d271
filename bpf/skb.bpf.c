// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What of a packet's headers takes a loop: global, see stack.bpf.c. */
#include "skb.bpf.h"

#define MAX_EXTENSIONS 4

/*
 * Walk the extension headers (RFC 8200, 4) that may stand before TCP. A later
 * fragment has no TCP header.
 */
__noinline int ipv6_find_tcp(__u64 head, __u32 next, __u32 offset)
{
	for (int i = 0; i < MAX_EXTENSIONS && next != IPPROTO_TCP; i++) {
		__u8 start[4]; /* next header, length in 8 bytes; fragment */

		if (next != 0 && next != 43 && next != 44 && next != 60)
			return 0;
		if (bpf_probe_read_kernel(start, sizeof(start),
					  (void *)(head + offset)))
			return 0;
		if (next == 44 && (start[2] || start[3] & 0xf8))
			return 0;
		offset += next == 44 ? 8 : (start[1] + 1) * 8;
		next = start[0];
	}
	return next == IPPROTO_TCP ? offset : 0;
}
