// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A server and a client that leave everything to io_uring: the calling thread
 * does the work, a worker of the ring, or its polling thread. The latter two
 * are threads of the process, of names that the kernel gives them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"
#include "truth.h"

static unsigned int ring_flags; /* of io_uring_queue_init() */
static unsigned int entry_flags;
static int listening, over; /* gates */

static void ring_begin(struct io_uring *ring)
{
	int err = io_uring_queue_init(8, ring, ring_flags);

	if (err) {
		errno = -err;
		die("io_uring_queue_init");
	}
	/* ... and the number of the thread that they serve. */
	truth_name("iou-(sqp|wrk)-[0-9]+");
}

static int run(struct io_uring *ring, struct io_uring_sqe *sqe,
	       const char *what)
{
	struct io_uring_cqe *cqe;
	int result;

	sqe->flags |= entry_flags;
	if (io_uring_submit_and_wait(ring, 1) < 0 ||
	    io_uring_peek_cqe(ring, &cqe))
		die("%s", what);
	result = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	if (result < 0) {
		errno = -result;
		die("%s", what);
	}
	return result;
}

static int run_accept(struct io_uring *ring, int listener)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	uint64_t since = truth_now();
	int fd;

	io_uring_prep_accept(sqe, listener, NULL, NULL, 0);
	fd = run(ring, sqe, "accept");
	truth_hold(fd, since);
	return fd;
}

static int run_connect(struct io_uring *ring, const struct cast *c)
{
	struct sockaddr_storage at;
	socklen_t len = address_of(c, &at);
	int fd = new_socket(c);
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	uint64_t since = truth_now();

	io_uring_prep_connect(sqe, fd, (struct sockaddr *)&at, len);
	run(ring, sqe, "connect");
	truth_hold(fd, since);
	return fd;
}

static int run_recv(struct io_uring *ring, int fd)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	char byte;

	io_uring_prep_recv(sqe, fd, &byte, 1, 0);
	return run(ring, sqe, "recv");
}

static void run_send(struct io_uring *ring, int fd)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	io_uring_prep_send(sqe, fd, "", 1, 0);
	run(ring, sqe, "send");
}

static void run_close(struct io_uring *ring, int fd)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	truth_act_of(fd, "close", getpid());
	io_uring_prep_close(sqe, fd);
	run(ring, sqe, "close");
	truth_drop(fd);
}

static void run_shutdown(struct io_uring *ring, int fd)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	truth_act_of(fd, "shutdown", getpid());
	io_uring_prep_shutdown(sqe, fd, SHUT_RDWR);
	run(ring, sqe, "shutdown");
}

/* By turns: either end's close, and the server's shutdown. */
static void serve(struct cast *c)
{
	struct io_uring ring;
	int listener = listen_at(c);

	ring_begin(&ring);
	gate_open(listening);
	for (int i = 0; i < c->rounds; i++) {
		int fd = run_accept(&ring, listener);

		run_recv(&ring, fd);
		run_send(&ring, fd);
		if (i % 4 == 3)
			live_on();
		if (i % 3 == 0)
			run_recv(&ring, fd);
		else if (i % 3 == 1)
			run_shutdown(&ring, fd);
		run_close(&ring, fd);
		gate_open(over);
	}
	io_uring_queue_exit(&ring);
}

static void request(struct cast *c)
{
	struct io_uring ring;

	ring_begin(&ring);
	for (int i = 0; i < c->rounds; i++) {
		int fd = run_connect(&ring, c);

		run_send(&ring, fd);
		run_recv(&ring, fd);
		if (i % 3)
			run_recv(&ring, fd);
		run_close(&ring, fd);
		gate_pass(over);
	}
	io_uring_queue_exit(&ring);
}

static void play(struct cast *c)
{
	struct io_uring ring;
	pid_t server, client;
	int err = io_uring_queue_init(8, &ring, ring_flags);

	if (err == -ENOSYS || err == -EPERM)
		leave_out("this kernel allows no io_uring");
	if (!err)
		io_uring_queue_exit(&ring);
	listening = gate_new();
	over = gate_new();
	server = enter("own-ring-server", serve, c);
	gate_pass(listening);
	client = enter("own-ring-client", request, c);
	leave(client, 0);
	leave(server, 0);
}

static void play_uring(struct cast *c)
{
	play(c);
}

static void play_uring_async(struct cast *c)
{
	entry_flags = IOSQE_ASYNC;
	play(c);
}

static void play_uring_polled(struct cast *c)
{
	ring_flags = IORING_SETUP_SQPOLL;
	play(c);
}

const struct scene uring_scenes[] = {
	{ "io-uring", play_uring, false },
	{ "io-uring-workers", play_uring_async, false },
	{ "io-uring-polled", play_uring_polled, false },
	{ 0 },
};
