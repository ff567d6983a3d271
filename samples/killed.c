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
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include "stage.h"

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

static void destroy(int fd)
{
	char buffer[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct mnl_socket *netlink = mnl_socket_open(NETLINK_SOCK_DIAG);
	ssize_t len;

	message->nlmsg_type = SOCK_DESTROY;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	message->nlmsg_seq = 1;
	describe(fd, mnl_nlmsg_put_extra_header(
			     message, sizeof(struct inet_diag_req_v2)));
	if (!netlink || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(netlink, message, message->nlmsg_len) < 0)
		die("netlink: %s", strerror(errno));
	len = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer));
	if (len < 0 ||
	    mnl_cb_run(buffer, len, 1, mnl_socket_get_portid(netlink), NULL,
		       NULL) < 0)
		die("SOCK_DESTROY: %s", strerror(errno));
	mnl_socket_close(netlink);
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
