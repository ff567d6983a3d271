// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The remote host connects to the local process. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "script.h"
#include "tun.h"

/* The connection is reset while it waits to be accepted. */

static void reset_before_accept_host(struct stage *s, struct peer *p)
{
	peer_connect(p);
	/* The application could accept, if it were not busy elsewhere. */
	sleep_ms(s->fast ? 50 : 500);
	peer_send(p, RST | ACK, NULL);
	note_send(s);
}

static void reset_before_accept_app(struct stage *s)
{
	int listener = listen_on(s), fd;

	note_wait(s);
	sleep_ms(50);
	/* Linux hands out the dead connection; others say ECONNABORTED. */
	fd = accept_one(listener);
	expect_read_error(fd, ECONNRESET);
	close(fd);
	close(listener);
}

/* The client changes its mind after our SYN+ACK. */

static void reset_handshake_host(struct stage *s, struct peer *p)
{
	struct segment synack;

	peer_send(p, SYN, NULL);
	synack = peer_expect(p, SYN | ACK, 0);
	peer_take(p, &synack);
	peer_send(p, RST, NULL);
	/* With the request gone, its SYN+ACK is not sent again. */
	if (peer_listen(p, &synack, 1500))
		die("got a segment after the RST");
	note_send(s);
}

static void expect_nobody(int listener)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };

	if (poll(&p, 1, 0))
		die("somebody connected");
	say("nobody connected");
}

void app_meets_nobody(struct stage *s)
{
	int listener = listen_on(s);

	note_wait(s);
	expect_nobody(listener);
	close(listener);
}

/* The client falls silent after its SYN. */

static int synack_retries(const struct stage *s)
{
	return s->fast ? 1 : 2;
}

static void syn_only_host(struct stage *s, struct peer *p)
{
	struct segment synack;
	int i;

	peer_send(p, SYN, NULL);
	synack = peer_expect(p, SYN | ACK, 0);
	for (i = 0; i < synack_retries(s); i++)
		peer_expect_again(p, &synack);
	say("got %d SYN+ACKs and answered none", i + 1);
	note_send(s);
}

static void syn_only_app(struct stage *s)
{
	/* Ours alone: this network namespace has nobody else in it. */
	set_ipv4_setting("tcp_synack_retries", synack_retries(s));
	app_meets_nobody(s);
}

/* Another path of a connection that this host does not know. */

#define TCPOPT_MPTCP 30
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static void mptcp_join_host(struct stage *s, struct peer *p)
{
	/* MP_JOIN (RFC 8684, 3.2): an address id, a token, a random number. */
	static const uint8_t join[] = { TCPOPT_MPTCP, 12,  0x10, 1, 't', 'o',
					'k',	      'e', 1,	 2, 3,	 4 };

	peer_send_syn(p, join);
	p->rcv_nxt = 0;
	peer_expect(p, RST | ACK, 0);
	note_send(s);
}

const struct script server_scripts[] = {
	{
		.name = "reset-before-accept",
		.about = "a RST while the connection waits for accept()",
		.host = reset_before_accept_host,
		.app = reset_before_accept_app,
		.app_listens = true,
	},
	{
		.name = "reset-handshake",
		.about = "our SYN+ACK is answered with a RST",
		.host = reset_handshake_host,
		.app = app_meets_nobody,
		.app_listens = true,
	},
	{
		.name = "syn-only",
		.about = "our SYN+ACK is not answered",
		.host = syn_only_host,
		.app = syn_only_app,
		.app_listens = true,
	},
	{
		.name = "mptcp-join",
		.about = "MPTCP: a path for a connection that is not here",
		.host = mptcp_join_host,
		.app = app_meets_nobody,
		.protocol = IPPROTO_MPTCP,
		.app_listens = true,
	},
	{ 0 },
};
