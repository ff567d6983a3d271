// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sockets that are older than the watch, in every state that lasts; and the
 * watch may begin while other connections come and go.
 */
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scene.h"
#include "truth.h"

#define EACH 4 /* connections of each kind */

enum kind { ESTABLISHED, HALF_CLOSED_HERE, HALF_CLOSED_THERE, QUEUED, KINDS };

static int listening, connected, prepared, go_on; /* gates */
static int storm_served;			  /* a gate */
static int child_has, parent_let_go;
static atomic_bool *storm_over; /* shared */

/* Those that are accepted before; the rest waits in the queue. */
static void accept_first(int listener, int fds[KINDS][EACH])
{
	for (int kind = 0; kind < QUEUED; kind++) {
		for (int i = 0; i < EACH; i++) {
			int fd = accept_from(listener);

			fds[kind][i] = fd;
			answer(fd);
			if (kind == HALF_CLOSED_HERE) {
				truth_act(fd, "shutdown");
				shutdown(fd, SHUT_WR);
			} else if (kind == HALF_CLOSED_THERE) {
				await_end(fd);
			}
		}
	}
}

static void serve(struct cast *c)
{
	int listener = listen_at(c), fds[KINDS][EACH];

	gate_open(listening);
	accept_first(listener, fds);
	gate_pass(connected);
	gate_open(prepared);
	gate_pass(go_on);
	for (int i = 0; i < EACH; i++)
		fds[QUEUED][i] = accept_from(listener);
	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < EACH; i++)
			close_held(fds[kind][i]);
	close_held(listener);
}

static void request(struct cast *c)
{
	int fds[KINDS][EACH];

	for (int kind = 0; kind < KINDS; kind++) {
		for (int i = 0; i < EACH; i++) {
			int fd = connect_to(c);

			fds[kind][i] = fd;
			if (kind == QUEUED)
				continue;
			ask(fd);
			if (kind == HALF_CLOSED_THERE) {
				truth_act(fd, "shutdown");
				shutdown(fd, SHUT_WR);
			} else if (kind == HALF_CLOSED_HERE) {
				await_end(fd);
			}
		}
	}
	gate_open(connected);
	for (int kind = 0; kind < KINDS; kind++) {
		for (int i = 0; i < EACH; i++) {
			await_end(fds[kind][i]);
			close_held(fds[kind][i]);
		}
	}
}

static void play_old(struct cast *c)
{
	pid_t server, client;

	listening = gate_new();
	connected = gate_new();
	prepared = gate_new();
	go_on = gate_new();
	server = enter("old-server", serve, c);
	gate_pass(listening);
	client = enter("old-client", request, c);
	gate_pass(prepared);
	await_watch();
	gate_open(go_on);
	leave(client, 0);
	leave(server, 0);
}

/* --- while connections come and go --- */

/*
 * As many as there is time for when nobody else needs it: what outruns the
 * tool on a busy host is another matter.
 */
static void step_back(void)
{
	if (setpriority(PRIO_PROCESS, 0, 19))
		die("setpriority");
}

static void serve_for_ever(struct cast *c)
{
	int listener = listen_at(c);

	step_back();
	gate_open(listening);
	for (;;) {
		int fd = accept_from(listener);

		answer(fd);
		await_end(fd);
		close_held(fd);
		gate_open(storm_served);
	}
}

static void request_for_long(struct cast *c)
{
	step_back();
	while (!atomic_load(storm_over)) {
		int fd = connect_to(c);

		ask(fd);
		close_held(fd);
		gate_pass(storm_served);
	}
}

/* A few more after the watch has begun, so that some are wholly seen. */
static void play_churn(struct cast *c)
{
	struct cast storm = *c;
	pid_t server, client;
	int own_gate = gate_new();

	storm_served = gate_new();
	storm.port++;
	storm_over = mmap(NULL, sizeof(*storm_over), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (storm_over == MAP_FAILED)
		die("mmap");
	listening = own_gate;
	server = enter("storm-server", serve_for_ever, &storm);
	gate_pass(own_gate);
	client = enter("storm-client", request_for_long, &storm);
	play_old(c);
	live_on();
	atomic_store(storm_over, true);
	leave(client, 0);
	kill(server, SIGKILL);
	leave(server, SIGKILL);
}

/* --- one that several held when the watch began --- */

static int old_listener, old_fd;

static void hold_with_parent(struct cast *c)
{
	(void)c;
	truth_hold(old_fd, 0);
	gate_open(child_has);
	gate_pass(parent_let_go);
	await_end(old_fd);
	close_held(old_fd);
}

static void serve_and_fork(struct cast *c)
{
	pid_t child;

	old_listener = listen_at(c);
	gate_open(listening);
	old_fd = accept_from(old_listener);
	answer(old_fd);
	child = enter("old-child", hold_with_parent, c);
	gate_pass(child_has);
	gate_open(prepared);
	gate_pass(go_on);
	drop_held(old_fd);
	gate_open(parent_let_go);
	leave(child, 0);
}

static void request_once(struct cast *c)
{
	int fd = connect_to(c);

	ask(fd);
	gate_open(connected);
	gate_pass(go_on);
	live_on();
	close_held(fd);
}

static void play_shared(struct cast *c)
{
	pid_t server, client;

	listening = gate_new();
	connected = gate_new();
	prepared = gate_new();
	go_on = gate_new();
	child_has = gate_new();
	parent_let_go = gate_new();
	server = enter("old-parent", serve_and_fork, c);
	gate_pass(listening);
	client = enter("old-client", request_once, c);
	gate_pass(connected);
	gate_pass(prepared);
	await_watch();
	gate_open(go_on);
	gate_open(go_on);
	leave(client, 0);
	leave(server, 0);
}

const struct scene older_scenes[] = {
	{ "older", play_old, true },
	{ "older-churn", play_churn, true },
	{ "older-shared", play_shared, true },
	{ 0 },
};
