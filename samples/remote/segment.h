/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP segments, between the wire and a struct that can be read. Only what the
 * scripts need: no IP options, no IPv6 extension headers, no fragments.
 */
#ifndef SAMPLES_REMOTE_SEGMENT_H
#define SAMPLES_REMOTE_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#define SEGMENT_MAX 2048
#define REMOTE_MSS  1440 /* announced; fits any MTU of 1500 */

enum tcp_flag {
	FIN = 1 << 0,
	SYN = 1 << 1,
	RST = 1 << 2,
	PSH = 1 << 3,
	ACK = 1 << 4,
};

struct sack_block {
	uint32_t start, end;
};

struct segment {
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint8_t flags; /* enum tcp_flag */
	uint16_t window;
	const uint8_t *option;	/* of option[1] bytes, with a SYN; or NULL */
	struct sack_block sack; /* to be sent if start and end differ */
	uint32_t echo; /* of a timestamp, to be sent with a SYN; 0: none */
	const void *data;
	size_t len;
};

/* Whose segments: @from and @to are struct in_addr or in6_addr by @family. */
struct route {
	int family;
	struct in6_addr from, to;
};

/* Writes an IP packet to @packet[SEGMENT_MAX], returns its length. */
size_t segment_build(const struct segment *seg, const struct route *route,
		     uint8_t *packet);

/* False if @packet is anything but TCP along @route. @seg points into it. */
bool segment_parse(struct segment *seg, const struct route *route,
		   const uint8_t *packet, size_t len);

/*
 * RFC 1071, in network byte order; with a pseudo-header (RFC 9293, 3.1) for
 * @protocol along @route, unless that is NULL.
 */
uint16_t segment_checksum(const struct route *route, uint8_t protocol,
			  const void *data, size_t len);

/* The IP header of a packet with @len bytes behind it; returns its length. */
size_t segment_ip(const struct route *route, uint8_t protocol, uint8_t *packet,
		  size_t len);

/* "SYN+ACK", in a static buffer. */
const char *flags_name(uint8_t flags);

#endif
