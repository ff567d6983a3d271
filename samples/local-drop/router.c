// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Client and server are in network namespaces of their own, and this one is a
 * router between them, as a host is for its containers: a queue that is full,
 * a checksum that came out wrong, a route that is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "../remote/tun.h"
#include "obstacle.h"

/* 10.8.1.2, fd08:1::2 behind "near"; 10.8.2.2, fd08:2::2 behind "far". */
#define FAR4 "10.8.2.2"
#define FAR6 "fd08:2::2"

static int router, near, far; /* network namespaces */
static int family;

static void enter(int namespace)
{
	if (setns(namespace, CLONE_NEWNET))
		die("setns: %s", strerror(errno));
}

static void enter_near(void)
{
	enter(near);
}

static void enter_far(void)
{
	enter(far);
}

static int open_namespace(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("/proc/self/ns/net: %s", strerror(errno));
	return fd;
}

static int new_namespace(void)
{
	int fd;

	if (unshare(CLONE_NEWNET))
		die("unshare: %s", strerror(errno));
	fd = open_namespace();
	enter(router);
	return fd;
}

__attribute__((format(printf, 1, 2))) static void run(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	run_command(command);
}

/* Until the detection of duplicates is over no neighbour would be asked. */
#define NO_DETECTION "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad\n"

/* The device @name leads to @namespace, where it is called eth0. */
static void link_up(const char *name, int id, int namespace)
{
	run("set -e\n"
	    "ip link add %s type veth peer name eth0 netns /proc/%d/fd/%d\n"
	    "ip addr add 10.8.%d.1/24 dev %s\n"
	    "ip addr add fd08:%d::1/64 dev %s nodad\n"
	    "ip link set %s up\n",
	    name, getpid(), namespace, id, name, id, name, name);
	enter(namespace);
	run("set -e\n" NO_DETECTION "ip addr add 10.8.%d.2/24 dev eth0\n"
	    "ip addr add fd08:%d::2/64 dev eth0 nodad\n"
	    "ip link set lo up\n"
	    "ip link set eth0 up\n"
	    "ip route add default via 10.8.%d.1\n"
	    "ip -6 route add default via fd08:%d::1\n",
	    id, id, id, id);
	enter(router);
}

static void prepare(struct stage *s)
{
	require_own_namespace();
	router = open_namespace();
	near = new_namespace();
	far = new_namespace();
	run("set -e\n" NO_DETECTION "echo 1 >/proc/sys/net/ipv4/ip_forward\n"
	    "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding\n");
	link_up("near", 1, near);
	link_up("far", 2, far);
	family = s->family;
	s->address = family == AF_INET6 ? FAR6 : FAR4;
}

/* --- a queue that is full ------------------------------------------------- */

static void fill_queue(int fd)
{
	(void)fd;
	enter(router);
	/* It holds one byte. */
	run("tc qdisc add dev far root tbf rate 1mbit burst 2000 limit 1");
	enter(far);
}

static void empty_queue(int fd)
{
	(void)fd;
	enter(router);
	run("tc qdisc del dev far root");
	enter(far);
}

/* --- a checksum that is wrong ----------------------------------------------
 */

/*
 * Between namespaces checksums are left open, for a network card that will not
 * come. Where there is one, it is made here, and looked at.
 */
static void prepare_checksums(struct stage *s)
{
	struct ethtool_value off = { .cmd = ETHTOOL_STXCSUM };
	struct ifreq ifr = { .ifr_name = "eth0", .ifr_data = (void *)&off };
	int fd;

	prepare(s);
	enter(near);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &ifr))
		die("eth0: checksums: %s", strerror(errno));
	close(fd);
	enter(router);
}

/* Data is pushed; the limit lets the rule match one segment only. */
static void spoil_checksum(int fd)
{
	(void)fd;
	enter(router);
	set_firewall("table inet t {\n"
		     "  chain c {\n"
		     "    type filter hook forward priority 0\n"
		     "    tcp flags & psh == psh "
		     "limit rate 1/day burst 1 packets @th,128,16 set 1\n"
		     "  }\n"
		     "}\n");
	enter(far);
}

static void leave(int fd)
{
	(void)fd;
}

/* --- a route that is gone ---------------------------------------------------
 */

static void change_route(const char *change, const char *device)
{
	enter(router);
	run("ip %s route %s %s%s", family == AF_INET6 ? "-6" : "-4", change,
	    family == AF_INET6 ? "fd08:2::/64" : "10.8.2.0/24", device);
	enter(far);
}

static void remove_route(int fd)
{
	(void)fd;
	change_route("del", " dev far");
}

static void add_route(int fd)
{
	(void)fd;
	change_route("add", " dev far");
}

/* Three kinds of route that lead nowhere; see ip-route(8). */

static void lead_into_blackhole(int fd)
{
	remove_route(fd);
	change_route("add blackhole", "");
}

static void lead_out_of_blackhole(int fd)
{
	change_route("del blackhole", "");
	add_route(fd);
}

static void make_unreachable(int fd)
{
	remove_route(fd);
	change_route("add unreachable", "");
}

static void make_reachable(int fd)
{
	change_route("del unreachable", "");
	add_route(fd);
}

static void prohibit(int fd)
{
	remove_route(fd);
	change_route("add prohibit", "");
}

static void allow(int fd)
{
	change_route("del prohibit", "");
	add_route(fd);
}

#define AT_ROUTER(called, prepare_it, raise_it, clear_it)                \
	{                                                                \
		.name = called, .prepare = prepare_it,                   \
		.server_enters = enter_far, .client_enters = enter_near, \
		.raise = raise_it, .clear = clear_it, .size = 4          \
	}

const struct obstacle router_obstacles[] = {
	AT_ROUTER("queue", prepare, fill_queue, empty_queue),
	AT_ROUTER("checksum", prepare_checksums, spoil_checksum, leave),
	AT_ROUTER("no-route", prepare, remove_route, add_route),
	AT_ROUTER("blackhole", prepare, lead_into_blackhole,
		  lead_out_of_blackhole),
	AT_ROUTER("unreachable", prepare, make_unreachable, make_reachable),
	AT_ROUTER("prohibit", prepare, prohibit, allow),
	{ 0 },
};
