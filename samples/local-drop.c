// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The client's data never reaches the server, and it is this very host that
 * throws it away. The obstacle is removed before the client's kernel sends
 * again. Without an option it is a filter of the server's socket; with
 *   --buffer       the server's receive buffer, which is full
 *   --xdp, --tc    a BPF program of the loopback device
 *   --cgroup       a BPF program of the server's cgroup
 * and, with a router between them that is on this host, too,
 *   --queue        its queue (qdisc), which is full
 *   --checksum     it spoils the checksum, and the server's kernel notices
 *   --no-route, --blackhole, --unreachable, --prohibit
 *                  it has no route, or one that leads nowhere
 */
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "socket.h"
#include "local-drop/obstacle.h"

static const struct obstacle *const obstacles[] = {
	receiver_obstacles,
	device_obstacles,
	cgroup_obstacles,
	router_obstacles,
};

static const struct obstacle *find_obstacle(const struct stage *s)
{
	const struct obstacle *o = receiver_obstacles; /* without a variant */

	if (!s->variant)
		return o;
	for (size_t i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++)
		for (o = obstacles[i]; o->raise; o++)
			if (o->name && stage_variant(s, o->name))
				return o;
	die("--%s: no such obstacle", s->variant);
}

#define MOST 16384

static void read_all(int fd, size_t len)
{
	char buf[MOST];

	if (recv(fd, buf, len, MSG_WAITALL) != (ssize_t)len)
		die("did not get %zu bytes", len);
	say("read %zu bytes", len);
}

static void serve(struct stage *s)
{
	const struct obstacle *o = s->props;
	int listener, fd;

	if (o->server_enters)
		o->server_enters();
	listener = listen_on(s);
	fd = accept_one(listener);
	o->raise(fd);
	note_send(s);
	/* It is sent again 200 ms after it was sent; nothing tells that. */
	sleep_ms(100);
	o->clear(fd);
	if (o->fill)
		read_all(fd, o->fill);
	read_all(fd, o->size);
	expect_end(fd);
	close(fd);
	close(listener);
}

static void request(struct stage *s)
{
	static const char data[MOST];
	const struct obstacle *o = s->props;
	int fd;

	if (o->client_enters)
		o->client_enters();
	fd = connect_to(s);
	note_wait(s);
	if (o->fill) {
		send_exactly(fd, data, o->fill);
		await_acknowledged(fd);
	}
	send_exactly(fd, data, o->size);
	await_acknowledged(fd);
	close(fd);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = {
		"buffer",      "xdp",	   "tc",       "cgroup",
		"queue",       "checksum", "no-route", "blackhole",
		"unreachable", "prohibit", NULL
	};
	static const struct program program = {
		.about = "Data is dropped on this host: at the receiving "
			 "socket, or on the way to it.",
		.port = 8090,
		.variants = variants,
	};
	static const struct role server = { "drop-server", serve };
	static const struct role client = { "drop-client", request };
	const struct obstacle *o;
	struct stage s;
	int status;

	stage_options(&s, argc, argv, &program);
	o = find_obstacle(&s);
	s.props = (void *)o;
	if (o->prepare)
		o->prepare(&s);
	status = stage_play(&s, &server, &client);
	if (o->finish)
		o->finish();
	return status;
}
