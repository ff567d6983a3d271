// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The two ends apart, in network namespaces of their own and perhaps with
 * translated addresses in between: the client says what it calls its end.
 * Each is a program of its own; the server goes first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "census.h"
#include "scene.h"
#include "truth.h"

#define TEXT_LEN 160

/* By turns the server resets it, the client does, and it ends in peace. */
static void end_in_turn(int fd, int turn)
{
	if (turn == 0)
		await_unread(fd, 1);
	else
		await_end(fd);
	close_held(fd);
}

static void far_server(struct cast *c)
{
	int listener = listen_at(c);

	await_watch();
	for (int i = 0; i < c->rounds; i++) {
		int fd = accept_from(listener);
		char text[TEXT_LEN];

		if (recv(fd, text, TEXT_LEN, MSG_WAITALL) != TEXT_LEN)
			die("no description");
		truth_pair(fd, text);
		send_byte(fd);
		end_in_turn(fd, i % 3);
	}
}

static void far_client(struct cast *c)
{
	for (int i = 0; i < c->rounds; i++) {
		int fd = connect_to(c);
		char text[TEXT_LEN] = { 0 };

		truth_describe(fd, text, sizeof(text));
		if (send(fd, text, TEXT_LEN, 0) != TEXT_LEN)
			die("send");
		if (i % 3 == 0) {
			read_byte(fd);
			send_byte(fd);
			await_end(fd);
		} else if (i % 3 == 1) {
			await_unread(fd, 1); /* ... and it is never read */
		} else {
			read_byte(fd);
		}
		close_held(fd);
	}
}

/* --- connections to a program of others, open while the census is taken --- */

static const char request[] = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";

static void far_keep_open(struct cast *c)
{
	int fds[64];

	for (int i = 0; i < c->rounds && i < 64; i++) {
		fds[i] = connect_to(c);
		if (send(fds[i], request, strlen(request), 0) < 0)
			die("send");
	}
	for (int i = 0; i < c->rounds && i < 64; i++)
		await_unread(fds[i], 1);
	census();
	live_on();
	for (int i = 0; i < c->rounds && i < 64; i++)
		close_held(fds[i]);
}

const struct scene far_scenes[] = {
	{ "far-server", far_server, true },
	{ "far-client", far_client, false },
	{ "far-keep-open", far_keep_open, false },
	{ 0 },
};
