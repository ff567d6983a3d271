// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A RST between two other hosts that only passes through this one.
 *
 * Both hosts are behind one TUN device: what the first sends to the second
 * must come back out of it, with one hop less to live.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>

#include "stage.h"
#include "remote/segment.h"
#include "remote/tun.h"

#define FROM4 TUN_REMOTE4
#define TO4   "10.9.0.3"
#define FROM6 TUN_REMOTE6
#define TO6   "fd09::3"

#define PORT  50000 /* of the host that the RST is sent to */

static void let_it_pass(void)
{
	FILE *f;

	set_ipv4_setting("ip_forward", 1);
	f = fopen("/proc/sys/net/ipv6/conf/all/forwarding", "w");
	if (f && (fputs("1\n", f) < 0 || fclose(f)))
		die("cannot forward IPv6: %s", strerror(errno));
}

static void pass_on(struct stage *s)
{
	const int *tun = s->props;
	bool six = s->family == AF_INET6;
	struct route route = { .family = s->family };
	struct segment rst = {
		.sport = s->port, .dport = PORT, .seq = 4711, .flags = RST
	};
	struct pollfd ready = { .fd = *tun, .events = POLLIN };
	uint8_t packet[SEGMENT_MAX];
	size_t size;

	inet_pton(s->family, six ? FROM6 : FROM4, &route.from);
	inet_pton(s->family, six ? TO6 : TO4, &route.to);
	size = segment_build(&rst, &route, packet);
	if (write(*tun, packet, size) != (ssize_t)size)
		die("TUN: %s", strerror(errno));
	/* The device also carries what the kernel itself has to say. */
	while (poll(&ready, 1, 5000) == 1) {
		ssize_t len = read(*tun, packet, sizeof(packet));
		struct segment passed;

		if (len < 0)
			die("TUN: %s", strerror(errno));
		if (segment_parse(&passed, &route, packet, len) &&
		    passed.flags == RST && passed.seq == 4711) {
			say("the RST came through");
			return;
		}
	}
	die("the RST did not come through");
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.about = "A RST between two other hosts passes through.",
		.port = 8103,
	};
	static const struct role router = { "reset-router", pass_on };
	struct stage s;
	int tun;

	stage_options(&s, argc, argv, &program);
	require_own_namespace();
	tun = tun_open();
	let_it_pass();
	s.props = &tun;
	return stage_play(&s, NULL, &router);
}
