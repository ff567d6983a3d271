// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A third process resets a connection that is not its own: it writes a RST
 * with the right number and sends it through a raw socket (--packet: a packet
 * socket), as tcpkill and intrusion prevention systems do.
 *
 * They read the number from the wire. Here the server tells it: it knows it
 * from TCP_REPAIR.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/tcp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "socket.h"
#include "remote/segment.h"

/* The number of the next byte that @fd will send. */
static uint32_t next_number(int fd)
{
	int on = TCP_REPAIR_ON, off = TCP_REPAIR_OFF_NO_WP;
	int queue = TCP_SEND_QUEUE;
	uint32_t number;
	socklen_t len = sizeof(number);

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue,
		       sizeof(queue)) ||
	    getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &number, &len) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)))
		die("TCP_REPAIR: %s", strerror(errno));
	return number;
}

static uint16_t client_port(int fd)
{
	struct sockaddr_in6 addr; /* the port of IPv4 is in the same place */
	socklen_t len = sizeof(addr);

	if (getpeername(fd, (struct sockaddr *)&addr, &len))
		die("getpeername: %s", strerror(errno));
	return ntohs(addr.sin6_port);
}

static void send_raw(const struct stage *s, const uint8_t *packet, size_t size)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	bool six = s->family == AF_INET6;
	int fd = socket(s->family, SOCK_RAW, IPPROTO_RAW);

	inet_pton(AF_INET, "127.0.0.1", &v4.sin_addr);
	inet_pton(AF_INET6, "::1", &v6.sin6_addr);
	if (fd < 0 ||
	    sendto(fd, packet, size, 0,
		   six ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4,
		   six ? sizeof(v6) : sizeof(v4)) < 0)
		die("raw socket: %s", strerror(errno));
	close(fd);
}

static void send_packet(const struct stage *s, const uint8_t *packet,
			size_t size)
{
	struct sockaddr_ll lo = {
		.sll_family = AF_PACKET,
		.sll_protocol =
			htons(s->family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP),
		.sll_ifindex = if_nametoindex("lo"),
		.sll_halen = 6,
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0);

	if (fd < 0 ||
	    sendto(fd, packet, size, 0, (struct sockaddr *)&lo, sizeof(lo)) < 0)
		die("packet socket: %s", strerror(errno));
	close(fd);
}

/* From the server's end to the client's. */
static void forge(const struct stage *s, uint16_t port, uint32_t number)
{
	struct route route = { .family = s->family };
	struct segment rst = {
		.sport = s->port, .dport = port, .seq = number, .flags = RST
	};
	const char *address = s->family == AF_INET6 ? "::1" : "127.0.0.1";
	uint8_t packet[SEGMENT_MAX];
	size_t size;

	inet_pton(s->family, address, &route.from);
	inet_pton(s->family, address, &route.to);
	size = segment_build(&rst, &route, packet);
	if (stage_variant(s, "packet"))
		send_packet(s, packet, size);
	else
		send_raw(s, packet, size);
}

static void serve(struct stage *s)
{
	int listener = listen_on(s);
	int fd = accept_one(listener), status;
	uint16_t port = client_port(fd);
	uint32_t number = next_number(fd);
	pid_t forger;

	note_wait(s); /* connect() has returned */
	forger = fork();
	if (!forger) {
		/* It has no part in the connection. */
		close(fd);
		close(listener);
		prctl(PR_SET_NAME, "raw-forger");
		printf("role raw-forger %d\n", getpid());
		fflush(stdout);
		forge(s, port, number);
		_exit(0);
	}
	if (forger < 0 || waitpid(forger, &status, 0) < 0 || status)
		die("the RST was not sent");
	note_wait(s);
	close(fd); /* the client no longer knows this connection */
	close(listener);
}

static void request(struct stage *s)
{
	int fd = connect_to(s);

	note_send(s);
	expect_read_error(fd, ECONNRESET);
	close(fd);
	note_send(s);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "packet", NULL };
	static const struct program program = {
		.about = "A third process resets a connection with a RST of "
			 "its own making.",
		.port = 8102,
		.variants = variants,
	};
	static const struct role server = { "raw-server", serve };
	static const struct role client = { "raw-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, &server, &client);
}
