/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The remote end of one connection: not a TCP, only its memory. It sends and
 * acknowledges what a script tells it to and nothing else, so it can be as
 * silent, forgetful or rude as the script wants.
 *
 * Whatever does not come as the script expects it ends the program.
 */
#ifndef SAMPLES_REMOTE_PEER_H
#define SAMPLES_REMOTE_PEER_H

#include "icmp.h"
#include "segment.h"

#define OUR_WINDOW 65535

struct peer {
	int tun;
	struct route in, out;
	uint16_t port, their_port;
	uint32_t snd_nxt;	     /* what we send next */
	uint32_t rcv_nxt;	     /* what we expect next, and acknowledge */
	uint16_t window;	     /* theirs, as last heard */
	uint16_t offered;	     /* the window that we offer */
	uint8_t packet[SEGMENT_MAX]; /* the last one received */
	size_t packet_len;
};

void peer_init(struct peer *p, int tun, int family, uint16_t port,
	       uint16_t their_port);

/* The next segment, whatever it is; false after @ms without one. */
bool peer_listen(struct peer *p, struct segment *seg, int ms);

/* The next segment must have @flags (PSH aside) and @len bytes of data. */
struct segment peer_expect(struct peer *p, uint8_t flags, size_t len);

/* The next segment must be the same as @first was, sent again. */
void peer_expect_again(struct peer *p, const struct segment *first);

/* What is received counts as received only when this is called. */
void peer_take(struct peer *p, const struct segment *seg);

void peer_send(struct peer *p, uint8_t flags, const char *text);
void peer_send_at(struct peer *p, uint32_t seq, uint8_t flags);
/* A SYN with a TCP option: a multiple of 4 bytes, the second its length. */
void peer_send_syn(struct peer *p, const uint8_t *option);
/* An ACK of something else than what was received. */
void peer_send_ack_of(struct peer *p, uint32_t ack);
/* A SYN+ACK that echoes a timestamp. */
void peer_send_echo(struct peer *p, uint32_t echo);
void peer_send_sack(struct peer *p, struct sack_block block);

/* ICMP: the last packet received does not fit, a path takes @mtu bytes. */
void peer_too_big(struct peer *p, int mtu);

/* ICMP: the last packet received cannot be delivered. */
void peer_unreachable(struct peer *p, enum unreachable what);

/* The whole handshake, from either side. */
void peer_accept(struct peer *p);
void peer_connect(struct peer *p);

/* It accepts, is sent ABCD and answers CDEF; all is acknowledged. */
void peer_talk(struct peer *p);

/* Sends a FIN, waits for theirs, acknowledges it. */
void peer_finish(struct peer *p);

/* Waits for the FIN, answers with its own, waits for the last ACK. */
void peer_close(struct peer *p);

#endif
