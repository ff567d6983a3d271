// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>

#include "../stage.h"
#include "icmp.h"
#include "peer.h"
#include "tun.h"

#define OUR_ISN	    1000 /* a round number is easy to find in tcpdump */
#define PATIENCE_MS 20000

void peer_init(struct peer *p, int tun, int family, uint16_t port,
	       uint16_t their_port)
{
	bool v6 = family == AF_INET6;

	*p = (struct peer){
		.tun = tun,
		.in.family = family,
		.port = port,
		.their_port = their_port,
		.snd_nxt = OUR_ISN,
		.offered = OUR_WINDOW,
	};
	inet_pton(family, v6 ? TUN_LOCAL6 : TUN_LOCAL4, &p->in.from);
	inet_pton(family, v6 ? TUN_REMOTE6 : TUN_REMOTE4, &p->in.to);
	p->out = (struct route){ family, p->in.to, p->in.from };
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

bool peer_listen(struct peer *p, struct segment *seg, int ms)
{
	struct pollfd readable = { .fd = p->tun, .events = POLLIN };
	long long end = now_ms() + ms, left;
	ssize_t n;

	while ((left = end - now_ms()) > 0) {
		if (poll(&readable, 1, left) <= 0)
			continue;
		n = read(p->tun, p->packet, sizeof(p->packet));
		if (n < 0)
			die("%s: %s", TUN_DEVICE, strerror(errno));
		/* The kernel sends other things too: IPv6 router search. */
		if (!segment_parse(seg, &p->in, p->packet, n) ||
		    seg->dport != p->port)
			continue;
		if (p->their_port && seg->sport != p->their_port)
			continue;
		p->window = seg->window;
		p->packet_len = n;
		return true;
	}
	return false;
}

struct segment peer_expect(struct peer *p, uint8_t flags, size_t len)
{
	struct segment seg;

	if (!peer_listen(p, &seg, PATIENCE_MS))
		die("%s did not come", flags_name(flags));
	if ((seg.flags & ~PSH) != flags || seg.len != len) {
		uint8_t got = seg.flags;

		say("got %s with %zu bytes", flags_name(got), seg.len);
		die("that is not %s with %zu bytes", flags_name(flags), len);
	}
	return seg;
}

void peer_expect_again(struct peer *p, const struct segment *first)
{
	struct segment seg = peer_expect(p, first->flags & ~PSH, first->len);

	if (seg.seq != first->seq)
		die("got sequence number %u instead of %u again", seg.seq,
		    first->seq);
}

void peer_take(struct peer *p, const struct segment *seg)
{
	p->rcv_nxt = seg->seq + seg->len + !!(seg->flags & SYN) +
		     !!(seg->flags & FIN);
	p->their_port = seg->sport;
}

static void transmit(struct peer *p, struct segment *seg)
{
	uint8_t packet[SEGMENT_MAX];
	size_t len;

	seg->sport = p->port;
	seg->dport = p->their_port;
	seg->window = p->offered;
	if (seg->flags & ACK && !seg->ack)
		seg->ack = p->rcv_nxt;
	len = segment_build(seg, &p->out, packet);
	if (write(p->tun, packet, len) != (ssize_t)len)
		die("%s: %s", TUN_DEVICE, strerror(errno));
}

void peer_send(struct peer *p, uint8_t flags, const char *text)
{
	struct segment seg = {
		.seq = p->snd_nxt,
		.flags = flags,
		.data = text,
		.len = text ? strlen(text) : 0,
	};

	transmit(p, &seg);
	p->snd_nxt += seg.len + !!(flags & SYN) + !!(flags & FIN);
}

void peer_send_at(struct peer *p, uint32_t seq, uint8_t flags)
{
	transmit(p, &(struct segment){ .seq = seq, .flags = flags });
}

void peer_send_ack_of(struct peer *p, uint32_t ack)
{
	transmit(p, &(struct segment){
			    .seq = p->snd_nxt, .flags = ACK, .ack = ack });
}

void peer_send_echo(struct peer *p, uint32_t echo)
{
	transmit(p, &(struct segment){ .seq = p->snd_nxt,
				       .flags = SYN | ACK,
				       .echo = echo });
	p->snd_nxt++;
}

void peer_send_sack(struct peer *p, struct sack_block block)
{
	transmit(p, &(struct segment){
			    .seq = p->snd_nxt, .flags = ACK, .sack = block });
}

void peer_send_syn(struct peer *p, const uint8_t *option)
{
	transmit(p, &(struct segment){ .seq = p->snd_nxt++,
				       .flags = SYN,
				       .option = option });
}

void peer_too_big(struct peer *p, int mtu)
{
	uint8_t packet[SEGMENT_MAX];
	size_t len =
		icmp_too_big(&p->out, p->packet, p->packet_len, mtu, packet);

	if (write(p->tun, packet, len) != (ssize_t)len)
		die("%s: %s", TUN_DEVICE, strerror(errno));
}

void peer_unreachable(struct peer *p, enum unreachable what)
{
	uint8_t packet[SEGMENT_MAX];
	size_t len = icmp_unreachable(&p->out, p->packet, p->packet_len, what,
				      packet);

	if (write(p->tun, packet, len) != (ssize_t)len)
		die("%s: %s", TUN_DEVICE, strerror(errno));
}

void peer_accept(struct peer *p)
{
	struct segment syn = peer_expect(p, SYN, 0);

	peer_take(p, &syn);
	peer_send(p, SYN | ACK, NULL);
	peer_expect(p, ACK, 0);
}

void peer_connect(struct peer *p)
{
	struct segment synack;

	peer_send(p, SYN, NULL);
	synack = peer_expect(p, SYN | ACK, 0);
	peer_take(p, &synack);
	peer_send(p, ACK, NULL);
}

void peer_talk(struct peer *p)
{
	struct segment data;

	peer_accept(p);
	data = peer_expect(p, ACK, 4);
	peer_take(p, &data);
	peer_send(p, PSH | ACK, "CDEF");
	peer_expect(p, ACK, 0);
}

void peer_close(struct peer *p)
{
	struct segment fin = peer_expect(p, FIN | ACK, 0);

	peer_take(p, &fin);
	peer_send(p, FIN | ACK, NULL);
	peer_expect(p, ACK, 0);
}

void peer_finish(struct peer *p)
{
	struct segment seg;

	peer_send(p, FIN | ACK, NULL);
	do {
		if (!peer_listen(p, &seg, PATIENCE_MS))
			die("no FIN came");
	} while (!(seg.flags & FIN));
	peer_take(p, &seg);
	peer_send(p, ACK, NULL);
}
