// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A server that is busy with something else, while its client sends.
 *
 * The receive buffer fills up, and the window closes. The client's kernel asks
 * now and then whether it is open again (a window probe), and all that the
 * client sees is that write() does not return.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "socket.h"

#define TOTAL	 (1 << 20)
#define BUSY_MS	 3500
#define PAUSE_MS 2500 /* long enough to be seen open again */

static void read_all(int fd, size_t len)
{
	static char buf[65536];

	while (len) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n <= 0)
			die("read: %s", n ? strerror(errno) : "the end");
		len -= n;
	}
	say("read all");
}

static void serve(struct stage *s)
{
	int fd = accept_one(listen_on(s));

	say("busy for a while");
	sleep_ms(BUSY_MS);
	read_all(fd, TOTAL);
	expect_end(fd);
	close(fd);
}

static void request(struct stage *s)
{
	static char data[TOTAL];
	int fd = connect_to(s);

	send_exactly(fd, data, sizeof(data));
	await_acknowledged(fd);
	sleep_ms(PAUSE_MS);
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.about = "The server does not read for a while: the window "
			 "closes.",
		.port = 8090,
	};
	static const struct role server = { "busy-server", serve };
	static const struct role client = { "stalled-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, &client);
}
