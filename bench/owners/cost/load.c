// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * load talk MS: one connection on loopback, a byte there and back as often as
 * it goes in that time; prints how often in a second.
 * load prefork WORKERS COUNT: a prefork server, COUNT connections one after
 * the other; each 10th stays open long enough to have its owner asked for.
 * Prints how many microseconds one took.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_WORKERS 64
#define LIFE_NS	    60000000L

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

/* Both ends on one CPU: where they run would matter more than what does. */
static void stay_here(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("sched_setaffinity");
}

static struct sockaddr_in here;

static int new_listener(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(here);

	here.sin_family = AF_INET;
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&here, len) || listen(fd, 64) ||
	    getsockname(fd, (struct sockaddr *)&here, &len))
		die("listen");
	return fd;
}

static int new_connection(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&here, sizeof(here)))
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static _Noreturn void serve(int listener)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		char byte;

		if (fd < 0)
			die("accept");
		while (read(fd, &byte, 1) == 1)
			if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1)
				break;
		close(fd);
	}
}

static void ask(int fd)
{
	char byte = 0;

	if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || read(fd, &byte, 1) != 1)
		die("the server is gone");
}

static void talk(uint64_t ms)
{
	int fd = new_connection();
	uint64_t begun = now(), end = begun + ms * 1000000, count = 0;

	do {
		ask(fd);
		count++;
	} while (now() < end);
	printf("%.0f\n", count * 1e9 / (now() - begun));
	close(fd);
}

static void connect_often(int count)
{
	const struct timespec life = { 0, LIFE_NS };
	uint64_t begun = now();

	for (int i = 0; i < count; i++) {
		int fd = new_connection();

		ask(fd);
		if (i % 10 == 0)
			nanosleep(&life, NULL);
		close(fd);
	}
	printf("%.1f\n", (now() - begun) / 1e3 / count);
}

int main(int argc, char **argv)
{
	int prefork = argc == 4 && !strcmp(argv[1], "prefork");
	int workers = prefork ? atoi(argv[2]) : 1, listener;
	pid_t pids[MAX_WORKERS];

	if (!prefork && (argc != 3 || strcmp(argv[1], "talk") != 0)) {
		fprintf(stderr,
			"usage: load talk MS | prefork WORKERS COUNT\n");
		return 2;
	}
	if (workers < 1 || workers > MAX_WORKERS)
		workers = MAX_WORKERS;
	if (!prefork)
		stay_here();
	listener = new_listener();
	for (int i = 0; i < workers; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			die("fork");
		if (!pids[i])
			serve(listener);
	}
	if (prefork)
		connect_often(atoi(argv[3]));
	else
		talk(atoi(argv[2]));
	for (int i = 0; i < workers; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	return EXIT_SUCCESS;
}
