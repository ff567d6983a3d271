// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The remote host connects, and gets more than one SYN+ACK. */
#include <stdio.h>
#include <unistd.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "script.h"
#include "tun.h"

/* The accept queue is full: the last ACK of the handshake is dropped. */

#define QUEUE_LIMIT 2
#define CLIENTS	    4 /* one more than the limit fits; one too many */

static void accept_queue_full_host(struct stage *s, struct peer *p)
{
	struct peer clients[CLIENTS];
	struct segment synack;
	int i;

	for (i = 0; i < CLIENTS; i++) {
		clients[i] = *p;
		clients[i].port += i;
	}
	peer_connect(&clients[0]);
	peer_connect(&clients[1]);
	/* Two begin while there is room for one. */
	for (i = 2; i < CLIENTS; i++) {
		peer_send(&clients[i], SYN, NULL);
		synack = peer_expect(&clients[i], SYN | ACK, 0);
		peer_take(&clients[i], &synack);
	}
	peer_send(&clients[2], ACK, NULL);
	peer_send(&clients[3], ACK, NULL);
	peer_expect_again(&clients[3], &synack);
	say("one of %d got its SYN+ACK again", CLIENTS);
	note_send(s);
	for (i = 0; i < 3; i++)
		peer_close(&clients[i]);
}

static void accept_queue_full_app(struct stage *s)
{
	int listener, i;

	s->backlog = QUEUE_LIMIT;
	listener = listen_on(s);
	note_wait(s);
	for (i = 0; i < 3; i++) {
		int fd = accept_one(listener);

		shutdown(fd, SHUT_WR);
		expect_end(fd);
		close(fd);
	}
	close(listener);
}

/* The server waits for data, and the client for the server. */

static void close_after_end(int listener)
{
	int fd = accept_one(listener);

	shutdown(fd, SHUT_WR);
	expect_end(fd);
	close(fd);
	close(listener);
}

static void defer_accept_host(struct stage *s, struct peer *p)
{
	struct segment synack;

	(void)s;
	peer_send(p, SYN, NULL);
	synack = peer_expect(p, SYN | ACK, 0);
	peer_take(p, &synack);
	peer_send(p, ACK, NULL);
	peer_expect_again(p, &synack);
	/* This one counts. */
	peer_send(p, ACK, NULL);
	peer_close(p);
}

static void defer_accept_app(struct stage *s)
{
	int listener = new_socket(s), seconds = 1;

	setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds,
		   sizeof(seconds));
	listen_with(s, listener);
	close_after_end(listener);
}

/* The client's SYN comes twice. */

static void duplicate_syn_host(struct stage *s, struct peer *p)
{
	struct segment synack;

	(void)s;
	peer_send(p, SYN, NULL);
	synack = peer_expect(p, SYN | ACK, 0);
	peer_send_at(p, p->snd_nxt - 1, SYN);
	peer_expect_again(p, &synack);
	peer_take(p, &synack);
	peer_send(p, ACK, NULL);
	peer_close(p);
}

static void ordinary_app(struct stage *s)
{
	close_after_end(listen_on(s));
}

/* Data in the SYN: the server has it before the handshake is over. */

static void fastopen_host(struct stage *s, struct peer *p)
{
	struct segment synack;

	(void)s;
	peer_send(p, SYN, "ABCD");
	synack = peer_expect(p, SYN | ACK, 0);
	peer_expect_again(p, &synack);
	peer_take(p, &synack);
	peer_send(p, ACK, NULL);
	peer_close(p);
}

#define TFO_SERVER_ENABLE	  0x002
#define TFO_SERVER_COOKIE_NOT_REQ 0x200

static void fastopen_app(struct stage *s)
{
	int listener = new_socket(s), pending = 8, fd;

	set_ipv4_setting("tcp_fastopen",
			 TFO_SERVER_ENABLE | TFO_SERVER_COOKIE_NOT_REQ);
	setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &pending,
		   sizeof(pending));
	listen_with(s, listener);
	fd = accept_one(listener);
	read_exactly(fd, "ABCD");
	/* A FIN now would be sent instead of the SYN+ACK. */
	sleep_ms(1500);
	shutdown(fd, SHUT_WR);
	expect_end(fd);
	close(fd);
	close(listener);
}

/* A firewall here drops what would end the handshake, once. */

static void drop_once(const char *hook, const char *what)
{
	char rules[300];

	snprintf(rules, sizeof(rules),
		 "table inet t {\n"
		 "  chain c {\n"
		 "    type filter hook %s priority 0;\n"
		 "    %s limit rate 1/day burst 1 packets drop\n"
		 "  }\n"
		 "}\n",
		 hook, what);
	set_firewall(rules);
}

static void ack_dropped_app(struct stage *s)
{
	drop_once("input", "tcp flags == ack");
	ordinary_app(s);
}

static void synack_dropped_host(struct stage *s, struct peer *p)
{
	struct segment synack;

	(void)s;
	peer_send(p, SYN, NULL);
	if (peer_listen(p, &synack, 300))
		die("got an answer");
	peer_send_at(p, p->snd_nxt - 1, SYN);
	synack = peer_expect(p, SYN | ACK, 0);
	peer_take(p, &synack);
	peer_send(p, ACK, NULL);
	peer_close(p);
}

static void synack_dropped_app(struct stage *s)
{
	drop_once("output", "tcp flags == (syn|ack)");
	ordinary_app(s);
}

const struct script synack_scripts[] = {
	{
		.name = "accept-queue-full",
		.about = "one client too many for the accept queue",
		.host = accept_queue_full_host,
		.app = accept_queue_full_app,
		.app_listens = true,
	},
	{
		.name = "defer-accept",
		.about = "TCP_DEFER_ACCEPT, and no data comes",
		.host = defer_accept_host,
		.app = defer_accept_app,
		.app_listens = true,
	},
	{
		.name = "duplicate-syn",
		.about = "the client sends its SYN twice",
		.host = duplicate_syn_host,
		.app = ordinary_app,
		.app_listens = true,
	},
	{
		.name = "fastopen-silent",
		.about = "data in the SYN, and no ACK for a second",
		.host = fastopen_host,
		.app = fastopen_app,
		.app_listens = true,
	},
	{
		.name = "ack-dropped",
		.about = "a firewall here drops the client's ACK once",
		.host = defer_accept_host,
		.app = ack_dropped_app,
		.app_listens = true,
	},
	{
		.name = "synack-dropped",
		.about = "a firewall here drops our SYN+ACK once",
		.host = synack_dropped_host,
		.app = synack_dropped_app,
		.app_listens = true,
	},
	{ 0 },
};
