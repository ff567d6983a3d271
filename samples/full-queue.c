// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A server that listens but does not accept.
 *
 * The kernel completes handshakes on its behalf until the accept queue is
 * full; then it ignores SYNs. The client sees no refusal: its SYN is not
 * answered, as if the host were gone.
 */
#include <errno.h>
#include <unistd.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "stage.h"

#define LIMIT	   1
#define FIT	   (LIMIT + 1) /* "full" means above the limit */
#define PATIENT_MS 1500	       /* one SYN more is sent, after a second */

static void serve(struct stage *s)
{
	int listener, i;

	s->backlog = LIMIT;
	listener = listen_on(s);
	note_wait(s);
	for (i = 0; i < FIT; i++) {
		int fd = accept_one(listener);

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

int main(int argc, char **argv)
{
	static const struct program program = {
		.about = "The server does not accept: its queue is full, and "
			 "SYNs are ignored.",
		.port = 8091,
	};
	static const struct role server = { "idle-server", serve };
	static const struct role client = { "waiting-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, &client);
}
