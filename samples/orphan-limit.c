// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * More orphans than net.ipv4.tcp_max_orphans allows.
 *
 * An orphan is a connection that its process has closed and that is not over
 * yet. Here some wait for the FIN of a client that does not think of it (with
 * TCP_LINGER2 they are kept as such), and one more has data to send that the
 * client does not read. They are too many: the kernel resets that one.
 *
 * --lower              sets the limit, then closes the last: RST by close()
 * --lower-after-close  closes, then sets the limit: RST by a timer
 *
 * The limit is one of the whole host: the sample sets it only when told to,
 * by one of these two, and puts it back. Do that in a virtual machine.
 */
#include <errno.h>
#include <unistd.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "socket.h"
#include "sysctl.h"

#define MAX_ORPHANS "/proc/sys/net/ipv4/tcp_max_orphans"

#define WAITING	    8
#define LIMIT	    "4"

/* The kernel counts its orphans ten times a second; no event tells it. */
#define COUNTED_MS 300

static void leave_waiting(int listener)
{
	const int longer_than_time_wait = 120; /* seconds */
	int fd = accept_one(listener);

	setsockopt(fd, IPPROTO_TCP, TCP_LINGER2, &longer_than_time_wait,
		   sizeof(longer_than_time_wait));
	close(fd);
}

static void serve(struct stage *s)
{
	int listener = listen_on(s);
	int still_open = accept_one(listener), fd;

	for (int i = 0; i < WAITING; i++)
		leave_waiting(listener);
	fd = accept_one(listener);
	set_buffer(fd, SO_SNDBUF, 16384);
	send_until_full(fd);
	sleep_ms(COUNTED_MS);
	if (stage_variant(s, "lower")) {
		sysctl_write(MAX_ORPHANS, LIMIT);
		close(fd);
	} else {
		close(fd);
		sysctl_write(MAX_ORPHANS, LIMIT);
	}
	note_wait(s);
	/* What is closed from now on is not meant to be reset. */
	sysctl_restore();
	close(still_open);
	close(listener);
}

static void request(struct stage *s)
{
	int still_open = connect_to(s), waiting[WAITING], fd;

	for (int i = 0; i < WAITING; i++) {
		waiting[i] = connect_to(s);
		expect_end(waiting[i]);
	}
	fd = new_socket(s);
	set_buffer(fd, SO_RCVBUF, 4096);
	connect_with(s, fd);
	await_reset(fd);
	expect_rest_and_error(fd, ECONNRESET);
	close(fd);
	note_send(s);
	expect_end(still_open);
	close(still_open);
	for (int i = 0; i < WAITING; i++)
		close(waiting[i]);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "lower", "lower-after-close",
						NULL };
	static const struct program program = {
		.about = "One closed connection too many: a RST.",
		.port = 8095,
		.variants = variants,
	};
	static const struct role server = { "orphan-server", serve };
	static const struct role client = { "orphan-client", request };
	struct stage s;
	int status;

	stage_options(&s, argc, argv, &program);
	sysctl_keep(&s, MAX_ORPHANS);
	status = stage_play(&s, &server, &client);
	sysctl_restore();
	return status;
}
