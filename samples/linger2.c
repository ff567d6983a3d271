// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A server that does not wait for the client's FIN: TCP_LINGER2 below zero.
 *
 * The server says that it is done, with shutdown(SHUT_WR), and the client's
 * kernel acknowledges it: FIN_WAIT2. When the server closes then, the kernel
 * would wait a minute for the client's FIN. With TCP_LINGER2 below zero it
 * sends a RST at once instead. The client has read the end of the file by
 * then, so a read tells it nothing: its next write fails.
 *
 * The kernel looks at other reasons first: bytes unread (--unread), and
 * SO_LINGER with a zero timeout (--linger).
 */
#include <errno.h>
#include <unistd.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "socket.h"

static void serve(struct stage *s)
{
	const int do_not_wait = -1;
	int listener = listen_on(s);
	int fd = accept_one(listener);

	setsockopt(fd, IPPROTO_TCP, TCP_LINGER2, &do_not_wait,
		   sizeof(do_not_wait));
	if (stage_variant(s, "linger"))
		set_linger_zero(fd);
	shutdown(fd, SHUT_WR);
	await_state(fd, TCP_FIN_WAIT2);
	/* Its connect() has returned, or it would be that which fails. */
	note_wait(s);
	if (stage_variant(s, "unread"))
		await_unread(fd, 4);
	close(fd);
	close(listener);
}

static void request(struct stage *s)
{
	int fd = connect_to(s);

	note_send(s);
	expect_end(fd);
	if (stage_variant(s, "unread"))
		send_exactly(fd, "ABCD", 4);
	await_reset(fd);
	expect_send_error(fd, EPIPE);
	close(fd);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "unread", "linger", NULL };
	static const struct program program = {
		.about = "close() in FIN_WAIT2 with TCP_LINGER2 -1: a RST.",
		.port = 8094,
		.variants = variants,
	};
	static const struct role server = { "linger2-server", serve };
	static const struct role client = { "linger2-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, &client);
}
