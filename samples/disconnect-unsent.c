// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A server that throws away what it has written, when both ends have closed.
 *
 * The client sends its FIN and does not read, until its window is full. The
 * server writes more than fits, then sends its FIN, which has to wait behind
 * the data: the state is LAST_ACK, with data unsent. An ordinary close() would
 * leave the rest to the kernel. One with SO_LINGER {1,0} drops it, and because
 * something was unsent there is a RST, which this state would not need else.
 *
 * --closing     the server's FIN comes first: the state is CLOSING
 * --disconnect  the same by connect(AF_UNSPEC) in LAST_ACK
 */
#include <errno.h>
#include <unistd.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "socket.h"

static void serve(struct stage *s)
{
	int listener = listen_on(s);
	int fd = accept_one(listener);

	set_buffer(fd, SO_SNDBUF, 16384);
	if (stage_variant(s, "closing")) {
		send_until_full(fd);
		shutdown(fd, SHUT_WR);
		note_send(s);
		await_state(fd, TCP_CLOSING);
	} else {
		expect_end(fd);
		send_until_full(fd);
		shutdown(fd, SHUT_WR);
		await_state(fd, TCP_LAST_ACK);
	}
	if (stage_variant(s, "disconnect"))
		dissolve(fd);
	else
		set_linger_zero(fd);
	close(fd);
	close(listener);
}

static void request(struct stage *s)
{
	int fd = new_socket(s);

	set_buffer(fd, SO_RCVBUF, 4096);
	connect_with(s, fd);
	if (stage_variant(s, "closing"))
		note_wait(s);
	shutdown(fd, SHUT_WR);
	await_reset(fd);
	expect_rest_and_error(fd, ECONNRESET);
	close(fd);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "closing", "disconnect", NULL };
	static const struct program program = {
		.about = "Data unsent when both ends have closed: a RST.",
		.port = 8093,
		.variants = variants,
	};
	static const struct role server = { "unsent-server", serve };
	static const struct role client = { "unsent-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, &client);
}
