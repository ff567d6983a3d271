// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A client that keeps sending to a server that has closed.
 *
 * The server reads everything and closes: a FIN goes out, nothing wrong so
 * far. The client may still send, but nobody is there to read it, and the
 * kernel answers with a RST.
 *
 * The kernel keeps the closed end in one of three shapes:
 *   close()              a small time-wait socket, in FIN_WAIT2
 *   close(), --orphan    the full socket, because TCP_LINGER2 wants it to stay
 *                        longer than a time-wait socket would
 *   --shutdown           the full socket, because the server still holds it
 *
 * With --linger2 the server has set TCP_LINGER2 below zero: it does not even
 * wait for the client to close, the ACK of its FIN is answered with a RST.
 */
#include <errno.h>
#include <unistd.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "socket.h"

static void serve(struct stage *s)
{
	const int longer_than_time_wait = 100; /* seconds */
	const int do_not_wait = -1;
	int listener = listen_on(s);
	int fd = accept_one(listener);

	read_exactly(fd, "ABCD");
	if (stage_variant(s, "orphan"))
		setsockopt(fd, IPPROTO_TCP, TCP_LINGER2, &longer_than_time_wait,
			   sizeof(longer_than_time_wait));
	if (stage_variant(s, "linger2"))
		setsockopt(fd, IPPROTO_TCP, TCP_LINGER2, &do_not_wait,
			   sizeof(do_not_wait));
	if (stage_variant(s, "shutdown"))
		shutdown(fd, SHUT_RDWR);
	else
		close(fd);

	/* Stay, and hold what --shutdown left open, until it is over. */
	note_wait(s);
}

static void request(struct stage *s)
{
	int fd = connect_to(s);

	send_exactly(fd, "ABCD", 4);
	expect_end(fd);
	if (stage_variant(s, "linger2")) {
		await_reset(fd);
		expect_send_error(fd, EPIPE);
		close(fd);
		note_send(s);
		return;
	}
	/* The server's FIN may mean "I send no more": sending is allowed. */
	sleep_ms(50);
	send_exactly(fd, "EFGH", 4);
	/* The RST found us in CLOSE_WAIT: not ECONNRESET but EPIPE. */
	sleep_ms(50);
	expect_send_error(fd, EPIPE);
	close(fd);
	note_send(s);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "shutdown", "orphan", "linger2",
						NULL };
	static const struct program program = {
		.about = "The client sends to a server that has closed: a RST.",
		.port = 8085,
		.variants = variants,
	};
	static const struct role server = { "closed-server", serve };
	static const struct role client = { "late-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, &client);
}
