// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A client that dissolves its connection with connect(AF_UNSPEC).
 *
 * That is how a socket is used for another connection. TCP knows no orderly
 * way to do it: the server gets a RST. The client connects again with the same
 * socket and ends that connection with FINs.
 *
 * What could make a close() a RST makes no difference here: bytes unread
 * (--unread), or SO_LINGER with a zero timeout (--linger).
 */
#include <errno.h>
#include <unistd.h>
#include <sys/socket.h>

#include "socket.h"

static void serve(struct stage *s)
{
	int listener = listen_on(s);
	int fd = accept_one(listener);

	read_exactly(fd, "ABCD");
	send_exactly(fd, "EFGH", 4);
	expect_read_error(fd, ECONNRESET);
	close(fd);

	fd = accept_one(listener);
	expect_end(fd);
	close(fd);
	close(listener);
}

static void request(struct stage *s)
{
	int fd = connect_to(s);

	send_exactly(fd, "ABCD", 4);
	await_unread(fd, 4);
	if (!stage_variant(s, "unread"))
		read_exactly(fd, "EFGH");
	if (stage_variant(s, "linger"))
		set_linger_zero(fd);
	dissolve(fd);

	connect_with(s, fd);
	shutdown(fd, SHUT_WR);
	expect_end(fd);
	close(fd);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "unread", "linger", NULL };
	static const struct program program = {
		.about = "A client calls connect(AF_UNSPEC): a RST.",
		.port = 8092,
		.variants = variants,
	};
	static const struct role server = { "left-server", serve };
	static const struct role client = { "leaving-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, &client);
}
