// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How a socket gets from one process to another, or keeps its process. */
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scene.h"
#include "truth.h"

static int listening, served, given, taken; /* gates */
static int channel[2];

/* What two processes tell each other beside TCP. */
static struct note {
	pid_t acceptor;
	int fd;
} * note;

static void prepare(void)
{
	listening = gate_new();
	served = gate_new();
	given = gate_new();
	taken = gate_new();
	note = mmap(NULL, sizeof(*note), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (note == MAP_FAILED)
		die("mmap");
}

static void request(struct cast *c)
{
	request_rounds(c, served);
}

static void serve_taken(int fd, int round)
{
	serve_round(fd, round, served);
}

/* --- SCM_RIGHTS and pidfd_getfd(): an acceptor and a worker --- */

static void accept_and_pass(struct cast *c)
{
	int listener = listen_at(c);

	gate_open(listening);
	for (int i = 0; i < c->rounds; i++) {
		int fd = accept_from(listener);

		pass_fd(channel[0], fd);
		gate_pass(taken);
		drop_held(fd);
		gate_open(given);
	}
}

static void work_passed(struct cast *c)
{
	for (int i = 0; i < c->rounds; i++) {
		uint64_t since = truth_now();
		int fd = take_fd(channel[1]);

		truth_hold(fd, since);
		gate_open(taken);
		gate_pass(given);
		serve_taken(fd, i);
	}
}

static void accept_and_tell(struct cast *c)
{
	int listener = listen_at(c);

	note->acceptor = getpid();
	gate_open(listening);
	for (int i = 0; i < c->rounds; i++) {
		note->fd = accept_from(listener);
		gate_open(given);
		gate_pass(taken);
		drop_held(note->fd);
		gate_open(given);
	}
}

static void work_fetched(struct cast *c)
{
	int acceptor = -1;

	for (int i = 0; i < c->rounds; i++) {
		uint64_t since = truth_now();
		int fd;

		gate_pass(given);
		if (acceptor < 0)
			acceptor = syscall(SYS_pidfd_open, note->acceptor, 0);
		fd = syscall(SYS_pidfd_getfd, acceptor, note->fd, 0);
		if (fd < 0)
			die("pidfd_getfd");
		truth_hold(fd, since);
		gate_open(taken);
		gate_pass(given);
		serve_taken(fd, i);
	}
}

static void play_pair(struct cast *c, void (*acceptor_part)(struct cast *),
		      void (*worker_part)(struct cast *))
{
	pid_t acceptor, worker, client;

	prepare();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel))
		die("socketpair");
	acceptor = enter("own-acceptor", acceptor_part, c);
	gate_pass(listening);
	worker = enter("own-worker", worker_part, c);
	client = enter("own-client", request, c);
	leave(client, 0);
	leave(worker, 0);
	leave(acceptor, 0);
}

static void play_scm_rights(struct cast *c)
{
	play_pair(c, accept_and_pass, work_passed);
}

static void play_pidfd_getfd(struct cast *c)
{
	play_pair(c, accept_and_tell, work_fetched);
}

/* --- exec with a listener, or with a connection --- */

/* This program again; as /proc/self/exe it is called "exe". */
static _Noreturn void become(const char *part, int fd, int count)
{
	char option[16], descriptor[16], rounds[16];

	snprintf(option, sizeof(option), "--%s", part);
	snprintf(descriptor, sizeof(descriptor), "%d", fd);
	snprintf(rounds, sizeof(rounds), "%d", count);
	truth_called("exe");
	execl("/proc/self/exe", "exe", option, descriptor, rounds, NULL);
	die("exec");
}

/* The gates go through exec: their numbers do not. */
static void export_gates(void)
{
	char text[64];

	snprintf(text, sizeof(text), "%d", served);
	setenv("OWNERS_SERVED", text, 1);
}

void exec_main(const char *part, int fd, int count)
{
	const char *gate = getenv("OWNERS_SERVED");

	served = gate ? atoi(gate) : -1;
	truth_hold(fd, truth_now());
	if (!strcmp(part, "--activated")) {
		for (int i = 0; i < count; i++)
			serve_taken(accept_from(fd), i);
	} else if (!strcmp(part, "--inetd")) {
		serve_taken(fd, count);
	} else if (!strcmp(part, "--client")) {
		read_byte(fd);
		close_held(fd);
	}
}

static int inherited, round_number;
static uint64_t since_when;

static void be_activated(struct cast *c)
{
	truth_hold(inherited, since_when);
	become("activated", inherited, c->rounds);
}

static void play_activation(struct cast *c)
{
	pid_t service, client;

	prepare();
	export_gates();
	inherited = listen_at(c);
	since_when = truth_now();
	service = enter("own-service", be_activated, c);
	client = enter("own-client", request, c);
	leave(client, 0);
	leave(service, 0);
}

static void be_inetd_child(struct cast *c)
{
	(void)c;
	gate_pass(given);
	if (dup2(inherited, STDIN_FILENO) < 0)
		die("dup2");
	truth_hold(STDIN_FILENO, since_when);
	close_quietly(inherited);
	become("inetd", STDIN_FILENO, round_number);
}

static void serve_as_inetd(struct cast *c)
{
	int listener = listen_at(c);

	gate_open(listening);
	for (round_number = 0; round_number < c->rounds; round_number++) {
		pid_t child;

		inherited = accept_from(listener);
		since_when = truth_now();
		child = enter("own-inetd-child", be_inetd_child, c);
		drop_held(inherited);
		gate_open(given);
		leave(child, 0);
	}
}

static void play_inetd(struct cast *c)
{
	pid_t server, client;

	prepare();
	export_gates();
	server = enter("own-inetd", serve_as_inetd, c);
	gate_pass(listening);
	client = enter("own-client", request, c);
	leave(client, 0);
	leave(server, 0);
}

/* --- exec between connect and close --- */

static void connect_and_exec(struct cast *c)
{
	int fd = connect_to(c);

	send_byte(fd);
	if (round_number % 2)
		live_on();
	become("client", fd, 0);
}

static void serve_simply(struct cast *c)
{
	int listener = listen_at(c);

	gate_open(listening);
	for (int i = 0; i < c->rounds; i++) {
		int fd = accept_from(listener);

		answer(fd);
		await_end(fd);
		close_held(fd);
	}
}

static void play_exec(struct cast *c)
{
	pid_t server;

	prepare();
	server = enter("own-server", serve_simply, c);
	gate_pass(listening);
	for (round_number = 0; round_number < c->rounds; round_number++)
		leave(enter("own-client", connect_and_exec, c), 0);
	leave(server, 0);
}

/* --- a pid that is another process's after a while --- */

/* fork() into a pid that is free: nothing else of the host changes. */
static pid_t enter_as(pid_t wanted, const char *name,
		      void (*act)(struct cast *c), struct cast *c)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&wanted,
		.set_tid_size = 1,
	};
	uint64_t forked_at = truth_now();
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		die("clone3 with pid %d", wanted);
	if (pid)
		return pid;
	begin_part(name, forked_at);
	act(c);
	_exit(EXIT_SUCCESS);
}

static void connect_once(struct cast *c)
{
	int fd = connect_to(c);

	ask(fd);
	if (round_number % 2)
		live_on();
	close_held(fd);
}

static void play_pid_reuse(struct cast *c)
{
	pid_t server, client;

	prepare();
	server = enter("own-server", serve_simply, c);
	gate_pass(listening);
	client = enter("own-first", connect_once, c);
	leave(client, 0);
	for (round_number = 1; round_number < c->rounds; round_number++) {
		char name[16];

		snprintf(name, sizeof(name), "own-next-%hhu",
			 (unsigned char)round_number);
		leave(enter_as(client, name, connect_once, c), 0);
	}
	leave(server, 0);
}

const struct scene handover_scenes[] = {
	{ "scm-rights", play_scm_rights, false },
	{ "pidfd-getfd", play_pidfd_getfd, false },
	{ "activation", play_activation, false },
	{ "inetd", play_inetd, false },
	{ "exec", play_exec, false },
	{ "pid-reuse", play_pid_reuse, false },
	{ 0 },
};
