// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "truth.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cast.h"

#define MAX_FD	4096

#define END_LEN 160 /* two addresses, two ports */

static int out = -1;
static char *ends[MAX_FD];

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

uint64_t truth_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

__attribute__((format(printf, 1, 2))) static void put(const char *format, ...)
{
	char line[512];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (write(out, line, len) != len)
		die("cannot write the truth");
}

void truth_open(int fd)
{
	uint64_t before = truth_now(), real = clock_ns(CLOCK_REALTIME);

	out = fd;
	put("clock\t%llu\t%llu\n",
	    (unsigned long long)(before + truth_now()) / 2,
	    (unsigned long long)real);
}

/* "address port"; an IPv4-mapped address as the IPv4 address that it is. */
static void print_address(const struct sockaddr_storage *at, char *text,
			  size_t size)
{
	const struct sockaddr_in6 *v6 = (const void *)at;
	const struct sockaddr_in *v4 = (const void *)at;
	char address[INET6_ADDRSTRLEN];
	const char *shown = address;

	if (at->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &v6->sin6_addr, address, sizeof(address));
		if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
			shown = strrchr(address, ':') + 1;
	} else {
		inet_ntop(AF_INET, &v4->sin_addr, address, sizeof(address));
	}
	snprintf(text, size, "%s\t%d", shown,
		 ntohs(at->ss_family == AF_INET6 ? v6->sin6_port
						 : v4->sin_port));
}

static const char *end_of(int fd)
{
	struct sockaddr_storage at = { 0 };
	socklen_t len = sizeof(at);
	char local[80], remote[80];

	if (fd < 0 || fd >= MAX_FD)
		die("descriptor %d is too large", fd);
	if (ends[fd])
		return ends[fd];
	if (getsockname(fd, (struct sockaddr *)&at, &len))
		die("getsockname of %d", fd);
	print_address(&at, local, sizeof(local));
	len = sizeof(at);
	if (getpeername(fd, (struct sockaddr *)&at, &len)) /* a listener */
		at = (struct sockaddr_storage){ .ss_family = at.ss_family };
	print_address(&at, remote, sizeof(remote));
	if (asprintf(&ends[fd], "%s\t%s", local, remote) < 0)
		die("out of memory");
	return ends[fd];
}

static void forget(int fd)
{
	free(ends[fd]);
	ends[fd] = NULL;
}

void truth_hold(int fd, uint64_t since)
{
	forget(fd);
	put("hold\t%s\t%d\t%llu\n", end_of(fd), getpid(),
	    (unsigned long long)since);
}

void truth_drop(int fd)
{
	put("drop\t%s\t%d\t%llu\n", end_of(fd), getpid(),
	    (unsigned long long)truth_now());
	forget(fd);
}

void truth_act(int fd, const char *trigger)
{
	put("act\t%s\t%d\t%d\t%s\t%llu\n", end_of(fd), getpid(), gettid(),
	    trigger, (unsigned long long)truth_now());
}

void truth_act_of(int fd, const char *trigger, pid_t pid)
{
	put("act\t%s\t%d\t0\t%s\t%llu\n", end_of(fd), pid, trigger,
	    (unsigned long long)truth_now());
}

void truth_born(uint64_t since)
{
	char name[16];

	prctl(PR_GET_NAME, name);
	put("called\t%d\t%llu\t%s\n", getpid(), (unsigned long long)since,
	    name);
}

void truth_called(const char *name)
{
	put("called\t%d\t%llu\t%s\n", getpid(), (unsigned long long)truth_now(),
	    name);
}

void truth_name(const char *name)
{
	put("name\t%d\t%llu\t%s\n", getpid(), (unsigned long long)truth_now(),
	    name);
}

void truth_hold_of(const char *ends, pid_t pid)
{
	put("hold\t%s\t%d\t0\n", ends, pid);
}

void truth_name_of(pid_t pid, const char *name)
{
	put("name\t%d\t0\t%s\n", pid, name);
}

void truth_describe(int fd, char *text, size_t size)
{
	snprintf(text, size, "%s", end_of(fd));
}

void truth_pair(int fd, const char *other)
{
	put("pair\t%s\t%s\n", end_of(fd), other);
}
