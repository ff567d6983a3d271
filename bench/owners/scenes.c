// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * scenes [-a ADDRESS] [-p PORT] [-n ROUNDS] [-w] SCENE 3>TRUTH: plays a scene
 * in the network namespace it is started in, and writes the truth to descriptor
 * 3. It prints "watch" when tools may be started, and goes on after SIGUSR1;
 * with -w it goes on at once. scenes --list: the names.  scenes --census
 * 3>>TRUTH: who holds what now.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "census.h"
#include "scene.h"
#include "truth.h"

#define TRUTH_FD 3

static const struct scene *const families[] = {
	simple_scenes, server_scenes, handover_scenes,
	ending_scenes, loop_scenes,   uring_scenes,
	older_scenes,  shared_scenes, far_scenes,
};

#define FAMILY_COUNT (sizeof(families) / sizeof(families[0]))

_Noreturn void leave_out(const char *why)
{
	fprintf(stderr, "left out: %s\n", why);
	exit(STATUS_LEFT_OUT);
}

static void list(void)
{
	for (size_t i = 0; i < FAMILY_COUNT; i++)
		for (const struct scene *s = families[i]; s->name; s++)
			puts(s->name);
}

static const struct scene *find(const char *name)
{
	for (size_t i = 0; i < FAMILY_COUNT; i++)
		for (const struct scene *s = families[i]; s->name; s++)
			if (!strcmp(s->name, name))
				return s;
	return NULL;
}

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: scenes [-a ADDRESS] [-p PORT] [-n ROUNDS] "
			"[-w] SCENE 3>TRUTH\n       scenes --list\n");
	exit(2);
}

static void play(const struct scene *scene, struct cast *c)
{
	sigset_t go;

	/* Until we wait for it; only then it must not be lost. */
	sigemptyset(&go);
	sigaddset(&go, SIGUSR1);
	sigprocmask(SIG_BLOCK, &go, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(TIME_LIMIT_S);
	truth_open(TRUTH_FD);
	truth_called(program_invocation_short_name);
	if (!scene->begins_before && !c->watched)
		await_watch();
	scene->play(c);
}

int main(int argc, char **argv)
{
	struct cast c = {
		.address = "127.0.0.1",
		.port = 7001,
		.rounds = 20,
	};
	const struct scene *scene;
	int option;

	if (argc == 4 && !strcmp(argv[0], "exe")) {
		truth_open(TRUTH_FD);
		exec_main(argv[1], atoi(argv[2]), atoi(argv[3]));
		return EXIT_SUCCESS;
	}
	if (argc == 2 && !strcmp(argv[1], "--census")) {
		truth_open(TRUTH_FD);
		census();
		return EXIT_SUCCESS;
	}
	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list();
		return EXIT_SUCCESS;
	}
	while ((option = getopt(argc, argv, "a:p:n:w")) != -1) {
		if (option == 'a')
			c.address = optarg;
		else if (option == 'p')
			c.port = atoi(optarg);
		else if (option == 'n')
			c.rounds = atoi(optarg);
		else if (option == 'w')
			c.watched = true;
		else
			usage();
	}
	scene = argc == optind + 1 ? find(argv[optind]) : NULL;
	if (!scene)
		usage();
	if (fcntl(TRUTH_FD, F_GETFD) < 0)
		usage();
	play(scene, &c);
	return EXIT_SUCCESS;
}
