// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tool.h"

#define FIRST_PORT 9000
#define ADDRESSES  200
#define EVENTS	   256
#define BUFFER	   (64 * 1024)

/* --- the server --- */

int server_listen(int cpu)
{
	const struct sockaddr_in any = { .sin_family = AF_INET,
					 .sin_port = htons(FIRST_PORT + cpu) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any)) ||
	    listen(fd, 4096))
		die("listen");
	return fd;
}

static void serve(int fd)
{
	static char buffer[BUFFER];
	ssize_t len = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

	if (len == 1)
		len = send(fd, buffer, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (len > 0 || (len < 0 && errno == EAGAIN))
		return;
	close(fd);
}

static void welcome(int epoll, int listener)
{
	struct epoll_event want = { .events = EPOLLIN };
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	want.data.fd = fd;
	/* The client may have gone already. */
	if (fd < 0 && errno == ECONNABORTED)
		return;
	if (fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &want))
		die("accept");
}

void server_run(int listener)
{
	struct epoll_event events[EVENTS];
	struct epoll_event want = { .events = EPOLLIN, .data.fd = listener };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &want))
		die("epoll");
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == listener)
				welcome(epoll, listener);
			else
				serve(events[i].data.fd);
		}
	}
}

/* --- the client --- */

int client_connect(int cpu, unsigned int number)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(FIRST_PORT + cpu),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number % ADDRESSES),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)))
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

void client_exchange(int fd)
{
	char byte = 'x';

	if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1)
		die("the server is gone");
}

void client_close(int fd, bool reset)
{
	const struct linger drop = { .l_onoff = 1, .l_linger = 0 };

	if (reset && setsockopt(fd, SOL_SOCKET, SO_LINGER, &drop, sizeof(drop)))
		die("SO_LINGER");
	close(fd);
}
