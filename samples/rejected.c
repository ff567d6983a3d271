// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A server listens, and yet its client is refused: a firewall in between
 * rejects with a RST, which looks just like that of a closed port.
 *
 * The rule is not made here: "nft ... tcp dport 8101 reject with tcp reset",
 * or the like, must be there before. With --open it must let the handshake
 * pass and reject what carries data (PSH): the connection is reset then, and
 * the server's end stays behind, unaware.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "socket.h"

static void serve(struct stage *s)
{
	int listener = listen_on(s);
	struct pollfd ready = { .fd = listener, .events = POLLIN };

	if (stage_variant(s, "open")) {
		int fd = accept_one(listener);

		note_wait(s);
		close(fd); /* the client no longer knows this connection */
		return;
	}
	note_wait(s);
	if (poll(&ready, 1, 0) > 0)
		die("a client came through: is there a rule?");
	close(listener);
}

static void request(struct stage *s)
{
	int fd;

	if (stage_variant(s, "open")) {
		fd = connect_to(s);
		send_exactly(fd, "ABCD", 4);
		expect_read_error(fd, ECONNRESET);
	} else {
		fd = new_socket(s);
		expect_error("connect", try_connect(s, fd), ECONNREFUSED);
	}
	close(fd);
	note_send(s);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "open", NULL };
	static const struct program program = {
		.about = "A firewall rejects a client, though a server "
			 "listens.",
		.port = 8101,
		.variants = variants,
	};
	static const struct role server = { "rejected-server", serve };
	static const struct role client = { "rejected-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, &client);
}
