// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "pair.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "process.h"

/* What a process can be told; it answers with the same once it is done. */
struct order {
	enum {
		GO_APART,
		TAKE_WIRE,
		LISTEN,
		ACCEPT,
		READ,
		RESET,
		CONNECT,
		BE_REFUSED,
		WRITE,
		NOTICE,
		SERVE_ALL,
		BURST,
		STORM,
		END,
	} what;
	int count;
};

struct actor {
	struct sockaddr_storage addr;
	socklen_t addr_len;
	int listener;
	int fd;
};

/* --- in the processes ---------------------------------------------------- */

_Noreturn static void give_up(const char *what)
{
	fprintf(stderr, "pair: %s: %s\n", what, strerror(errno));
	_exit(EXIT_FAILURE);
}

static int open_socket(const struct actor *actor)
{
	int fd = socket(actor->addr.ss_family, SOCK_STREAM, 0);

	if (fd < 0)
		give_up("socket");
	return fd;
}

static void listen_there(struct actor *actor)
{
	int on = 1;

	actor->listener = open_socket(actor);
	setsockopt(actor->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(actor->listener, (struct sockaddr *)&actor->addr,
		 actor->addr_len) ||
	    listen(actor->listener, 64))
		give_up("listen");
}

static void connect_there(struct actor *actor)
{
	actor->fd = open_socket(actor);
	if (connect(actor->fd, (struct sockaddr *)&actor->addr,
		    actor->addr_len))
		give_up("connect");
}

static void be_refused(struct actor *actor)
{
	actor->fd = open_socket(actor);
	if (!connect(actor->fd, (struct sockaddr *)&actor->addr,
		     actor->addr_len) ||
	    errno != ECONNREFUSED)
		give_up("not refused");
	close(actor->fd);
}

static void drop_connection(struct actor *actor)
{
	const struct linger drop = { .l_onoff = 1 };

	setsockopt(actor->fd, SOL_SOCKET, SO_LINGER, &drop, sizeof(drop));
	close(actor->fd);
}

/* The server side of a storm: in the background, until it is killed. */
static void serve_all(struct actor *actor)
{
	pid_t pid = fork();
	char byte;

	if (pid < 0)
		give_up("fork");
	if (pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(actor->listener, NULL, NULL);

		if (fd < 0)
			give_up("accept");
		if (read(fd, &byte, 1) != 0)
			give_up("read");
		close(fd);
	}
}

/* Connects and closes; the RST keeps TIME_WAIT from using up the ports. */
static void come_and_go(struct actor *actor)
{
	char byte;

	connect_there(actor);
	shutdown(actor->fd, SHUT_WR);
	if (read(actor->fd, &byte, 1) != 0)
		give_up("read");
	drop_connection(actor);
}

static void storm(struct actor *actor, int orders)
{
	struct pollfd next = { .fd = orders, .events = POLLIN };

	while (!poll(&next, 1, 0))
		come_and_go(actor);
}

static void run_or_give_up(const char *command)
{
	if (system(command))
		give_up(command);
}

static void obey(struct actor *actor, const struct order *order)
{
	char byte = 'x';

	switch (order->what) {
	case GO_APART:
		if (unshare(CLONE_NEWNET))
			give_up("unshare");
		break;
	case TAKE_WIRE:
		run_or_give_up("ip addr add " PAIR_FAR4 "/24 dev far &&"
			       "ip addr add " PAIR_FAR6 "/64 dev far nodad &&"
			       "ip link set far up");
		break;
	case LISTEN:
		listen_there(actor);
		break;
	case ACCEPT:
		actor->fd = accept(actor->listener, NULL, NULL);
		if (actor->fd < 0)
			give_up("accept");
		break;
	case READ:
		if (read(actor->fd, &byte, 1) != 1)
			give_up("read");
		break;
	case RESET:
		drop_connection(actor);
		close(actor->listener);
		break;
	case CONNECT:
		connect_there(actor);
		break;
	case BE_REFUSED:
		be_refused(actor);
		break;
	case WRITE:
		if (send(actor->fd, &byte, 1, 0) != 1)
			give_up("send");
		break;
	case NOTICE:
		if (read(actor->fd, &byte, 1) >= 0 || errno != ECONNRESET)
			give_up("no ECONNRESET");
		close(actor->fd);
		break;
	case SERVE_ALL:
		serve_all(actor);
		break;
	case BURST:
		for (int i = 0; i < order->count; i++)
			come_and_go(actor);
		break;
	case STORM: /* goes on after the answer */
	case END:
		break;
	}
}

_Noreturn static void act(const struct pair *pair, const char *name, int orders)
{
	struct actor actor = { .listener = -1, .fd = -1 };
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&actor.addr;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&actor.addr;
	struct order order;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, name);
	if (inet_pton(AF_INET6, pair->address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(pair->port);
		actor.addr_len = sizeof(*v6);
	} else {
		inet_pton(AF_INET, pair->address, &v4->sin_addr);
		v4->sin_family = AF_INET;
		v4->sin_port = htons(pair->port);
		actor.addr_len = sizeof(*v4);
	}
	while (recv(orders, &order, sizeof(order), 0) == sizeof(order)) {
		obey(&actor, &order);
		if (send(orders, &order, sizeof(order), 0) < 0)
			break;
		if (order.what == STORM)
			storm(&actor, orders);
		if (order.what == END)
			break;
	}
	_exit(EXIT_SUCCESS);
}

/* --- in the test --------------------------------------------------------- */

static pid_t start_one(const struct pair *pair, const char *name, int *orders)
{
	int ends[2];
	pid_t pid;

	/* Of packets, so that an order is whole. */
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		act(pair, name, ends[1]);
	process_remember(pid);
	close(ends[1]);
	*orders = ends[0];
	return pid;
}

static void tell_count(int orders, int what, int count)
{
	struct order order = { .what = what, .count = count };
	struct pollfd answer = { .fd = orders, .events = POLLIN };

	assert_int_equal(send(orders, &order, sizeof(order), 0), sizeof(order));
	if (poll(&answer, 1, PATIENCE_MS) != 1)
		fail_msg("a pair is stuck");
	/* An end of file: it gave up, and said why. */
	assert_int_equal(recv(orders, &order, sizeof(order), 0), sizeof(order));
}

static void tell(int orders, int what)
{
	tell_count(orders, what, 0);
}

static void part(struct pair *pair)
{
	char command[128];

	tell(pair->server_orders, GO_APART);
	snprintf(command, sizeof(command),
		 "ip link add name near type veth peer name far netns %d",
		 pair->server);
	assert_int_equal(system(command), 0);
	assert_int_equal(system("ip addr add 10.8.0.1/24 dev near"), 0);
	assert_int_equal(system("ip addr add fd08::1/64 dev near nodad"), 0);
	assert_int_equal(system("ip link set near up"), 0);
	tell(pair->server_orders, TAKE_WIRE);
	/* A new wire takes up to a second; the answer says that it works. */
	tell(pair->client_orders, BE_REFUSED);
}

void pair_start(struct pair *pair)
{
	pair->server = start_one(pair, pair->server_name, &pair->server_orders);
	pair->client = start_one(pair, pair->client_name, &pair->client_orders);
	if (pair->apart)
		part(pair);
}

void pair_connect(struct pair *pair)
{
	tell(pair->server_orders, LISTEN);
	tell(pair->client_orders, CONNECT);
	tell(pair->server_orders, ACCEPT);
}

void pair_talk(struct pair *pair)
{
	tell(pair->client_orders, WRITE);
	tell(pair->server_orders, READ);
}

void pair_reset(struct pair *pair)
{
	tell(pair->server_orders, RESET);
	tell(pair->client_orders, NOTICE);
}

void pair_refused(struct pair *pair)
{
	tell(pair->client_orders, BE_REFUSED);
}

void pair_storm(struct pair *pair)
{
	tell(pair->server_orders, LISTEN);
	tell(pair->server_orders, SERVE_ALL);
	tell(pair->client_orders, STORM);
}

void pair_burst(struct pair *pair, int count)
{
	tell(pair->server_orders, LISTEN);
	tell(pair->server_orders, SERVE_ALL);
	tell_count(pair->client_orders, BURST, count);
}

void pair_end(struct pair *pair)
{
	tell(pair->client_orders, END);
	tell(pair->server_orders, END);
	close(pair->client_orders);
	close(pair->server_orders);
	/* Their exit closes what they hold: that must have been, too. */
	waitid(P_PID, pair->client, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	waitid(P_PID, pair->server, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
}
