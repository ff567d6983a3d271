// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A server and a client; and what threads may do between them. */
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scene.h"
#include "truth.h"

static int listening; /* a gate */

/* --- either end closes first, in turn --- */

static void serve(struct cast *c)
{
	int listener = listen_at(c);

	gate_open(listening);
	for (int i = 0; i < c->rounds; i++) {
		int fd = accept_from(listener);

		answer(fd);
		if (i % 2)
			await_end(fd);
		close_held(fd);
	}
}

static void request(struct cast *c)
{
	for (int i = 0; i < c->rounds; i++) {
		int fd = connect_to(c);

		ask(fd);
		if (i % 2 == 0)
			await_end(fd);
		close_held(fd);
	}
}

static void play(struct cast *c, void (*server_part)(struct cast *c))
{
	pid_t server, client;

	listening = gate_new();
	server = enter("own-server", server_part, c);
	gate_pass(listening);
	client = enter("own-client", request, c);
	leave(client, 0);
	leave(server, 0);
}

static void play_simple(struct cast *c)
{
	play(c, serve);
}

/* --- connect() takes a second: its SYN finds the queue full --- */

#define SLOW_CLIENTS 4

static int filled, connecting; /* gates */

static void serve_late(struct cast *c)
{
	int listener = listen_at(c);

	/* Room for one that nobody accepts. */
	if (listen(listener, 0))
		die("listen");
	gate_open(listening);
	for (int i = 0; i < SLOW_CLIENTS; i++)
		gate_pass(connecting);
	live_on();
	if (listen(listener, 128))
		die("listen");
	for (int i = 0; i < 1 + SLOW_CLIENTS; i++) {
		int fd = accept_from(listener);

		answer(fd);
		await_end(fd);
		close_held(fd);
	}
}

static void request_slowly(struct cast *c)
{
	int fd;

	gate_pass(filled);
	gate_open(connecting);
	fd = connect_to(c);
	ask(fd);
	close_held(fd);
}

static void play_slow_connect(struct cast *c)
{
	pid_t server, clients[SLOW_CLIENTS];
	int first;

	listening = gate_new();
	filled = gate_new();
	connecting = gate_new();
	server = enter("own-server", serve_late, c);
	gate_pass(listening);
	for (int i = 0; i < SLOW_CLIENTS; i++)
		clients[i] = enter("own-client", request_slowly, c);
	first = connect_to(c);
	for (int i = 0; i < SLOW_CLIENTS; i++)
		gate_open(filled);
	ask(first);
	close_held(first);
	for (int i = 0; i < SLOW_CLIENTS; i++)
		leave(clients[i], 0);
	leave(server, 0);
}

/* --- one thread accepts, another closes --- */

static int handed_over, handed_fd; /* a gate, and what goes through it */
static int taken;

static void *close_all(void *arg)
{
	const struct cast *c = arg;

	prctl(PR_SET_NAME, "own-closer");
	truth_name("own-closer");
	for (int i = 0; i < c->rounds; i++) {
		int fd;

		gate_pass(handed_over);
		fd = handed_fd;
		gate_open(taken);
		answer(fd);
		if (i % 2)
			await_end(fd);
		close_held(fd);
	}
	return NULL;
}

static void serve_with_closer(struct cast *c)
{
	int listener = listen_at(c);
	pthread_t closer;

	handed_over = gate_new();
	taken = gate_new();
	if (pthread_create(&closer, NULL, close_all, c))
		die("pthread_create");
	gate_open(listening);
	for (int i = 0; i < c->rounds; i++) {
		handed_fd = accept_from(listener);
		gate_open(handed_over);
		gate_pass(taken);
	}
	pthread_join(closer, NULL);
}

static void play_threads(struct cast *c)
{
	play(c, serve_with_closer);
}

/* --- a thread that accepts and is gone before the connection ends --- */

static void *accept_one(void *arg)
{
	int *fd = arg;

	prctl(PR_SET_NAME, "own-acceptor");
	truth_name("own-acceptor");
	*fd = accept_from(*fd);
	return NULL;
}

static void serve_by_short_threads(struct cast *c)
{
	int listener = listen_at(c);

	gate_open(listening);
	for (int i = 0; i < c->rounds; i++) {
		pthread_t acceptor;
		int fd = listener;

		if (pthread_create(&acceptor, NULL, accept_one, &fd))
			die("pthread_create");
		pthread_join(acceptor, NULL);
		answer(fd);
		if (i % 2)
			await_end(fd);
		close_held(fd);
	}
}

static void play_thread_gone(struct cast *c)
{
	play(c, serve_by_short_threads);
}

const struct scene simple_scenes[] = {
	{ "simple", play_simple, false },
	{ "slow-connect", play_slow_connect, false },
	{ "threads", play_threads, false },
	{ "thread-gone", play_thread_gone, false },
	{ 0 },
};
