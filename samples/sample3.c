// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The RST of sample2, meeting a client that is slow to read.
 *
 * CDEF waits unread in the client's socket when the RST comes. Linux keeps
 * what had arrived in order: the client, awake after three seconds, reads the
 * four bytes first and gets ECONNRESET only then. Other systems may throw them
 * away. The client's close() sends nothing: the connection ended at the RST.
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

	read_exactly(fd, "ABCD");
	send_exactly(fd, "CDEF", 4);
	/* They have arrived, or the RST would throw them away over here. */
	await_acknowledged(fd);

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &drop, sizeof(drop));
	close(fd);
	close(listener);
}

static void request(struct stage *s)
{
	int fd = connect_to(s);

	send_exactly(fd, "ABCD", 4);
	sleep_ms(s->fast ? 500 : 3000);
	read_exactly(fd, "CDEF");
	expect_read_error(fd, ECONNRESET);
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.about = "As sample2, but the client sleeps before it reads.",
		.port = 8083,
	};
	static const struct role server = { "sample3-server", serve };
	static const struct role client = { "sample3-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, &client);
}
