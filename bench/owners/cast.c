// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cast.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define LIFE_NS 120000000L

_Noreturn void die(const char *format, ...)
{
	int err = errno;
	va_list ap;

	fprintf(stderr, "%s[%d]: ", program_invocation_short_name, getpid());
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, " (%s)\n", strerror(err));
	_exit(EXIT_FAILURE);
}

void begin_part(const char *name, uint64_t forked_at)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	truth_born(forked_at);
	prctl(PR_SET_NAME, name);
	truth_called(name);
	alarm(TIME_LIMIT_S);
}

pid_t enter(const char *name, void (*act)(struct cast *c), struct cast *c)
{
	uint64_t forked_at = truth_now();
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	begin_part(name, forked_at);
	act(c);
	_exit(EXIT_SUCCESS);
}

void leave(pid_t pid, int status)
{
	int how;

	if (waitpid(pid, &how, 0) != pid)
		die("waitpid of %d", pid);
	/* That a core was written, or not, is none of our business. */
	if ((how & ~WCOREFLAG) != status)
		die("process %d ended with 0x%x, not 0x%x", pid, how, status);
}

/* --- gates --- */

int gate_new(void)
{
	int gate = eventfd(0, EFD_SEMAPHORE);

	if (gate < 0)
		die("eventfd");
	return gate;
}

void gate_open(int gate)
{
	uint64_t one = 1;

	if (write(gate, &one, sizeof(one)) != sizeof(one))
		die("gate %d", gate);
}

void gate_pass(int gate)
{
	uint64_t one;

	if (read(gate, &one, sizeof(one)) != sizeof(one))
		die("gate %d", gate);
}

/* --- sockets --- */

socklen_t address_of(const struct cast *c, struct sockaddr_storage *at)
{
	struct sockaddr_in6 *v6 = (void *)at;
	struct sockaddr_in *v4 = (void *)at;

	memset(at, 0, sizeof(*at));
	if (strchr(c->address, ':')) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(c->port);
		inet_pton(AF_INET6, c->address, &v6->sin6_addr);
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(c->port);
	inet_pton(AF_INET, c->address, &v4->sin_addr);
	return sizeof(*v4);
}

int new_socket(const struct cast *c)
{
	int family = strchr(c->address, ':') ? AF_INET6 : AF_INET;
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

int listen_at(const struct cast *c)
{
	struct sockaddr_storage at;
	socklen_t len = address_of(c, &at);
	uint64_t since = truth_now();
	int fd = new_socket(c), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (c->reuse_port)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, len) || listen(fd, 128))
		die("cannot listen on %s port %d", c->address, c->port);
	truth_hold(fd, since);
	return fd;
}

int accept_from(int listener)
{
	uint64_t since = truth_now();
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		die("accept");
	truth_hold(fd, since);
	return fd;
}

int connect_to(const struct cast *c)
{
	struct sockaddr_storage at;
	socklen_t len = address_of(c, &at);
	uint64_t since = truth_now();
	int fd = new_socket(c);

	if (connect(fd, (struct sockaddr *)&at, len))
		die("connect to %s port %d", c->address, c->port);
	truth_hold(fd, since);
	return fd;
}

void close_quietly(int fd)
{
	if (close(fd))
		die("close %d", fd);
}

void close_held(int fd)
{
	truth_act(fd, "close");
	close_quietly(fd);
	truth_drop(fd);
}

void drop_held(int fd)
{
	close_quietly(fd);
	truth_drop(fd);
}

void shut_held(int fd)
{
	truth_act(fd, "shutdown");
	if (shutdown(fd, SHUT_RDWR))
		die("shutdown");
}

void send_byte(int fd)
{
	if (send(fd, "", 1, MSG_NOSIGNAL) != 1)
		die("send");
}

void read_byte(int fd)
{
	char byte;

	if (recv(fd, &byte, 1, 0) != 1)
		die("read: not a byte");
}

void await_word(int fd)
{
	char byte;

	if (recv(fd, &byte, 1, 0) < 0)
		die("read");
}

void live_on(void)
{
	struct timespec left = { 0, LIFE_NS };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

void await_end(int fd)
{
	char buf[256];
	ssize_t n;

	do
		n = recv(fd, buf, sizeof(buf), 0);
	while (n > 0);
	if (n < 0 && errno != ECONNRESET)
		die("read: not the end");
}

void await_unread(int fd, int bytes)
{
	char buf[64];

	if (bytes > (int)sizeof(buf) ||
	    recv(fd, buf, bytes, MSG_PEEK | MSG_WAITALL) != bytes)
		die("read: not %d bytes", bytes);
}

void ask(int fd)
{
	send_byte(fd);
	read_byte(fd);
}

void answer(int fd)
{
	read_byte(fd);
	send_byte(fd);
}

/* --- descriptors --- */

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

void request_rounds(const struct cast *c, int over)
{
	for (int i = 0; i < c->rounds; i++) {
		int fd = connect_to(c);

		ask(fd);
		if (i % 4 == 3)
			live_on();
		if (i % 2 == 0)
			await_end(fd);
		close_held(fd);
		gate_pass(over);
	}
}

void serve_round(int fd, int round, int over)
{
	answer(fd);
	if (round % 4 == 2)
		live_on();
	if (round % 2)
		await_end(fd);
	close_held(fd);
	gate_open(over);
}

void pass_fd(int channel, int fd)
{
	union control control = { 0 };
	struct iovec data = { "", 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(channel, &message, 0) != 1)
		die("sendmsg");
}

int take_fd(int channel)
{
	union control control;
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	int fd;

	if (recvmsg(channel, &message, 0) != 1 ||
	    message.msg_controllen < sizeof(control.header))
		die("recvmsg");
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

/* --- the tools --- */

void await_watch(void)
{
	sigset_t go;
	int got;

	sigemptyset(&go);
	sigaddset(&go, SIGUSR1);
	printf("watch\n");
	fflush(stdout);
	if (sigwait(&go, &got))
		die("sigwait");
}
