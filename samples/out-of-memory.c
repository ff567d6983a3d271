// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection closed while TCP has more memory than net.ipv4.tcp_mem allows.
 *
 * The server has written much that the client does not read. The kernel would
 * deliver it after close(), for as long as it takes. But with too little
 * memory it keeps none for a connection that nobody waits for: a RST.
 *
 * --lower              sets the limit, then closes: RST by close()
 * --lower-after-close  closes, then sets the limit: RST by a timer
 *
 * The limit is one of the whole host: the sample sets it only when told to,
 * by one of these two, and puts it back. Do that in a virtual machine.
 */
#include <errno.h>
#include <unistd.h>
#include <sys/socket.h>

#include "socket.h"
#include "sysctl.h"

#define TCP_MEM "/proc/sys/net/ipv4/tcp_mem"

/* In pages: so few that what the server has written is more by far. */
#define LIMIT "16 32 64"

/* CPUs count up to 1 MB for themselves before they add it to the sum. */
#define SEND_BUFFER (8 << 20)

static void serve(struct stage *s)
{
	int listener = listen_on(s);
	int fd = accept_one(listener);

	set_buffer(fd, SO_SNDBUFFORCE, SEND_BUFFER);
	send_until_full(fd);
	/* Its connect() has returned, or it would be that which fails. */
	note_wait(s);
	if (stage_variant(s, "lower")) {
		sysctl_write(TCP_MEM, LIMIT);
		close(fd);
	} else {
		close(fd);
		sysctl_write(TCP_MEM, LIMIT);
	}
	/* The listener stays: the client ends the scene. */
	note_wait(s);
	close(listener);
}

static void request(struct stage *s)
{
	int fd = new_socket(s);

	set_buffer(fd, SO_RCVBUF, 4096);
	connect_with(s, fd);
	note_send(s);
	await_reset(fd);
	expect_rest_and_error(fd, ECONNRESET);
	close(fd);
	note_send(s);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "lower", "lower-after-close",
						NULL };
	static const struct program program = {
		.about = "Too little memory for what nobody waits for: a RST.",
		.port = 8096,
		.variants = variants,
	};
	static const struct role server = { "memory-server", serve };
	static const struct role client = { "memory-client", request };
	struct stage s;
	int status;

	stage_options(&s, argc, argv, &program);
	sysctl_keep(&s, TCP_MEM);
	status = stage_play(&s, &server, &client);
	sysctl_restore();
	return status;
}
