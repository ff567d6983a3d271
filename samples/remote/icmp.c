// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include "icmp.h"

/* Enough to know the connection by: headers, and the sequence number. */
#define QUOTED 64

#define HEADER 8 /* of both: type, code, checksum, and 4 bytes more */

/* @header, and what it is about. */
static size_t build(const struct route *route, const uint8_t header[HEADER],
		    const uint8_t *original, size_t len, uint8_t *packet)
{
	bool v6 = route->family == AF_INET6;
	uint8_t body[HEADER + QUOTED];
	uint16_t sum;
	size_t ip_len;

	if (len > QUOTED)
		len = QUOTED;
	memcpy(body, header, HEADER);
	memcpy(body + HEADER, original, len);
	len += HEADER;
	sum = v6 ? segment_checksum(route, IPPROTO_ICMPV6, body, len)
		 : segment_checksum(NULL, 0, body, len);
	memcpy(body + 2, &sum, sizeof(sum));

	ip_len = segment_ip(route, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, packet,
			    len);
	memcpy(packet + ip_len, body, len);
	return ip_len + len;
}

size_t icmp_too_big(const struct route *route, const uint8_t *original,
		    size_t len, int mtu, uint8_t *packet)
{
	struct icmp6_hdr icmp6 = { .icmp6_type = ICMP6_PACKET_TOO_BIG };
	struct icmphdr icmp = { .type = ICMP_DEST_UNREACH,
				.code = ICMP_FRAG_NEEDED };

	_Static_assert(sizeof(icmp) == HEADER && sizeof(icmp6) == HEADER,
		       "both are of one size");
	icmp6.icmp6_mtu = htonl(mtu);
	icmp.un.frag.mtu = htons(mtu);
	return build(route,
		     route->family == AF_INET6 ? (uint8_t *)&icmp6
					       : (uint8_t *)&icmp,
		     original, len, packet);
}

size_t icmp_unreachable(const struct route *route, const uint8_t *original,
			size_t len, enum unreachable what, uint8_t *packet)
{
	static const uint8_t codes4[] = { ICMP_NET_UNREACH, ICMP_HOST_UNREACH,
					  ICMP_PORT_UNREACH };
	static const uint8_t codes6[] = { ICMP6_DST_UNREACH_NOROUTE,
					  ICMP6_DST_UNREACH_ADDR,
					  ICMP6_DST_UNREACH_NOPORT };
	bool v6 = route->family == AF_INET6;
	const uint8_t header[HEADER] = {
		v6 ? ICMP6_DST_UNREACH : ICMP_DEST_UNREACH,
		v6 ? codes6[what] : codes4[what],
	};

	return build(route, header, original, len, packet);
}
