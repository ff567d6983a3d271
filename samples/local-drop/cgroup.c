// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The server is in a cgroup, and a BPF program of that lets nothing in. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "obstacle.h"

#define MOUNTED "/sys/fs/cgroup"

static char path[64];
static int cgroup, program;
static int left[2]; /* a pipe that ends when all have left */
static pid_t remover;

/* However this ends, the cgroup does not stay behind. */
static void remove_when_left(void)
{
	char byte;

	if (pipe(left))
		die("cannot make a pipe: %s", strerror(errno));
	remover = fork();
	if (remover < 0)
		die("cannot fork: %s", strerror(errno));
	if (remover) {
		close(left[0]);
		return;
	}
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	close(left[1]);
	_exit(read(left[0], &byte, 1) != 0 || rmdir(path) != 0);
}

/* Where others have mounted it is no matter: these mounts are ours alone. */
static void prepare(struct stage *s)
{
	(void)s;
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", MOUNTED, "cgroup2", 0, NULL))
		die("cannot mount cgroup2: %s", strerror(errno));
	snprintf(path, sizeof(path), MOUNTED "/local-drop-%d", getpid());
	if (mkdir(path, 0755))
		die("%s: %s", path, strerror(errno));
	cgroup = open(path, O_RDONLY | O_CLOEXEC);
	if (cgroup < 0)
		die("%s: %s", path, strerror(errno));
	remove_when_left();
}

static void join(void)
{
	int fd = openat(cgroup, "cgroup.procs", O_WRONLY);

	if (fd < 0 || write(fd, "0", 1) != 1 || close(fd))
		die("cannot join %s: %s", path, strerror(errno));
}

static void raise_program(int fd)
{
	(void)fd;
	program = attach_verdict(BPF_PROG_TYPE_CGROUP_SKB,
				 BPF_CGROUP_INET_INGRESS, cgroup, 0, 0);
}

static void clear(int fd)
{
	(void)fd;
	close(program);
}

static void finish(void)
{
	int status;

	close(left[1]);
	if (waitpid(remover, &status, 0) != remover || status)
		die("%s was not removed", path);
}

const struct obstacle cgroup_obstacles[] = {
	{ .name = "cgroup",
	  .prepare = prepare,
	  .server_enters = join,
	  .raise = raise_program,
	  .clear = clear,
	  .finish = finish,
	  .size = 4 },
	{ 0 },
};
