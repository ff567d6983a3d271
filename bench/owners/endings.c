// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * All the ways in which a process may end its connection; each twice, with
 * all data read, and with a byte that it has not read: then it is a reset.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scene.h"
#include "truth.h"

struct ending {
	const char *name;    /* of the process */
	void (*act)(int fd); /* may return: then the process closes and ends */
	int status;
	bool by_parent; /* who kills it, when it is ready */
};

static const struct ending *ending; /* that is played */
static bool unread;
static int listening, ready, server_done; /* gates */
static int client_fd;

static void act_close(int fd)
{
	close_held(fd);
}

static void act_shutdown_write(int fd)
{
	truth_act(fd, "shutdown");
	if (shutdown(fd, SHUT_WR))
		die("shutdown");
	await_end(fd);
	close_held(fd);
}

static void act_shutdown_both(int fd)
{
	shut_held(fd);
	close_held(fd);
}

static void act_shutdown_read(int fd)
{
	if (shutdown(fd, SHUT_RD))
		die("shutdown");
	close_held(fd);
}

static void act_exit(int fd)
{
	truth_act(fd, "exit");
	_exit(EXIT_SUCCESS);
}

static void *exit_group(void *arg)
{
	(void)arg;
	syscall(SYS_exit_group, 0);
	return NULL;
}

static void act_exit_group(int fd)
{
	pthread_t thread;

	truth_act_of(fd, "exit", getpid());
	if (pthread_create(&thread, NULL, exit_group, NULL))
		die("pthread_create");
	for (;;)
		pause();
}

static void act_await_kill(int fd)
{
	truth_act_of(fd, "signal:9", getpid());
	gate_open(ready);
	for (;;)
		pause();
}

static void act_segv(int fd)
{
	truth_act(fd, "signal:11");
	raise(SIGSEGV);
}

static void act_abort(int fd)
{
	truth_act(fd, "signal:6");
	abort();
}

static void act_linger(int fd)
{
	const struct linger drop = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &drop, sizeof(drop));
	close_held(fd);
}

static void act_unspec(int fd)
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

	truth_act(fd, "connect-unspec");
	if (connect(fd, &nowhere, sizeof(nowhere)))
		die("connect to nowhere");
	drop_held(fd);
}

/* --- the server ends it --- */

static void serve_and_end(struct cast *c)
{
	int listener = listen_at(c), fd;

	gate_open(listening);
	fd = accept_from(listener);
	answer(fd);
	await_unread(fd, 1);
	if (!unread)
		read_byte(fd);
	close_quietly(listener);
	ending->act(fd);
}

static void request(struct cast *c)
{
	client_fd = connect_to(c);
	ask(client_fd);
	send_byte(client_fd);
	await_end(client_fd);
	gate_pass(server_done);
	close_held(client_fd);
}

/* --- the client ends it --- */

static void serve(struct cast *c)
{
	int listener = listen_at(c), fd;

	gate_open(listening);
	fd = accept_from(listener);
	answer(fd);
	send_byte(fd);
	await_end(fd);
	close_held(fd);
}

static void request_and_end(struct cast *c)
{
	int fd = connect_to(c);

	ask(fd);
	await_unread(fd, 1);
	if (!unread)
		read_byte(fd);
	ending->act(fd);
}

/* --- */

static void finish(pid_t actor)
{
	if (ending->by_parent) {
		gate_pass(ready);
		kill(actor, SIGKILL);
	}
	leave(actor, ending->status);
}

static void play_one(struct cast *c, bool by_server)
{
	pid_t server, client;

	listening = gate_new();
	ready = gate_new();
	server_done = gate_new();
	server = enter(by_server ? ending->name : "end-other",
		       by_server ? serve_and_end : serve, c);
	gate_pass(listening);
	client = enter(by_server ? "end-other" : ending->name,
		       by_server ? request : request_and_end, c);
	if (by_server) {
		/* shutdown(SHUT_WR) waits for the other end's close. */
		if (ending->act == act_shutdown_write)
			gate_open(server_done);
		finish(server);
		gate_open(server_done);
		leave(client, 0);
	} else {
		finish(client);
		leave(server, 0);
	}
	/* An address of its own for each, whatever is left of the last one. */
	c->port++;
}

static void play(struct cast *c, const struct ending *e)
{
	const struct rlimit no_core = { 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	ending = e;
	for (int i = 0; i < 4; i++) {
		unread = i & 1;
		play_one(c, i & 2);
	}
}

#define ENDING(scene, function, wait_status, killed)                      \
	static void play_##scene(struct cast *c)                          \
	{                                                                 \
		static const struct ending e = { "end-" #scene, function, \
						 wait_status, killed };   \
                                                                          \
		play(c, &e);                                              \
	}

ENDING(close, act_close, 0, false)
ENDING(shut_wr, act_shutdown_write, 0, false)
ENDING(shut_rdwr, act_shutdown_both, 0, false)
ENDING(shut_rd, act_shutdown_read, 0, false)
ENDING(exit, act_exit, 0, false)
ENDING(exit_group, act_exit_group, 0, false)
ENDING(sigkill, act_await_kill, SIGKILL, true)
ENDING(sigsegv, act_segv, SIGSEGV, false)
ENDING(abort, act_abort, SIGABRT, false)
ENDING(linger, act_linger, 0, false)
ENDING(unspec, act_unspec, 0, false)

/* --- too much memory for its cgroup --- */

#define OOM_LIMIT_BYTES "16777216"

static char cgroup[128];

static void write_to(const char *directory, const char *file, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("cannot write to %s", path);
	close(fd);
}

static const char *limit_file(void)
{
	return strstr(cgroup, "/memory/") ? "memory.limit_in_bytes"
					  : "memory.max";
}

static void act_oom(int fd)
{
	size_t size = 256 << 20;
	char *much;

	write_to(cgroup, "cgroup.procs", "0");
	truth_act_of(fd, "signal:9", getpid());
	much = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (much == MAP_FAILED)
		die("mmap");
	memset(much, 1, size);
	die("still alive");
}

static void play_oom(struct cast *c)
{
	static const struct ending e = { "end-oom", act_oom, SIGKILL, false };
	static const char *const roots[] = { "/sys/fs/cgroup/memory",
					     "/sys/fs/cgroup" };

	for (int i = 0; i < 2 && !*cgroup; i++) {
		char controls[64];

		snprintf(controls, sizeof(controls), "%s/cgroup.procs",
			 roots[i]);
		snprintf(cgroup, sizeof(cgroup), "%s/tcpwhy-oom-%d", roots[i],
			 getpid());
		if (access(controls, W_OK) || mkdir(cgroup, 0755))
			*cgroup = '\0';
	}
	if (!*cgroup)
		leave_out("no memory cgroup can be made here");
	write_to(cgroup, limit_file(), OOM_LIMIT_BYTES);
	play(c, &e);
	rmdir(cgroup);
}

const struct scene ending_scenes[] = {
	{ "end-close", play_close, false },
	{ "end-shutdown-write", play_shut_wr, false },
	{ "end-shutdown-both", play_shut_rdwr, false },
	{ "end-shutdown-read", play_shut_rd, false },
	{ "end-exit", play_exit, false },
	{ "end-exit-group", play_exit_group, false },
	{ "end-sigkill", play_sigkill, false },
	{ "end-sigsegv", play_sigsegv, false },
	{ "end-abort", play_abort, false },
	{ "end-oom", play_oom, false },
	{ "end-linger-zero", play_linger, false },
	{ "end-connect-unspec", play_unspec, false },
	{ 0 },
};
