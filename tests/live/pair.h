/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two processes, a server and a client, that do what the test says when it
 * says so: for tests in which the moment matters, or the pids must be known
 * before.
 */
#ifndef TESTS_LIVE_PAIR_H
#define TESTS_LIVE_PAIR_H

#include <stdbool.h>
#include <sys/types.h>

struct pair {
	const char *server_name, *client_name; /* as the kernel shows them */
	const char *address; /* of the server; with a colon it is IPv6 */
	int port;
	bool apart; /* the server is in a network namespace of its own */
	pid_t server, client;
	int server_orders, client_orders;
};

#define PAIR_FAR4 "10.8.0.2"
#define PAIR_FAR6 "fd08::2"

/* An initializer: a server and a client of this name. */
#define PAIR(name, at_address, at_port)                                       \
	{                                                                     \
		.server_name = name "-server", .client_name = name "-client", \
		.address = (at_address), .port = (at_port)                    \
	}

/*
 * Both processes are there, and do nothing yet. If they are to be apart there
 * is a wire between them: PAIR_FAR4 and PAIR_FAR6 lead to the server.
 */
void pair_start(struct pair *pair);

/* They are connected. */
void pair_connect(struct pair *pair);

/* The client has sent a byte, and the server has read it. */
void pair_talk(struct pair *pair);

/*
 * The server has dropped the connection, and stopped listening; the client has
 * noticed and closed.
 */
void pair_reset(struct pair *pair);

/* The client has tried to connect, and was refused. */
void pair_refused(struct pair *pair);

/* Until told to end, the client connects and closes as fast as it can. */
void pair_storm(struct pair *pair);

/* The client has done so @count times. */
void pair_burst(struct pair *pair, int count);

/* Both are gone. */
void pair_end(struct pair *pair);

#endif
