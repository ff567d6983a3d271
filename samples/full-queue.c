// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A server that listens but does not accept.
 *
 * The kernel completes handshakes on its behalf until the accept queue is
 * full; then it ignores SYNs. The client sees no refusal: its SYN is not
 * answered, as if the host were gone.
 *
 * --data: the last handshake began while there was room. To the server it ends
 * with the client's first data (TCP_DEFER_ACCEPT), and that is dropped.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "socket.h"

#define LIMIT	   1
#define FIT	   (LIMIT + 1) /* "full" means above the limit */
#define PATIENT_MS 1500	       /* one SYN more is sent, after a second */
#define DEFER_S	   1

static int listen_little(struct stage *s)
{
	int fd = new_socket(s), defer = DEFER_S;

	s->backlog = LIMIT;
	if (stage_variant(s, "data") &&
	    setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &defer,
		       sizeof(defer)))
		die("TCP_DEFER_ACCEPT: %s", strerror(errno));
	listen_with(s, fd);
	return fd;
}

static void serve(struct stage *s)
{
	int listener = listen_little(s), expected = FIT, i;

	note_wait(s);
	if (stage_variant(s, "data")) {
		/* It is sent again 200 ms after it was sent. */
		sleep_ms(100);
		expected++;
	}
	for (i = 0; i < expected; i++) {
		int fd = accept_one(listener);

		if (stage_variant(s, "data"))
			read_exactly(fd, "ABCD");
		expect_end(fd);
		close(fd);
	}
	close(listener);
}

static void request(struct stage *s)
{
	int fds[FIT], patience = PATIENT_MS, fd, i;

	for (i = 0; i < FIT; i++)
		fds[i] = connect_to(s);
	say("connected %d times; nobody accepts", FIT);
	fd = new_socket(s);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience,
		   sizeof(patience));
	expect_error("connect", try_connect(s, fd), ETIMEDOUT);
	close(fd);
	for (i = 0; i < FIT; i++)
		close(fds[i]);
	note_send(s);
}

/* All are connected, and to the server none of them is yet. */
static void request_with_data(struct stage *s)
{
	int fds[FIT + 1], i;

	for (i = 0; i <= FIT; i++)
		fds[i] = connect_to(s);
	for (i = 0; i <= FIT; i++)
		send_exactly(fds[i], "ABCD", 4);
	note_send(s);
	for (i = 0; i <= FIT; i++) {
		await_acknowledged(fds[i]);
		close(fds[i]);
	}
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "data", NULL };
	static const struct program program = {
		.about = "The server does not accept: its queue is full, and "
			 "SYNs are ignored.",
		.port = 8091,
		.variants = variants,
	};
	static const struct role server = { "idle-server", serve };
	static const struct role client = { "waiting-client", request };
	static const struct role sender = { "waiting-client",
					    request_with_data };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, s.variant ? &sender : &client);
}
