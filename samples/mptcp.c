// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A server and a client that speak MPTCP (RFC 8684).
 *
 * MPTCP spreads one connection over several TCP connections, its subflows.
 * Without an option all goes well. With
 *   --unread     the server closes with bytes unread: MPTCP's fast close, a
 *                RST on each subflow
 *   --linger     the same, because of SO_LINGER {1,0}
 *   --stripped   the client's kernel opens a second subflow, but something on
 *                the way (here: a rule of nftables) removes MPTCP's options
 *                from the answer, and the client's kernel resets it. The
 *                connection goes on over the first one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "socket.h"
#include "remote/tun.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define CANNOT 77 /* what the lab knows as: not on this kernel */

/* --- a second subflow, and what is in its way --- */

#define SECOND4 "127.0.1.1"
#define SECOND6 "fd08::1"

static void run(const char *command)
{
	if (system(command))
		die("failed: %s", command);
}

static void prepare_second_subflow(const struct stage *s)
{
	bool six = s->family == AF_INET6;
	char command[512];

	require_own_namespace();
	run("ip link set lo up");
	snprintf(command, sizeof(command), "ip addr add %s dev lo %s",
		 six ? SECOND6 "/128" : SECOND4 "/32", six ? "nodad" : "");
	run(command);
	run("ip mptcp limits set subflows 1");
	snprintf(command, sizeof(command), "ip mptcp endpoint add %s subflow",
		 six ? SECOND6 : SECOND4);
	run(command);
	snprintf(command, sizeof(command),
		 "nft 'table inet t {\n chain c {\n"
		 "  type filter hook input priority 0\n"
		 "  %s daddr %s tcp flags & (syn|ack) == (syn|ack) "
		 "reset tcp option mptcp\n }\n}'",
		 six ? "ip6" : "ip", six ? SECOND6 : SECOND4);
	run(command);
}

/*
 * Both ends are in one namespace, where either would open subflows. A path
 * manager is chosen when a socket begins: the kernel's for the client, and for
 * the server, accepted later, one in user space, which is not there.
 */
static void only_client_opens(void)
{
	FILE *f = fopen("/proc/sys/net/mptcp/pm_type", "w");

	if (!f || fputs("1", f) < 0 || fclose(f))
		die("net.mptcp.pm_type: %s", strerror(errno));
}

/* The value of a counter below "MPTcpExt:" in /proc/net/netstat. */
static long mptcp_counter(const char *name)
{
	char names[4096], values[4096], *n, *v, *more_names, *more_values;
	FILE *f = fopen("/proc/net/netstat", "r");
	long value = -1;

	if (!f)
		die("/proc/net/netstat: %s", strerror(errno));
	while (fgets(names, sizeof(names), f) &&
	       fgets(values, sizeof(values), f)) {
		if (strncmp(names, "MPTcpExt:", 9) != 0)
			continue;
		n = strtok_r(names, " \n", &more_names);
		v = strtok_r(values, " \n", &more_values);
		for (; n && v; n = strtok_r(NULL, " \n", &more_names),
			       v = strtok_r(NULL, " \n", &more_values))
			if (!strcmp(n, name))
				value = strtol(v, NULL, 10);
	}
	fclose(f);
	return value;
}

/* --- the actors --- */

static void serve(struct stage *s)
{
	const struct linger drop = { .l_onoff = 1 };
	int listener = listen_on(s);
	int fd = accept_one(listener);

	if (stage_variant(s, "unread"))
		await_unread(fd, 8);
	read_exactly(fd, "ABCD");
	if (stage_variant(s, "linger")) {
		read_exactly(fd, "EFGH");
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &drop, sizeof(drop));
	} else if (!stage_variant(s, "unread")) {
		read_exactly(fd, "EFGH");
		send_exactly(fd, "WXYZ", 4);
		expect_end(fd);
	}
	close(fd);
	close(listener);
}

static void expect_connected(int err)
{
	if (err)
		die("connect: %s", strerror(err));
}

static void request(struct stage *s)
{
	int fd = new_socket(s);

	if (stage_variant(s, "stripped"))
		only_client_opens();
	expect_connected(try_connect(s, fd));
	send_exactly(fd, "ABCDEFGH", 8);
	if (stage_variant(s, "unread") || stage_variant(s, "linger")) {
		expect_read_error(fd, ECONNRESET);
	} else {
		read_exactly(fd, "WXYZ");
		/* No event tells it; actors have a time limit anyway. */
		while (stage_variant(s, "stripped") &&
		       mptcp_counter("MPRstTx") < 1)
			sleep_ms(1);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "unread", "linger", "stripped",
						NULL };
	static const struct program program = {
		.about = "MPTCP: a connection of several TCP connections.",
		.port = 8103,
		.variants = variants,
	};
	static const struct role server = { "mptcp-server", serve };
	static const struct role client = { "mptcp-client", request };
	struct stage s;
	int fd;

	stage_options(&s, argc, argv, &program);
	s.protocol = IPPROTO_MPTCP;
	fd = socket(s.family, SOCK_STREAM, IPPROTO_MPTCP);
	if (fd < 0) {
		printf("no MPTCP: %s\n", strerror(errno));
		return CANNOT;
	}
	close(fd);
	if (stage_variant(&s, "stripped") &&
	    system("ip mptcp limits 2>/dev/null | grep -q subflows")) {
		printf("this ip(8) knows no MPTCP\n");
		return CANNOT;
	}
	if (stage_variant(&s, "stripped"))
		prepare_second_subflow(&s);
	return stage_play(&s, &server, &client);
}
