// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A client comes back from the same port while the server still holds the
 * connection before.
 *
 * In real life the client's host lost power, or the client is bound to a port
 * and was restarted behind a firewall that forgot it. Here the client's kernel
 * is made to forget: a socket closed in TCP_REPAIR mode vanishes without a
 * packet (needs CAP_NET_ADMIN). The SYN of the next one reaches the old
 * connection, which answers with an ACK of its own numbers ("did you mean
 * it?", RFC 5961). That is answered with a RST, which ends the old connection,
 * and the SYN that is sent again is accepted.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "socket.h"

#define CLIENT_PORT 18089

static void serve(struct stage *s)
{
	int listener = listen_on(s);
	int fd = accept_one(listener), again;

	read_exactly(fd, "ABCD");
	expect_read_error(fd, ECONNRESET);
	again = accept_one(listener);
	read_exactly(again, "EFGH");
	expect_end(again);
	close(again);
	close(fd);
	close(listener);
}

static int connect_from_our_port(struct stage *s)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(CLIENT_PORT),
				   .sin6_addr = in6addr_loopback };
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(CLIENT_PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = new_socket(s), on = 1, err;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (s->family == AF_INET6 ? bind(fd, (void *)&v6, sizeof(v6))
				  : bind(fd, (void *)&v4, sizeof(v4)))
		die("bind to port %d: %s", CLIENT_PORT, strerror(errno));
	err = try_connect(s, fd);
	if (err)
		die("connect: %s", strerror(err));
	return fd;
}

static void request(struct stage *s)
{
	int fd = connect_from_our_port(s), on = 1;

	send_exactly(fd, "ABCD", 4);
	await_acknowledged(fd);
	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)))
		die("TCP_REPAIR: %s (root is needed)", strerror(errno));
	close(fd);
	say("forgot the connection without a packet");

	fd = connect_from_our_port(s);
	send_exactly(fd, "EFGH", 4);
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.about = "The SYN meets an old connection of the same ports: a "
			 "RST.",
		.port = 8089,
	};
	static const struct role server = { "old-server", serve };
	static const struct role client = { "back-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, &client);
}
