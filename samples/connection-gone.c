// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A half-open connection: one end has forgotten it, the other does not know.
 *
 * In real life the server lost power, or a firewall or NAT dropped its entry.
 * Here the server's kernel is made to forget: a socket that is closed while in
 * TCP_REPAIR mode vanishes without a packet (needs CAP_NET_ADMIN). When the
 * client sends something, a RST is all that the server's host can answer.
 *
 * With --kill the server does not close the socket but is killed. With
 * --listening somebody still listens on the port, so that the segment reaches
 * a socket: that of the listener, which knows the connection no better.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "socket.h"

static void serve(struct stage *s)
{
	int listener = listen_on(s);
	int fd = accept_one(listener);
	int on = 1;

	read_exactly(fd, "ABCD");
	/* Else the client's data would reach the listener. */
	if (!stage_variant(s, "listening"))
		close(listener);

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)))
		die("TCP_REPAIR: %s (root is needed)", strerror(errno));
	if (stage_variant(s, "kill"))
		stage_await_kill(s);
	close(fd);
	say("forgot the connection without a packet");
	note_send(s);
	/* The client comes back when it has got its RST. */
	if (stage_variant(s, "listening"))
		close(accept_one(listener));
}

static void request(struct stage *s)
{
	int fd = connect_to(s);

	send_exactly(fd, "ABCD", 4);
	if (stage_variant(s, "kill"))
		await_no_socket(s, LOCAL_PORT);
	else
		note_wait(s);
	/* Sending works: it only means that the kernel took the bytes. */
	send_exactly(fd, "EFGH", 4);
	expect_read_error(fd, ECONNRESET);
	close(fd);
	if (!stage_variant(s, "listening"))
		return;
	fd = connect_to(s);
	expect_end(fd);
	close(fd);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "kill", "listening", NULL };
	static const struct program program = {
		.about = "The server's host has forgotten the connection: a "
			 "RST.",
		.port = 8086,
		.variants = variants,
	};
	static const struct role server = { "gone-server", serve };
	static const struct role client = { "gone-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, &client);
}
