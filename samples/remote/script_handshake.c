// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Segments that fit no handshake: too late, too early, wrong. This host
 * answers each with a RST.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "script.h"
#include "tun.h"

/* The SYN is answered when nobody waits for it any more. */

static void late_synack_host(struct stage *s, struct peer *p)
{
	struct segment syn = peer_expect(p, SYN, 0);

	peer_take(p, &syn);
	note_send(s);
	await_no_socket(s, REMOTE_PORT);
	peer_send(p, SYN | ACK, NULL);
	peer_expect(p, RST, 0);
}

static void late_synack_app(struct stage *s)
{
	int fd = new_socket(s);

	fcntl(fd, F_SETFL, O_NONBLOCK);
	expect_error("connect", try_connect(s, fd), EINPROGRESS);
	note_wait(s);
	if (stage_variant(s, "kill"))
		stage_await_kill(s);
	if (stage_variant(s, "exit"))
		_exit(0);
	close(fd);
}

/* The SYN is answered, but not this SYN: the timestamp echo says so. */

#define NEVER_SENT 1

static void bad_timestamp_host(struct stage *s, struct peer *p)
{
	struct segment syn = peer_expect(p, SYN, 0);

	(void)s;
	peer_take(p, &syn);
	peer_send_echo(p, NEVER_SENT);
	peer_expect(p, RST, 0);
	/* connect() has not failed: the same without a timestamp is taken. */
	peer_send_at(p, p->snd_nxt - 1, SYN | ACK);
	peer_expect(p, ACK, 0);
	peer_close(p);
}

static void connects_app(struct stage *s)
{
	close(connect_to(s));
}

/* Both ends send a SYN, and one acknowledges what was never sent. */

static void bad_ack_host(struct stage *s, struct peer *p)
{
	struct segment syn = peer_expect(p, SYN, 0);

	(void)s;
	peer_take(p, &syn);
	peer_send(p, SYN, NULL);
	peer_expect(p, SYN | ACK, 0);
	peer_send_ack_of(p, p->rcv_nxt + 1000);
	peer_expect(p, RST, 0);
	peer_send(p, ACK, NULL);
	peer_close(p);
}

/* Another SYN, where an ACK should come. */

static void bad_syn_host(struct stage *s, struct peer *p)
{
	struct segment synack;

	peer_send(p, SYN, NULL);
	synack = peer_expect(p, SYN | ACK, 0);
	peer_take(p, &synack);
	peer_send_at(p, p->snd_nxt + 10, SYN);
	peer_expect(p, RST | ACK, 0);
	/* With the request gone, its SYN+ACK is not sent again. */
	if (peer_listen(p, &synack, 1500))
		die("got a segment after the RST");
	note_send(s);
}

/* More clients at once than the queue of those to be accepted can take. */

/*
 * A backlog of 2 takes 3 to be accepted, and 2 whose handshake is under way.
 * While it is full no SYN is answered: so the last two send theirs before.
 */
#define BACKLOG 2
#define CLIENTS 4
#define LAST	(CLIENTS - 1)

static void half_open(struct peer *p)
{
	struct segment synack;

	peer_send(p, SYN, NULL);
	synack = peer_expect(p, SYN | ACK, 0);
	peer_take(p, &synack);
}

static void queue_full_host(struct stage *s, struct peer *first)
{
	struct peer clients[CLIENTS];
	int i;

	for (i = 0; i < CLIENTS; i++)
		peer_init(&clients[i], first->tun, s->family, first->port + i,
			  s->port);
	for (i = 0; i < BACKLOG; i++)
		peer_connect(&clients[i]);
	for (i = BACKLOG; i < CLIENTS; i++)
		half_open(&clients[i]);
	for (i = BACKLOG; i < CLIENTS; i++)
		peer_send(&clients[i], ACK, NULL);
	peer_expect(&clients[LAST], RST, 0);
	note_send(s);
	for (i = 0; i < LAST; i++)
		peer_finish(&clients[i]);
}

static void queue_full_app(struct stage *s)
{
	int listener, fd, i;

	/* Ours alone: this network namespace has nobody else in it. */
	set_ipv4_setting("tcp_abort_on_overflow", 1);
	s->backlog = BACKLOG;
	listener = listen_on(s);
	note_wait(s);
	for (i = 0; i < LAST; i++) {
		fd = accept_one(listener);
		expect_end(fd);
		close(fd);
	}
	close(listener);
}

/* The client's port is used again; it never said that it was done. */

static void port_reused_host(struct stage *s, struct peer *p)
{
	struct segment fin;

	peer_connect(p);
	fin = peer_expect(p, FIN | ACK, 0);
	peer_take(p, &fin);
	/* Else the kernel would not shrink it to a time-wait socket. */
	note_wait(s);
	peer_send(p, ACK, NULL);
	peer_send(p, SYN, NULL);
	peer_expect(p, RST | ACK, 0);
	/* That has cleared the way. */
	peer_connect(p);
	peer_finish(p);
}

static void port_reused_app(struct stage *s)
{
	int listener = listen_on(s), fd = accept_one(listener);

	close(fd);
	note_send(s);
	fd = accept_one(listener);
	expect_end(fd);
	close(fd);
	close(listener);
}

/* Segments of connections that never were, to both kinds of ports. */

static void stray(struct peer *p, uint16_t port, uint8_t flags,
		  const char *text)
{
	p->their_port = port;
	p->rcv_nxt = 5000;
	peer_send(p, flags, text);
	peer_expect(p, flags & ACK ? RST : RST | ACK, 0);
}

static void stray_host(struct stage *s, struct peer *p)
{
	const uint16_t closed = s->port + 1;

	stray(p, closed, SYN, NULL);
	stray(p, closed, SYN | ACK, NULL);
	stray(p, closed, PSH | ACK, "ABCD");
	stray(p, s->port, SYN | ACK, NULL);
	stray(p, s->port, PSH | ACK, "ABCD");
	note_send(s);
}

const struct script handshake_scripts[] = {
	{
		.name = "late-synack",
		.about = "the SYN is answered when connect() was given up",
		.host = late_synack_host,
		.app = late_synack_app,
		.has_variants = true,
	},
	{
		.name = "bad-timestamp",
		.about = "the SYN+ACK echoes a timestamp never sent",
		.host = bad_timestamp_host,
		.app = connects_app,
	},
	{
		.name = "bad-ack",
		.about = "both send a SYN; an ACK of what was never sent",
		.host = bad_ack_host,
		.app = connects_app,
	},
	{
		.name = "bad-syn",
		.about = "our SYN+ACK is answered with another SYN",
		.host = bad_syn_host,
		.app = app_meets_nobody,
		.app_listens = true,
	},
	{
		.name = "queue-full",
		.about = "the accept queue is full: a RST, by setting",
		.host = queue_full_host,
		.app = queue_full_app,
		.app_listens = true,
	},
	{
		.name = "port-reused",
		.about = "a SYN from the port of a half-closed connection",
		.host = port_reused_host,
		.app = port_reused_app,
		.app_listens = true,
	},
	{
		.name = "stray",
		.about = "segments of connections that never were",
		.host = stray_host,
		.app = app_meets_nobody,
		.app_listens = true,
	},
	{ 0 },
};
