// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The ways in which servers share their work among processes. */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "scene.h"
#include "truth.h"

#define WORKERS 3

static int listening, served; /* gates */
static int shared_listener = -1;

static void request(struct cast *c)
{
	request_rounds(c, served);
}

static void serve_one(int fd, int round)
{
	serve_round(fd, round, served);
}

/* --- workers, each with a listener that may be its parent's --- */

static void work(struct cast *c)
{
	int listener = shared_listener;

	if (listener < 0)
		listener = listen_at(c);
	else
		truth_hold(listener, truth_now());
	gate_open(listening);
	/* A byte tells which round it is: they are spread among workers. */
	for (;;) {
		int fd = accept_from(listener);

		answer(fd);
		await_word(fd);
		close_held(fd);
		gate_open(served);
	}
}

/* Odd rounds: the client closes first; every fourth lives on for a while. */
static void request_workers(struct cast *c)
{
	for (int i = 0; i < c->rounds; i++) {
		int fd = connect_to(c);

		ask(fd);
		if (i % 4 == 0)
			live_on();
		if (i % 2) {
			close_held(fd);
		} else {
			send_byte(fd);
			await_end(fd);
			close_held(fd);
		}
		gate_pass(served);
	}
}

static void play_workers(struct cast *c)
{
	pid_t workers[WORKERS], client;

	for (int i = 0; i < WORKERS; i++)
		workers[i] = enter("own-worker", work, c);
	for (int i = 0; i < WORKERS; i++)
		gate_pass(listening);
	client = enter("own-client", request_workers, c);
	leave(client, 0);
	for (int i = 0; i < WORKERS; i++) {
		kill(workers[i], SIGKILL);
		leave(workers[i], SIGKILL);
	}
}

static void play_prefork(struct cast *c)
{
	listening = gate_new();
	served = gate_new();
	shared_listener = listen_at(c);
	play_workers(c);
}

static void play_reuseport(struct cast *c)
{
	listening = gate_new();
	served = gate_new();
	c->reuse_port = true;
	play_workers(c);
}

/* --- a child for each connection --- */

static int connection, given; /* a descriptor, and a gate: it is yours alone */
static uint64_t forked_at;
static int round_number;

static void serve_given(struct cast *c)
{
	(void)c;
	truth_hold(connection, forked_at);
	gate_pass(given);
	serve_one(connection, round_number);
}

static void serve_by_children(struct cast *c)
{
	int listener = listen_at(c);

	given = gate_new();
	gate_open(listening);
	for (round_number = 0; round_number < c->rounds; round_number++) {
		pid_t child;

		connection = accept_from(listener);
		forked_at = truth_now();
		child = enter("own-child", serve_given, c);
		drop_held(connection);
		gate_open(given);
		leave(child, 0);
	}
}

static void play_server(struct cast *c, const char *name,
			void (*server_part)(struct cast *c))
{
	pid_t server, client;

	listening = gate_new();
	served = gate_new();
	server = enter(name, server_part, c);
	gate_pass(listening);
	client = enter("own-client", request, c);
	leave(client, 0);
	leave(server, 0);
}

static void play_fork_after_accept(struct cast *c)
{
	play_server(c, "own-parent", serve_by_children);
}

/* --- two processes hold the connection, and one of them ends it --- */

static int turn, done; /* gates */

static void hold_with_parent(struct cast *c)
{
	(void)c;
	truth_hold(connection, forked_at);
	gate_pass(turn);
	if (round_number % 3 == 0)
		shut_held(connection);
	drop_held(connection);
	gate_open(done);
}

static void serve_with_child(struct cast *c)
{
	int listener = listen_at(c);

	turn = gate_new();
	done = gate_new();
	gate_open(listening);
	for (round_number = 0; round_number < c->rounds; round_number++) {
		pid_t child;

		connection = accept_from(listener);
		forked_at = truth_now();
		child = enter("own-child", hold_with_parent, c);
		answer(connection);
		live_on();
		if (round_number % 3 == 1)
			shut_held(connection);
		gate_open(turn);
		gate_pass(done);
		if (round_number % 3 == 2)
			close_held(connection);
		else
			drop_held(connection);
		leave(child, 0);
		gate_open(served);
	}
}

static void request_until_end(struct cast *c)
{
	for (int i = 0; i < c->rounds; i++) {
		int fd = connect_to(c);

		ask(fd);
		await_end(fd);
		close_held(fd);
		gate_pass(served);
	}
}

static void play_several_holders(struct cast *c)
{
	pid_t server, client;

	listening = gate_new();
	served = gate_new();
	server = enter("own-parent", serve_with_child, c);
	gate_pass(listening);
	client = enter("own-client", request_until_end, c);
	leave(client, 0);
	leave(server, 0);
}

const struct scene server_scenes[] = {
	{ "prefork", play_prefork, false },
	{ "reuseport", play_reuseport, false },
	{ "fork-after-accept", play_fork_after_accept, false },
	{ "several-holders", play_several_holders, false },
	{ 0 },
};
