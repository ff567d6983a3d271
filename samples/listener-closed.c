// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A listener that goes away before it has accepted a client.
 *
 * The client's connect() works, for the kernel completes the handshake on its
 * own; it even takes the client's first bytes. When the listener is closed,
 * nobody can accept the connection any more, and it is reset: by close(), with
 * --exit and --kill by the end of the server's process, with --shutdown by
 * shutdown(), which keeps the socket.
 *
 * The first bytes are unread, but that is not why. Nor is SO_LINGER, which
 * the connection inherits from its listener with --linger.
 *
 * With --worker a second process holds the listener: when the server closes
 * it nothing happens, when the worker exits the connection is reset. With
 * --destroy it is none of them, but "ss -K".
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "socket.h"

/* Closes its end of @gate when the server has closed the listener. */
static void work(const int gate[2])
{
	char byte;

	prctl(PR_SET_NAME, "listener-worker");
	printf("role listener-worker %d\n", getpid());
	fflush(stdout);
	close(gate[1]);
	if (read(gate[0], &byte, 1))
		die("the server said something");
	_exit(0);
}

static void close_with_worker(int listener)
{
	int gate[2], status;
	pid_t worker;

	if (pipe(gate))
		die("cannot make a pipe");
	worker = fork();
	if (worker < 0)
		die("cannot fork");
	if (!worker)
		work(gate);
	close(listener);
	close(gate[1]);
	if (waitpid(worker, &status, 0) != worker || status)
		die("the worker failed");
}

static void run_ss(struct stage *s)
{
	char port[16];

	snprintf(port, sizeof(port), ":%d", s->port);
	execlp("ss", "ss", "-K", "-t", "-H", "-l", "sport", "=", port, NULL);
	die("ss: %s", strerror(errno));
}

static void serve(struct stage *s)
{
	int listener = listen_on(s);

	if (stage_variant(s, "linger"))
		set_linger_zero(listener);
	note_send(s);
	await_pending(listener);
	note_wait(s);

	if (stage_variant(s, "kill"))
		stage_await_kill(s);
	if (stage_variant(s, "exit"))
		_exit(0);
	if (stage_variant(s, "worker")) {
		close_with_worker(listener);
		return;
	}
	if (stage_variant(s, "destroy")) {
		cue_third(s);
		await_reset(listener);
	}
	if (stage_variant(s, "shutdown"))
		shutdown(listener, SHUT_RDWR);
	close(listener);
}

static void request(struct stage *s)
{
	int fd;

	note_wait(s);
	fd = connect_to(s);
	send_exactly(fd, "ABCD", 4);
	await_acknowledged(fd);
	note_send(s);
	expect_read_error(fd, ECONNRESET);
	close(fd);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "exit",	  "kill",   "shutdown",
						"linger", "worker", "destroy",
						NULL };
	static const struct program program = {
		.about = "A listener is closed before it accepts: a RST.",
		.port = 8091,
		.variants = variants,
	};
	static const struct role server = { "listener-server", serve };
	static const struct role client = { "listener-client", request };
	static const struct role killer = { "ss", run_ss };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	if (stage_variant(&s, "destroy"))
		stage_third(&s, &killer);
	return stage_play(&s, &server, &client);
}
