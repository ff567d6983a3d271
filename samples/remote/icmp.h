/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a router says of a packet that it cannot pass on. */
#ifndef SAMPLES_REMOTE_ICMP_H
#define SAMPLES_REMOTE_ICMP_H

#include "segment.h"

/*
 * "Fragmentation needed" (RFC 1191) or "packet too big" (RFC 8201) about the
 * IP packet @original of @len bytes: the next link takes @mtu. Writes an IP
 * packet along @route to @packet[SEGMENT_MAX], returns its length.
 */
size_t icmp_too_big(const struct route *route, const uint8_t *original,
		    size_t len, int mtu, uint8_t *packet);

enum unreachable { UNREACHABLE_NET, UNREACHABLE_HOST, UNREACHABLE_PORT };

/* The same for "destination unreachable" (RFC 792, RFC 4443, 3.1). */
size_t icmp_unreachable(const struct route *route, const uint8_t *original,
			size_t len, enum unreachable what, uint8_t *packet);

#endif
