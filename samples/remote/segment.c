// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>

#include "segment.h"

/* RFC 1071, one's complement sum of 16-bit words. */
static uint32_t sum_words(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;

	for (; len > 1; len -= 2, p += 2)
		sum += p[0] << 8 | p[1];
	if (len)
		sum += p[0] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum & 0xffff);
}

static size_t address_len(int family)
{
	return family == AF_INET6 ? sizeof(struct in6_addr)
				  : sizeof(struct in_addr);
}

uint16_t segment_checksum(const struct route *route, uint8_t protocol,
			  const void *data, size_t len)
{
	size_t addr_len;
	uint32_t sum = 0;

	if (route) {
		addr_len = address_len(route->family);
		sum = sum_words(&route->from, addr_len, protocol + len);
		sum = sum_words(&route->to, addr_len, sum);
	}
	return fold(sum_words(data, len, sum));
}

size_t segment_ip(const struct route *route, uint8_t protocol, uint8_t *packet,
		  size_t len)
{
	if (route->family == AF_INET6) {
		struct ip6_hdr ip6 = {
			.ip6_flow = htonl(6u << 28),
			.ip6_plen = htons(len),
			.ip6_nxt = protocol,
			.ip6_hlim = 64,
			.ip6_src = route->from,
			.ip6_dst = route->to,
		};

		memcpy(packet, &ip6, sizeof(ip6));
		return sizeof(ip6);
	}

	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = htons(sizeof(ip) + len),
		.frag_off = htons(IP_DF),
		.ttl = 64,
		.protocol = protocol,
	};

	memcpy(&ip.saddr, &route->from, sizeof(ip.saddr));
	memcpy(&ip.daddr, &route->to, sizeof(ip.daddr));
	ip.check = fold(sum_words(&ip, sizeof(ip), 0));
	memcpy(packet, &ip, sizeof(ip));
	return sizeof(ip);
}

static size_t build_timestamps(uint32_t echo, uint8_t *options)
{
	const uint8_t head[] = { TCPOPT_NOP, TCPOPT_NOP, TCPOPT_TIMESTAMP,
				 TCPOLEN_TIMESTAMP };
	const uint32_t values[] = { htonl(1), htonl(echo) };

	memcpy(options, head, sizeof(head));
	memcpy(options + sizeof(head), values, sizeof(values));
	return sizeof(head) + sizeof(values);
}

/*
 * A multiple of 4 bytes. No scaling, and timestamps only where a script wants
 * one: fewer rules to obey.
 */
static size_t build_options(const struct segment *seg, uint8_t *options)
{
	const uint8_t syn[] = { TCPOPT_MAXSEG,
				TCPOLEN_MAXSEG,
				REMOTE_MSS >> 8,
				REMOTE_MSS & 0xff,
				TCPOPT_SACK_PERMITTED,
				TCPOLEN_SACK_PERMITTED,
				TCPOPT_NOP,
				TCPOPT_NOP };
	const uint8_t sack[] = { TCPOPT_NOP, TCPOPT_NOP, TCPOPT_SACK, 10 };
	const uint32_t block[] = { htonl(seg->sack.start),
				   htonl(seg->sack.end) };

	if (seg->flags & SYN) {
		memcpy(options, syn, sizeof(syn));
		if (seg->echo)
			return sizeof(syn) +
			       build_timestamps(seg->echo,
						options + sizeof(syn));
		if (!seg->option)
			return sizeof(syn);
		memcpy(options + sizeof(syn), seg->option, seg->option[1]);
		return sizeof(syn) + seg->option[1];
	}
	if (seg->sack.start == seg->sack.end)
		return 0;
	memcpy(options, sack, sizeof(sack));
	memcpy(options + sizeof(sack), block, sizeof(block));
	return sizeof(sack) + sizeof(block);
}

size_t segment_build(const struct segment *seg, const struct route *route,
		     uint8_t *packet)
{
	uint8_t body[SEGMENT_MAX];
	size_t head = sizeof(struct tcphdr), len, ip_len;
	struct tcphdr tcp = {
		.source = htons(seg->sport),
		.dest = htons(seg->dport),
		.seq = htonl(seg->seq),
		.ack_seq = htonl(seg->ack),
		.window = htons(seg->window),
	};

	head += build_options(seg, body + sizeof(tcp));
	len = head + seg->len;
	tcp.th_off = head / 4;
	tcp.th_flags = seg->flags;
	memcpy(body, &tcp, sizeof(tcp));
	if (seg->len)
		memcpy(body + head, seg->data, seg->len);
	tcp.check = segment_checksum(route, IPPROTO_TCP, body, len);
	memcpy(body, &tcp, sizeof(tcp));

	ip_len = segment_ip(route, IPPROTO_TCP, packet, len);
	memcpy(packet + ip_len, body, len);
	return ip_len + len;
}

/* The length of the IP header; 0: not TCP, or another address. */
static size_t parse_ip(const struct route *route, const uint8_t *packet,
		       size_t len)
{
	size_t addr_len = address_len(route->family);
	struct ip6_hdr ip6;
	struct iphdr ip;

	if (route->family == AF_INET6) {
		if (len < sizeof(ip6))
			return 0;
		memcpy(&ip6, packet, sizeof(ip6));
		if (packet[0] >> 4 != 6 || ip6.ip6_nxt != IPPROTO_TCP ||
		    memcmp(&ip6.ip6_src, &route->from, addr_len) != 0 ||
		    memcmp(&ip6.ip6_dst, &route->to, addr_len) != 0)
			return 0;
		return sizeof(ip6);
	}
	if (len < sizeof(ip))
		return 0;
	memcpy(&ip, packet, sizeof(ip));
	if (ip.version != 4 || ip.protocol != IPPROTO_TCP ||
	    memcmp(&ip.saddr, &route->from, addr_len) != 0 ||
	    memcmp(&ip.daddr, &route->to, addr_len) != 0)
		return 0;
	return ip.ihl * 4;
}

bool segment_parse(struct segment *seg, const struct route *route,
		   const uint8_t *packet, size_t len)
{
	size_t ip_len = parse_ip(route, packet, len), head;
	struct tcphdr tcp;

	if (!ip_len || len < ip_len + sizeof(tcp))
		return false;
	memcpy(&tcp, packet + ip_len, sizeof(tcp));
	head = ip_len + tcp.th_off * 4;
	if (head > len)
		return false;

	*seg = (struct segment){
		.sport = ntohs(tcp.source),
		.dport = ntohs(tcp.dest),
		.seq = ntohl(tcp.seq),
		.ack = ntohl(tcp.ack_seq),
		.flags = tcp.th_flags & (FIN | SYN | RST | PSH | ACK),
		.window = ntohs(tcp.window),
		.data = packet + head,
		.len = len - head,
	};
	return true;
}

const char *flags_name(uint8_t flags)
{
	static const char *const names[] = { "FIN", "SYN", "RST", "PSH",
					     "ACK" };
	static char text[32];
	size_t i;

	text[0] = '\0';
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(flags & 1 << i))
			continue;
		if (text[0])
			strcat(text, "+");
		strcat(text, names[i]);
	}
	return text[0] ? text : "no flags";
}
