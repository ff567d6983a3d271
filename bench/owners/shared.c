// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Several processes have one connection for as long as it lives: by fork(), or
 * over a Unix socket between two that are not each other's parent. One of them
 * sends, and another one drops the connection.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scene.h"
#include "truth.h"

#define CHILDREN 2
#define LOAD	 777 /* bytes: a segment that a firewall can tell apart */

static int listening, shared, dropped, given_up; /* gates */
static int connection;
static uint64_t since_when;

static void prepare(void)
{
	listening = gate_new();
	shared = gate_new();
	dropped = gate_new();
	given_up = gate_new();
}

static void read_load(struct cast *c)
{
	int fd = connect_to(c);
	char load[LOAD];

	ask(fd);
	if (recv(fd, load, LOAD, MSG_WAITALL) != LOAD)
		die("recv");
	send_byte(fd);
	await_end(fd);
	close_held(fd);
}

static void send_load(int fd)
{
	static const char load[LOAD];

	live_on();
	if (send(fd, load, LOAD, 0) != LOAD)
		die("send");
	read_byte(fd); /* it has come, perhaps not at once */
	live_on();
}

/* The connection is dropped while others still have it. */
static void disconnect_held(int fd)
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

	truth_act(fd, "connect-unspec");
	if (connect(fd, &nowhere, sizeof(nowhere)))
		die("connect to nowhere");
	live_on();
	drop_held(fd);
}

/* --- by fork: a parent that sends, children, one of which drops it --- */

static void have_it_too(struct cast *c)
{
	(void)c;
	truth_hold(connection, since_when);
	gate_open(shared);
	gate_pass(given_up);
	drop_held(connection);
}

static void drop_it(struct cast *c)
{
	(void)c;
	truth_hold(connection, since_when);
	gate_open(shared);
	gate_pass(dropped);
	disconnect_held(connection);
	gate_open(given_up);
	gate_open(given_up);
}

static void serve_with_children(struct cast *c)
{
	int listener = listen_at(c);
	pid_t children[CHILDREN];

	gate_open(listening);
	connection = accept_from(listener);
	since_when = truth_now();
	answer(connection);
	children[0] = enter("own-idle-child", have_it_too, c);
	children[1] = enter("own-child", drop_it, c);
	gate_pass(shared);
	gate_pass(shared);
	send_load(connection);
	gate_open(dropped);
	gate_pass(given_up);
	drop_held(connection);
	leave(children[0], 0);
	leave(children[1], 0);
}

static void play_shared_by_fork(struct cast *c)
{
	pid_t server, client;

	prepare();
	server = enter("own-parent", serve_with_children, c);
	gate_pass(listening);
	client = enter("own-client", read_load, c);
	leave(client, 0);
	leave(server, 0);
}

/* --- by SCM_RIGHTS: the acceptor keeps it, and sends --- */

static int channel[2];

static void accept_and_share(struct cast *c)
{
	int listener = listen_at(c);
	int fd;

	gate_open(listening);
	fd = accept_from(listener);
	answer(fd);
	pass_fd(channel[0], fd);
	gate_pass(shared);
	send_load(fd);
	gate_open(dropped);
	gate_pass(given_up);
	drop_held(fd);
}

static void work_with_it(struct cast *c)
{
	uint64_t since = truth_now();
	int fd = take_fd(channel[1]);

	(void)c;
	truth_hold(fd, since);
	gate_open(shared);
	gate_pass(dropped);
	disconnect_held(fd);
	gate_open(given_up);
}

static void play_shared_by_scm_rights(struct cast *c)
{
	pid_t acceptor, worker, client;

	prepare();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel))
		die("socketpair");
	acceptor = enter("own-acceptor", accept_and_share, c);
	worker = enter("own-worker", work_with_it, c);
	gate_pass(listening);
	client = enter("own-client", read_load, c);
	leave(client, 0);
	leave(worker, 0);
	leave(acceptor, 0);
}

const struct scene shared_scenes[] = {
	{ "shared-by-fork", play_shared_by_fork, false },
	{ "shared-by-scm-rights", play_shared_by_scm_rights, false },
	{ 0 },
};
