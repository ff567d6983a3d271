// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A server that goes away with bytes of the client still unread.
 *
 * The client sends ABCDEFGH, the server reads ABCD only. TCP promised to
 * deliver all eight, so the kernel must tell the client that it could not:
 * with a RST (RFC 2525, section 2.17), no matter whether the server called
 * close(), exited without a word (--exit) or was killed (--kill). With --linger
 * there are two reasons: SO_LINGER {1,0} asks for a RST as well.
 */
#include <errno.h>
#include <unistd.h>

#include "socket.h"

static void serve(struct stage *s)
{
	int listener = listen_on(s);
	int fd = accept_one(listener);

	await_unread(fd, 8);
	read_exactly(fd, "ABCD");

	if (stage_variant(s, "kill"))
		stage_await_kill(s);
	if (stage_variant(s, "exit"))
		_exit(0);
	if (stage_variant(s, "linger"))
		set_linger_zero(fd);
	close(fd);
	close(listener);
}

static void request(struct stage *s)
{
	int fd = connect_to(s);

	send_exactly(fd, "ABCDEFGH", 8);
	expect_read_error(fd, ECONNRESET);
	close(fd);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "exit", "kill", "linger",
						NULL };
	static const struct program program = {
		.about = "The server leaves 4 of 8 bytes unread: a RST.",
		.port = 8084,
		.variants = variants,
	};
	static const struct role server = { "unread-server", serve };
	static const struct role client = { "unread-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, &client);
}
