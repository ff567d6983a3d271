// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A server that drops the connection instead of closing it.
 *
 * The client sends ABCD, the server answers CDEF and closes with SO_LINGER on
 * and a time of zero: no FIN is sent but a RST, and the client's next read
 * fails with ECONNRESET. After the RST nothing of the connection is left at
 * either end, so the client has no FIN to send either.
 */
#include <errno.h>
#include <unistd.h>
#include <sys/socket.h>

#include "socket.h"

static void serve(struct stage *s)
{
	const struct linger drop = { .l_onoff = 1, .l_linger = 0 };
	int listener = listen_on(s);
	int fd = accept_one(listener);

	/*
	 * Everything is read here and has arrived there: the RST has one
	 * reason only.
	 */
	read_exactly(fd, "ABCD");
	send_exactly(fd, "CDEF", 4);
	await_acknowledged(fd);
	/* The client can read CDEF before the RST comes; sample3 cannot. */
	sleep_ms(100);

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &drop, sizeof(drop));
	close(fd);
	close(listener);
}

static void request(struct stage *s)
{
	int fd = connect_to(s);

	send_exactly(fd, "ABCD", 4);
	read_exactly(fd, "CDEF");
	expect_read_error(fd, ECONNRESET);
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.about = "The server closes with SO_LINGER {1, 0}: a RST.",
		.port = 8082,
	};
	static const struct role server = { "sample2-server", serve };
	static const struct role client = { "sample2-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, &client);
}
