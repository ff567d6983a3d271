// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection that is destroyed from outside, as "ss -K" does it.
 *
 * Server and client are content and silent. Then somebody with CAP_NET_ADMIN
 * asks the kernel to destroy the server's socket: the client gets a RST, the
 * server, which did nothing, ECONNABORTED. With --self the server destroys
 * its own socket, by the same message that ss sends (sock_diag(7)).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include "socket.h"

static void fill_end(const struct sockaddr_storage *addr, __be16 *port,
		     __be32 ip[4])
{
	const struct sockaddr_in6 *v6 = (const void *)addr;
	const struct sockaddr_in *v4 = (const void *)addr;

	if (addr->ss_family == AF_INET6)
		memcpy(ip, &v6->sin6_addr, sizeof(v6->sin6_addr));
	else
		memcpy(ip, &v4->sin_addr, sizeof(v4->sin_addr));
	/* At the same place in both. */
	*port = v4->sin_port;
}

static void describe(int fd, struct inet_diag_req_v2 *request)
{
	struct sockaddr_storage local = { 0 }, remote = { 0 };
	socklen_t len = sizeof(local);

	if (getsockname(fd, (struct sockaddr *)&local, &len))
		die("getsockname: %s", strerror(errno));
	len = sizeof(remote);
	if (getpeername(fd, (struct sockaddr *)&remote, &len))
		die("getpeername: %s", strerror(errno));
	request->sdiag_family = local.ss_family;
	request->sdiag_protocol = IPPROTO_TCP;
	request->idiag_states = -1;
	fill_end(&local, &request->id.idiag_sport, request->id.idiag_src);
	fill_end(&remote, &request->id.idiag_dport, request->id.idiag_dst);
	request->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	request->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

/* One message, one answer: written out here, since libmnl has no archive for
 * static programs. */
static void destroy(int fd)
{
	struct {
		struct nlmsghdr nl;
		struct inet_diag_req_v2 request;
	} message = {
		.nl = { .nlmsg_len = sizeof(message),
			.nlmsg_type = SOCK_DESTROY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
	};
	struct {
		struct nlmsghdr nl;
		struct nlmsgerr error;
	} answer;
	int netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);

	describe(fd, &message.request);
	if (netlink < 0 || send(netlink, &message, sizeof(message), 0) < 0 ||
	    recv(netlink, &answer, sizeof(answer), 0) != sizeof(answer))
		die("netlink: %s", strerror(errno));
	if (answer.nl.nlmsg_type != NLMSG_ERROR || answer.error.error)
		die("SOCK_DESTROY: %s", strerror(-answer.error.error));
	close(netlink);
}

static void run_ss(struct stage *s)
{
	char port[16];

	snprintf(port, sizeof(port), ":%d", s->port);
	execlp("ss", "ss", "-K", "-t", "-H", "state", "established", "sport",
	       "=", port, NULL);
	die("ss: %s", strerror(errno));
}

static void serve(struct stage *s)
{
	int listener = listen_on(s);
	int fd = accept_one(listener);

	read_exactly(fd, "ABCD");
	if (stage_variant(s, "self"))
		destroy(fd);
	else
		cue_third(s);
	expect_read_error(fd, ECONNABORTED);
	close(fd);
	close(listener);
}

static void request(struct stage *s)
{
	int fd = connect_to(s);

	send_exactly(fd, "ABCD", 4);
	expect_read_error(fd, ECONNRESET);
	close(fd);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "self", NULL };
	static const struct program program = {
		.about = "The server's socket is destroyed by \"ss -K\".",
		.port = 8101,
		.variants = variants,
	};
	static const struct role server = { "killed-server", serve };
	static const struct role client = { "killed-client", request };
	static const struct role killer = { "ss", run_ss };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	if (!stage_variant(&s, "self"))
		stage_third(&s, &killer);
	return stage_play(&s, &server, &client);
}
