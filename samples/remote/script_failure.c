// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The local process connects to the remote host, and it goes wrong. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "script.h"
#include "tun.h"

static int connecting_socket(struct stage *s, int option, int value)
{
	int fd = new_socket(s);

	/* From 6.5 some more SYNs, one a second, come before the others. */
	set_ipv4_setting("tcp_syn_linear_timeouts", 0);
	if (option)
		setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value));
	return fd;
}

static void fail_to_connect(struct stage *s, int fd, int expected)
{
	expect_error("connect", try_connect(s, fd), expected);
	close(fd);
	note_send(s);
}

/*
 * ICMP errors instead of an answer, from a router or the host itself. They come
 * after some time: while connect() is still sending they would only be noted.
 */

static void answer_unreachable(struct stage *s, struct peer *p,
			       enum unreachable what)
{
	peer_expect(p, SYN, 0);
	sleep_ms(20);
	peer_unreachable(p, what);
	note_wait(s);
}

static void unreachable_host(struct stage *s, struct peer *p)
{
	answer_unreachable(s, p, UNREACHABLE_HOST);
}

static void unreachable_app(struct stage *s)
{
	fail_to_connect(s, connecting_socket(s, 0, 0), EHOSTUNREACH);
}

static void net_unreachable_host(struct stage *s, struct peer *p)
{
	answer_unreachable(s, p, UNREACHABLE_NET);
}

static void net_unreachable_app(struct stage *s)
{
	fail_to_connect(s, connecting_socket(s, 0, 0), ENETUNREACH);
}

static void port_unreachable_host(struct stage *s, struct peer *p)
{
	answer_unreachable(s, p, UNREACHABLE_PORT);
}

static void port_unreachable_app(struct stage *s)
{
	fail_to_connect(s, connecting_socket(s, 0, 0), ECONNREFUSED);
}

/* The route is lost while the SYN is not answered. */

static void no_route_host(struct stage *s, struct peer *p)
{
	peer_expect(p, SYN, 0);
	run_command(s->family == AF_INET6 ? "ip -6 route flush dev " TUN_DEVICE
					  : "ip route flush dev " TUN_DEVICE);
	note_wait(s);
}

static void no_route_app(struct stage *s)
{
	int fd = connecting_socket(s, TCP_SYNCNT, 1);
	int err = try_connect(s, fd);

	/* Which of the two depends on the family and on the kernel. */
	if (err != EHOSTUNREACH && err != ENETUNREACH)
		die("connect: %s", strerror(err));
	say("connect: %s", strerror(err));
	close(fd);
	note_send(s);
}

/* Answered every time; for a firewall here that drops the first answer. */

static void answer_late_host(struct stage *s, struct peer *p)
{
	struct segment got = peer_expect(p, SYN, 0);
	uint32_t first = p->snd_nxt;

	(void)s;
	peer_take(p, &got);
	peer_send(p, SYN | ACK, NULL);
	peer_expect_again(p, &got);
	p->snd_nxt = first;
	peer_send(p, SYN | ACK, NULL);
	peer_expect(p, ACK, 0);
	peer_close(p);
}

static void answer_late_app(struct stage *s)
{
	close(connect_to(s));
}

/* No answer, and the application set a limit of its own. */

static void impatient_host(struct stage *s, struct peer *p)
{
	struct segment syn = peer_expect(p, SYN, 0);

	peer_expect_again(p, &syn);
	note_wait(s);
	if (peer_listen(p, &syn, 100))
		die("got one segment too many");
}

static void impatient_app(struct stage *s)
{
	fail_to_connect(s, connecting_socket(s, TCP_USER_TIMEOUT, 1500),
			ETIMEDOUT);
}

/* The remote host falls silent after the connection was used. */

/* The client has sent ABCD and got CDEF; then it sends EFGH. */
static struct segment use_then_await(struct peer *p)
{
	peer_talk(p);
	return peer_expect(p, ACK, 4);
}

static void vanish_host(struct stage *s, struct peer *p)
{
	struct segment data = use_then_await(p);

	peer_expect_again(p, &data);
	note_wait(s);
}

static void vanish(struct stage *s, int user_timeout, int expected)
{
	int fd = connect_to(s);

	/* As few as make a difference: three timeouts of 200 ms and more. */
	set_ipv4_setting("tcp_retries2", 2);
	if (user_timeout)
		setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout,
			   sizeof(user_timeout));
	send_exactly(fd, "ABCD", 4);
	read_exactly(fd, "CDEF");
	send_exactly(fd, "EFGH", 4);
	expect_read_error(fd, expected);
	close(fd);
	note_send(s);
}

static void vanish_app(struct stage *s)
{
	vanish(s, 0, ETIMEDOUT);
}

static void vanish_impatient_app(struct stage *s)
{
	vanish(s, 800, ETIMEDOUT);
}

/* ... and a router says why: kept until the retries are over. */

static void vanish_unreachable_host(struct stage *s, struct peer *p)
{
	struct segment data = use_then_await(p);

	peer_expect_again(p, &data);
	peer_unreachable(p, UNREACHABLE_HOST);
	note_wait(s);
}

static void vanish_unreachable_app(struct stage *s)
{
	vanish(s, 0, EHOSTUNREACH);
}

/* The remote host is there, and its application does not read. */

#define STALL_PROBES 4 /* after 0.2, 0.6, 1.4 and 3.0 s */

static void zero_window_host(struct stage *s, struct peer *p)
{
	struct segment data;

	(void)s;
	peer_accept(p);
	data = peer_expect(p, ACK, 4);
	peer_take(p, &data);
	p->offered = 0;
	peer_send(p, ACK, NULL);
	for (int i = 0; i < STALL_PROBES; i++) {
		peer_expect(p, ACK, 0);
		peer_send(p, ACK, NULL);
	}
	say("got %d probes", STALL_PROBES);
	sleep_ms(300);
	p->offered = 65535;
	peer_send(p, ACK, NULL);
	data = peer_expect(p, ACK, 4);
	peer_take(p, &data);
	peer_send(p, ACK, NULL);
	peer_close(p);
}

static void zero_window_app(struct stage *s)
{
	int fd = connect_to(s);

	send_exactly(fd, "ABCD", 4);
	await_acknowledged(fd);
	send_exactly(fd, "EFGH", 4);
	await_acknowledged(fd);
	/* Long enough to be seen standing open again. */
	sleep_ms(2500);
	close(fd);
}

const struct script failure_scripts[] = {
	{
		.name = "unreachable",
		.about = "the SYN is answered with ICMP: host unreachable",
		.host = unreachable_host,
		.app = unreachable_app,
	},
	{
		.name = "net-unreachable",
		.about = "the same: network unreachable",
		.host = net_unreachable_host,
		.app = net_unreachable_app,
	},
	{
		.name = "port-unreachable",
		.about = "the same: port unreachable, ECONNREFUSED",
		.host = port_unreachable_host,
		.app = port_unreachable_app,
	},
	{
		.name = "connect-no-route",
		.about = "the route is lost after the first SYN",
		.host = no_route_host,
		.app = no_route_app,
	},
	{
		.name = "answer-late",
		.about = "the answer comes again after the second SYN",
		.host = answer_late_host,
		.app = answer_late_app,
	},
	{
		.name = "impatient",
		.about = "no answer within TCP_USER_TIMEOUT",
		.host = impatient_host,
		.app = impatient_app,
	},
	{
		.name = "vanish",
		.about = "the host falls silent: ETIMEDOUT",
		.host = vanish_host,
		.app = vanish_app,
	},
	{
		.name = "vanish-impatient",
		.about = "the same, with TCP_USER_TIMEOUT",
		.host = vanish_host,
		.app = vanish_impatient_app,
	},
	{
		.name = "vanish-unreachable",
		.about = "the same, and ICMP says why: EHOSTUNREACH",
		.host = vanish_unreachable_host,
		.app = vanish_unreachable_app,
	},
	{
		.name = "zero-window",
		.about = "the window is closed for some seconds",
		.host = zero_window_host,
		.app = zero_window_app,
	},
	{ 0 },
};
