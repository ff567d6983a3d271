// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "socket.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static socklen_t stage_address(const struct stage *s,
			       struct sockaddr_storage *addr)
{
	struct sockaddr_in6 *v6 = (void *)addr;
	struct sockaddr_in *v4 = (void *)addr;
	const char *address = s->address;

	if (!address)
		address = s->family == AF_INET6 ? "::1" : "127.0.0.1";
	memset(addr, 0, sizeof(*addr));
	if (s->family == AF_INET6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(s->port);
		inet_pton(AF_INET6, address, &v6->sin6_addr);
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(s->port);
	inet_pton(AF_INET, address, &v4->sin_addr);
	return sizeof(*v4);
}

int new_socket(struct stage *s)
{
	int fd = socket(s->family, SOCK_STREAM, s->protocol);

	if (fd < 0)
		die("cannot make a socket: %s", strerror(errno));
	return fd;
}

void listen_with(struct stage *s, int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = stage_address(s, &addr);
	int on = 1;

	/* A second run must not wait for the first one's TIME_WAIT. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&addr, len) ||
	    listen(fd, s->backlog ? s->backlog : 8))
		die("cannot listen on port %d: %s", s->port, strerror(errno));
	stage_ready(s);
}

int listen_on(struct stage *s)
{
	int fd = new_socket(s);

	listen_with(s, fd);
	return fd;
}

int accept_one(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		die("accept: %s", strerror(errno));
	return fd;
}

int try_connect(struct stage *s, int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = stage_address(s, &addr);

	return connect(fd, (struct sockaddr *)&addr, len) ? errno : 0;
}

void connect_with(struct stage *s, int fd)
{
	int err = try_connect(s, fd);

	if (err)
		die("connect to port %d: %s", s->port, strerror(err));
}

int connect_to(struct stage *s)
{
	int fd = new_socket(s);

	connect_with(s, fd);
	return fd;
}

void send_exactly(int fd, const void *buf, size_t len)
{
	ssize_t n = send(fd, buf, len, 0);

	if (n < 0)
		die("send: %s", strerror(errno));
	if ((size_t)n != len)
		die("send: only %zd of %zu bytes", n, len);
}

void read_exactly(int fd, const char *expected)
{
	char buf[64];
	size_t len = strlen(expected);
	ssize_t n = recv(fd, buf, len, MSG_WAITALL);

	if (n < 0)
		die("read: %s instead of \"%s\"", strerror(errno), expected);
	if ((size_t)n != len || memcmp(buf, expected, len) != 0)
		die("read \"%.*s\" instead of \"%s\"", (int)n, buf, expected);
	say("read %zd bytes: %s", n, expected);
}

void expect_end(int fd)
{
	char byte;
	ssize_t n = read(fd, &byte, 1);

	if (n < 0)
		die("read: %s instead of the end", strerror(errno));
	if (n)
		die("read a byte instead of the end");
	say("read: the end (0 bytes)");
}

void expect_error(const char *call, int err, int expected)
{
	if (err != expected)
		die("%s: %s instead of \"%s\"", call,
		    err ? strerror(err) : "it worked", strerror(expected));
	say("%s: %s (%s)", call, strerror(err), strerrorname_np(err));
}

void expect_read_error(int fd, int err)
{
	char byte;

	expect_error("read", read(fd, &byte, 1) < 0 ? errno : 0, err);
}

void expect_send_error(int fd, int err)
{
	expect_error("send", send(fd, "x", 1, 0) < 0 ? errno : 0, err);
}

void await_acknowledged(int fd)
{
	int left;

	/* No event tells it; actors have a time limit anyway. */
	while (!ioctl(fd, SIOCOUTQ, &left) && left)
		sleep_ms(1);
}

void await_unread(int fd, size_t len)
{
	char buf[64];

	if (recv(fd, buf, len, MSG_PEEK | MSG_WAITALL) != (ssize_t)len)
		die("did not get the %zu bytes to leave unread", len);
}

static void await_poll(int fd, short events, const char *what)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (poll(&p, 1, -1) != 1)
		die("cannot wait for %s: %s", what, strerror(errno));
}

void await_pending(int listener)
{
	await_poll(listener, POLLIN, "a connection");
}

/* POLLERR and POLLHUP are reported unasked. */
void await_reset(int fd)
{
	await_poll(fd, 0, "a RST");
}

void await_state(int fd, int state)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	/* No event tells it; actors have a time limit anyway. */
	while (!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) &&
	       info.tcpi_state != state)
		sleep_ms(1);
}

void expect_rest_and_error(int fd, int err)
{
	char buf[4096];
	size_t rest = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		rest += n;
	say("read the %zu bytes that were waiting", rest);
	expect_error("read", n < 0 ? errno : 0, err);
}

void send_until_full(int fd)
{
	static const char data[4096];

	while (send(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	if (errno != EAGAIN)
		die("send: %s", strerror(errno));
}

void set_buffer(int fd, int option, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof(bytes)))
		die("cannot set the size of a buffer: %s", strerror(errno));
}

void set_linger_zero(int fd)
{
	const struct linger drop = { .l_onoff = 1, .l_linger = 0 };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &drop, sizeof(drop)))
		die("cannot set SO_LINGER: %s", strerror(errno));
}

void dissolve(int fd)
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

	if (connect(fd, &nowhere, sizeof(nowhere)))
		die("connect(AF_UNSPEC): %s", strerror(errno));
}

static bool has_socket(int family, unsigned int port, enum which_port which)
{
	const char *path =
		family == AF_INET6 ? "/proc/net/tcp6" : "/proc/net/tcp";
	FILE *f = fopen(path, "r");
	unsigned int ports[2];
	char line[512];
	bool found = false;

	if (!f)
		die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f))
		found |= sscanf(line, "%*d: %*[^:]:%x %*[^:]:%x",
				&ports[LOCAL_PORT], &ports[REMOTE_PORT]) == 2 &&
			 ports[which] == port;
	fclose(f);
	return found;
}

void await_no_socket(const struct stage *s, enum which_port which)
{
	/* No event tells it; actors have a time limit anyway. */
	while (has_socket(s->family, s->port, which))
		sleep_ms(5);
}
