// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A server that waits for many connections at once, with epoll. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scene.h"
#include "truth.h"

#define CLIENTS 2
#define OPEN	8 /* connections at once */

static int listening; /* a gate */

static void watch(int set, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
}

/* Returns how many connections are over. */
static int serve_ready(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, 0);

	if (n < 0 && errno != ECONNRESET)
		die("recv");
	if (n > 0) {
		send_byte(fd);
		return 0;
	}
	close_held(fd);
	return 1;
}

static void serve(struct cast *c)
{
	int listener = listen_at(c), set = epoll_create1(0), over = 0;

	if (set < 0)
		die("epoll_create1");
	watch(set, listener);
	gate_open(listening);
	while (over < c->rounds * CLIENTS) {
		struct epoll_event events[16];
		int n = epoll_wait(set, events, 16, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd == listener)
				watch(set, accept_from(listener));
			else
				over += serve_ready(fd);
		}
	}
}

static void request(struct cast *c)
{
	int fds[OPEN];

	for (int i = 0; i < c->rounds; i += OPEN) {
		int count = c->rounds - i < OPEN ? c->rounds - i : OPEN;

		for (int n = 0; n < count; n++)
			fds[n] = connect_to(c);
		for (int n = 0; n < count; n++)
			ask(fds[n]);
		if (i % 16 == 0)
			live_on();
		for (int n = 0; n < count; n++)
			close_held(fds[n]);
	}
}

static void play_epoll(struct cast *c)
{
	pid_t server, clients[CLIENTS];

	listening = gate_new();
	server = enter("own-epoll", serve, c);
	gate_pass(listening);
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = enter("own-client", request, c);
	for (int i = 0; i < CLIENTS; i++)
		leave(clients[i], 0);
	leave(server, 0);
}

const struct scene loop_scenes[] = {
	{ "epoll", play_epoll, false },
	{ 0 },
};
