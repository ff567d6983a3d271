// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "crowd.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tool.h"

#define MAX_PROCESSES 1024
#define FIRST_PORT    7000

/* Descriptors that are not ends of connections, with room. */
#define OTHER_FILES 100

struct crowd {
	pid_t processes[MAX_PROCESSES];
	unsigned int count;
};

static void open_both_ends(int listener, const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)at, sizeof(*at)) ||
	    accept(listener, NULL, NULL) < 0)
		die("a connection to hold");
}

static _Noreturn void hold(int number, unsigned int connections, int ready)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(FIRST_PORT + number),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (listener < 0 ||
	    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(listener, (const struct sockaddr *)&at, sizeof(at)) ||
	    listen(listener, 1))
		die("listen");
	while (connections--)
		open_both_ends(listener, &at);
	tell_ready(ready);
	for (;;)
		pause();
}

struct crowd *crowd_gather(unsigned int connections)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));
	struct rlimit files;
	unsigned int each;

	if (!crowd || getrlimit(RLIMIT_NOFILE, &files))
		die("a crowd");
	each = (files.rlim_cur - OTHER_FILES) / 2;
	while (connections) {
		unsigned int part = connections < each ? connections : each;
		int ready[2];
		pid_t pid;

		if (pipe(ready))
			die("pipe");
		pid = begin_child("bench-crowd", -1);
		if (pid == 0)
			hold(crowd->count, part, ready[1]);
		crowd->processes[crowd->count++] = pid;
		connections -= part;
		close(ready[1]);
		/* One after the other: else it would be a storm. */
		await_ready(ready[0], "who holds connections open");
		close(ready[0]);
	}
	return crowd;
}

void crowd_leave(struct crowd *crowd)
{
	if (!crowd)
		return;
	for (unsigned int i = 0; i < crowd->count; i++)
		end_child(crowd->processes[i]);
	free(crowd);
}
