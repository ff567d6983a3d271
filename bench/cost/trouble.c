// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "trouble.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "crowd.h"
#include "tool.h"

#define OLD 200 /* connections */

/* Between two of what would else be all that the host does. */
#define PAUSE_NS 5000000ULL

static void pause_a_little(void)
{
	sleep_until(now_ns() + PAUSE_NS);
}

static void storm(void)
{
	for (unsigned int i = 0;; i++) {
		int fd = client_connect(0, i);

		client_exchange(fd);
		client_close(fd, i % 2);
	}
}

/* The first of them were there before the watch. */
static void come_and_go(void)
{
	for (;;) {
		struct crowd *crowd = crowd_gather(OLD);

		sleep_until(now_ns() + 100 * PAUSE_NS);
		crowd_leave(crowd);
	}
}

static void await_child(pid_t pid)
{
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
}

/* Half of them leave the end of the connection to exit(). */
static void be_born(void)
{
	for (unsigned int i = 0;; i++) {
		pid_t pid = begin_child("soak-short", -1);

		if (pid == 0) {
			int fd = client_connect(0, i);

			client_exchange(fd);
			if (i % 2)
				execlp("true", "true", NULL);
			_exit(0);
		}
		await_child(pid);
		pause_a_little();
	}
}

static _Noreturn void live_in_namespace(void)
{
	struct crowd *crowd;
	int fd, listener;
	pid_t server;

	if (unshare(CLONE_NEWNET))
		die("a network namespace");
	loopback_up();
	listener = server_listen(0);
	server = begin_child("soak-server", -1);
	if (server == 0)
		server_run(listener);
	fd = client_connect(0, 0);
	client_exchange(fd);
	client_close(fd, true);
	crowd = crowd_gather(1);
	crowd_leave(crowd);
	end_child(server);
	_exit(0);
}

static void be_elsewhere(void)
{
	for (;;) {
		pid_t pid = begin_child("soak-namespace", -1);

		if (pid == 0)
			live_in_namespace();
		await_child(pid);
		pause_a_little();
	}
}

static void (*const acts[])(void) = { come_and_go, storm, be_born,
				      be_elsewhere };

struct troubles {
	pid_t server;
	pid_t pids[COUNT(acts)];
};

struct troubles *troubles_begin(void)
{
	struct troubles *t = calloc(1, sizeof(*t));
	int listener = server_listen(0);

	if (!t)
		die("memory");
	t->server = begin_child("soak-server", -1);
	if (t->server == 0)
		server_run(listener);
	close(listener);
	for (unsigned int i = 0; i < COUNT(acts); i++) {
		t->pids[i] = begin_child("soak", -1);
		if (t->pids[i] == 0)
			acts[i]();
	}
	return t;
}

void troubles_end(struct troubles *t)
{
	for (unsigned int i = 0; i < COUNT(acts); i++)
		end_child(t->pids[i]);
	end_child(t->server);
	free(t);
}
