// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * host PROCESSES FILES: as many processes with so many open files in all, of
 * which every tenth is a socket. Prints "there" once they are, and lives until
 * its stdin ends; its children live no longer than it does.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "host: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static _Noreturn void have(int files, int ready)
{
	int null = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < files; i++) {
		int fd = i % 10 ? dup(null) : socket(AF_INET, SOCK_STREAM, 0);

		if (fd < 0)
			die("cannot open one more");
	}
	if (write(ready, "", 1) != 1)
		die("pipe");
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int processes = argc == 3 ? atoi(argv[1]) : 0;
	int each = processes ? atoi(argv[2]) / processes : 0;
	struct rlimit limit = { each + 64, each + 64 };
	int ready[2];
	char byte;

	if (!each) {
		fprintf(stderr, "usage: host PROCESSES FILES\n");
		return 2;
	}
	if (setrlimit(RLIMIT_NOFILE, &limit) || pipe(ready))
		die("limits");
	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			have(each, ready[1]);
	}
	close(ready[1]);
	for (int i = 0; i < processes; i++)
		if (read(ready[0], &byte, 1) != 1)
			die("a child ended");
	puts("there");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return EXIT_SUCCESS;
}
