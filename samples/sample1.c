// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection that is opened, used and closed as the textbook says.
 *
 * The client sends ABCD, the server answers CDEF. The client closes first: its
 * FIN makes it go through FIN_WAIT1, FIN_WAIT2 and TIME_WAIT, the server
 * through CLOSE_WAIT and LAST_ACK.
 */
#include <unistd.h>

#include "socket.h"

static void serve(struct stage *s)
{
	int listener = listen_on(s);
	int fd = accept_one(listener);

	read_exactly(fd, "ABCD");
	send_exactly(fd, "CDEF", 4);

	/* Reading 0 bytes is how an application learns of the peer's FIN. */
	expect_end(fd);
	/* The pause parts the two FINs, so that four packets can be seen. */
	sleep_ms(100);
	close(fd);
	close(listener);
}

static void request(struct stage *s)
{
	int fd = connect_to(s);

	send_exactly(fd, "ABCD", 4);
	read_exactly(fd, "CDEF");
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.about =
			"A connection that ends well; the client closes first.",
		.port = 8081,
	};
	static const struct role server = { "sample1-server", serve };
	static const struct role client = { "sample1-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, &client);
}
