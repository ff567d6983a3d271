// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection is refused because nothing listens on the port.
 *
 * With --listened (--kill) somebody did, until 100 ms before (until it was
 * killed): what one wants to know then is who that was.
 *
 * With the others somebody does, but not where the client looks:
 *   --address      on another address
 *   --family       on IPv6 only if the client uses IPv4, and the reverse
 *   --namespace    in a network namespace of its own
 *   --interface    for segments from the interface "elsewhere" only, which
 *                  must be there: ip link add elsewhere type dummy, or veth
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "socket.h"

static void stop(struct stage *s, int listener)
{
	if (stage_variant(s, "kill"))
		stage_await_kill(s);
	close(listener);
	say("stopped listening on port %d", s->port);
	note_send(s);
}

/* Addresses that nobody needs to have: see ip(7), IP_FREEBIND. */
static int listen_elsewhere(struct stage *s)
{
	static const char device[] = "elsewhere";
	struct stage there = *s;
	int fd, on = 1;

	if (stage_variant(s, "family"))
		there.family = s->family == AF_INET6 ? AF_INET : AF_INET6;
	if (stage_variant(s, "namespace") && unshare(CLONE_NEWNET))
		die("unshare: %s (root is needed)", strerror(errno));
	there.address = there.family == AF_INET6 ? "::" : "0.0.0.0";
	if (stage_variant(s, "address"))
		there.address = s->family == AF_INET6 ? "::2" : "127.0.0.2";

	fd = new_socket(&there);
	setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on));
	if (there.family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (stage_variant(s, "interface") &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device)))
		die("SO_BINDTODEVICE %s: %s", device, strerror(errno));
	listen_with(&there, fd);
	return fd;
}

static void serve(struct stage *s)
{
	int listener;

	if (stage_variant(s, "listened") || stage_variant(s, "kill")) {
		stop(s, listen_on(s));
		return;
	}
	listener = listen_elsewhere(s);
	note_wait(s);
	close(listener);
}

static void request(struct stage *s)
{
	int fd = new_socket(s);

	if (stage_variant(s, "kill"))
		await_no_socket(s, LOCAL_PORT);
	if (stage_variant(s, "listened")) {
		note_wait(s);
		sleep_ms(100);
	}
	expect_error("connect", try_connect(s, fd), ECONNREFUSED);
	close(fd);
	note_send(s);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "listened",  "kill",
						"address",   "family",
						"namespace", "interface",
						NULL };
	static const struct program program = {
		.about = "Nothing listens on the port: a RST answers the SYN.",
		.port = 8087,
		.variants = variants,
	};
	static const struct role server = { "refused-server", serve };
	static const struct role client = { "refused-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, s.variant ? &server : NULL, &client);
}
