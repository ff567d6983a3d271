// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The workloads of the benchmark, on loopback in a network namespace of its
 * own. Each runs for so many milliseconds, then prints how much it did in a
 * second.
 *
 * load reset MS     connect, a byte there and back, close with a RST
 * load close MS     the same, closed with a FIN by the client
 * load hold MS N    the same at 1,000 a second while N connections stay open;
 *                   prints how many of these took less than 10 ms
 * load talk MS      a byte there and back on 8 connections: no TCP event at all
 * load bulk MS      one way as fast as it goes; prints bytes
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT	9000
#define TALKERS 8
#define BULK	(64 * 1024)

/* Loopback addresses in turn, so that TIME_WAIT never uses up the ports. */
#define ADDRESSES 200

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static struct sockaddr_in address(unsigned int number)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number % ADDRESSES),
	};

	return to;
}

static int listen_everywhere(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
				   .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, 4096))
		die("listen");
	return fd;
}

/* --- the server: answers a byte with a byte, and reads all else --- */

static void answer(int epoll, int fd)
{
	static char buffer[BULK];
	ssize_t len = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

	if (len == 1)
		len = send(fd, buffer, 1, MSG_NOSIGNAL);
	if (len > 0 || (len < 0 && errno == EAGAIN))
		return;
	epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
	close(fd);
}

static _Noreturn void serve(int listener)
{
	struct epoll_event events[256], want = { .events = EPOLLIN };
	int epoll = epoll_create1(0), one = 1;

	want.data.fd = listener;
	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &want))
		die("epoll");
	for (;;) {
		int count = epoll_wait(epoll, events, 256, -1);

		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;

			if (fd != listener) {
				answer(epoll, fd);
				continue;
			}
			fd = accept(listener, NULL, NULL);
			if (fd < 0)
				die("accept");
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
				   sizeof(one));
			want.data.fd = fd;
			epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &want);
		}
	}
}

/* --- the clients --- */

static int open_one(unsigned int number)
{
	struct sockaddr_in to = address(number);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die("connect");
	return fd;
}

static void exchange(int fd)
{
	char byte = 'x';

	if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1)
		die("exchange");
}

static void one_connection(unsigned int number, bool reset)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	int fd = open_one(number);

	exchange(fd);
	if (reset &&
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		die("SO_LINGER");
	close(fd);
}

static double storm(uint64_t for_ns, bool reset)
{
	uint64_t begin = now(), end = begin + for_ns;
	unsigned int count = 0;

	while (now() < end)
		one_connection(count++, reset);
	return count / ((now() - begin) / 1e9);
}

static double hold(uint64_t for_ns, unsigned int held)
{
	uint64_t begin, due, end;
	unsigned int in_time = 0, count = 0;

	for (unsigned int i = 0; i < held; i++)
		open_one(i);
	begin = due = now();
	for (end = begin + for_ns; due < end; due += 1000000) {
		struct timespec until = { due / 1000000000, due % 1000000000 };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		one_connection(count++, true);
		in_time += now() - due < 10000000;
	}
	return in_time / ((now() - begin) / 1e9);
}

static double talk(uint64_t for_ns)
{
	uint64_t begin, end;
	unsigned int count = 0;
	int fds[TALKERS];

	for (int i = 0; i < TALKERS; i++)
		fds[i] = open_one(i);
	begin = now();
	for (end = begin + for_ns; now() < end; count++)
		exchange(fds[count % TALKERS]);
	return count / ((now() - begin) / 1e9);
}

static double bulk(uint64_t for_ns)
{
	static const char data[BULK];
	uint64_t begin = now(), end = begin + for_ns, bytes = 0;
	int fd = open_one(0);

	while (now() < end) {
		ssize_t len = send(fd, data, sizeof(data), MSG_NOSIGNAL);

		if (len < 0)
			die("send");
		bytes += len;
	}
	return bytes / ((now() - begin) / 1e9);
}

static double run(const char *what, uint64_t for_ns, unsigned int number)
{
	if (!strcmp(what, "reset"))
		return storm(for_ns, true);
	if (!strcmp(what, "close"))
		return storm(for_ns, false);
	if (!strcmp(what, "hold"))
		return hold(for_ns, number);
	if (!strcmp(what, "talk"))
		return talk(for_ns);
	if (!strcmp(what, "bulk"))
		return bulk(for_ns);
	errno = EINVAL;
	die(what);
}

int main(int argc, char **argv)
{
	struct rlimit files;
	double result;
	int listener;
	pid_t server;

	if (argc < 3) {
		fprintf(stderr,
			"usage: load reset|close|hold|talk|bulk MS [N]\n");
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files))
		die("getrlimit");
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files))
		die("setrlimit");
	listener = listen_everywhere();
	server = fork();
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "load-server");
		serve(listener);
	}
	close(listener);
	prctl(PR_SET_NAME, "load-client");
	result = run(argv[1], strtoul(argv[2], NULL, 10) * 1000000,
		     argc > 3 ? strtoul(argv[3], NULL, 10) : 0);
	printf("%.0f\n", result);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return 0;
}
