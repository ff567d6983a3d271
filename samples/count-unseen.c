// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * count-unseen FILE COMMAND [ARGUMENT...]: runs COMMAND, and writes to FILE how
 * often meanwhile something happened that no BPF program may have been shown:
 * see unseen.h. Its exit status is COMMAND's, as a shell gives it.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unseen.h"

static pid_t child;

static void pass_on(int signal)
{
	kill(child, signal);
}

static int await_child(void)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_FAILURE;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	FILE *file;
	int status;

	if (argc < 3) {
		fprintf(stderr, "usage: count-unseen FILE COMMAND...\n");
		return 2;
	}
	unseen_watch();
	child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		fprintf(stderr, "count-unseen: %s: %s\n", argv[2],
			strerror(errno));
		_exit(127);
	}
	if (child < 0) {
		perror("count-unseen: fork");
		return EXIT_FAILURE;
	}
	signal(SIGTERM, pass_on);
	signal(SIGINT, pass_on);
	signal(SIGHUP, pass_on);
	status = await_child();
	file = fopen(argv[1], "w");
	if (!file) {
		fprintf(stderr, "count-unseen: %s: %s\n", argv[1],
			strerror(errno));
		return EXIT_FAILURE;
	}
	fprintf(file, "%" PRIu64 "\n", unseen_count());
	fclose(file);
	return status;
}
