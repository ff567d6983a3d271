// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include "icmp.h"

/* Enough to know the connection by: headers, and the sequence number. */
#define QUOTED 64

size_t icmp_too_big(const struct route *route, const uint8_t *original,
		    size_t len, int mtu, uint8_t *packet)
{
	bool v6 = route->family == AF_INET6;
	struct icmp6_hdr icmp6 = { .icmp6_type = ICMP6_PACKET_TOO_BIG };
	struct icmphdr icmp = { .type = ICMP_DEST_UNREACH,
				.code = ICMP_FRAG_NEEDED };
	uint8_t body[sizeof(icmp) + QUOTED];
	size_t ip_len;

	if (len > QUOTED)
		len = QUOTED;
	icmp6.icmp6_mtu = htonl(mtu);
	icmp.un.frag.mtu = htons(mtu);
	_Static_assert(sizeof(icmp) == sizeof(icmp6), "both are 8 bytes");
	memcpy(body, v6 ? (void *)&icmp6 : (void *)&icmp, sizeof(icmp));
	memcpy(body + sizeof(icmp), original, len);
	len += sizeof(icmp);
	icmp.checksum = icmp6.icmp6_cksum =
		v6 ? segment_checksum(route, IPPROTO_ICMPV6, body, len)
		   : segment_checksum(NULL, 0, body, len);
	memcpy(body, v6 ? (void *)&icmp6 : (void *)&icmp, sizeof(icmp));

	ip_len = segment_ip(route, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, packet,
			    len);
	memcpy(packet + ip_len, body, len);
	return ip_len + len;
}
