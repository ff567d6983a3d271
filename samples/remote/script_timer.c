// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The local process connects; later a timer of its kernel gives up. */
#include <errno.h>
#include <unistd.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "script.h"
#include "tun.h"

static void set_tcp(int fd, int option, int value)
{
	if (setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value)))
		die("setsockopt(%d)", option);
}

/* --- nothing comes from the remote host, and nothing is sent to it --- */

#define KEEPALIVE_PROBES 2
#define USER_TIMEOUT_MS	 1500

static int talk_app(struct stage *s)
{
	int fd = connect_to(s), on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)))
		die("setsockopt(SO_KEEPALIVE)");
	set_tcp(fd, TCP_KEEPIDLE, 1);
	set_tcp(fd, TCP_KEEPINTVL, 1);
	send_exactly(fd, "ABCD", 4);
	read_exactly(fd, "CDEF");
	return fd;
}

/* A probe: no data, and a number that was acknowledged long ago. */
static void expect_probes(struct peer *p, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		struct segment probe = peer_expect(p, ACK, 0);

		if (probe.seq != p->rcv_nxt - 1)
			die("that is no keepalive probe");
	}
	peer_expect(p, RST | ACK, 0);
	say("got %d keepalive probes, answered none, and got a RST", i);
}

static void keepalive_host(struct stage *s, struct peer *p)
{
	(void)s;
	peer_talk(p);
	expect_probes(p, KEEPALIVE_PROBES);
}

static void keepalive_app(struct stage *s)
{
	int fd = talk_app(s);

	set_tcp(fd, TCP_KEEPCNT, KEEPALIVE_PROBES);
	expect_read_error(fd, ETIMEDOUT);
	close(fd);
}

/*
 * With TCP_USER_TIMEOUT set it is time that counts, not probes: the RST comes
 * when the second of nine probes would be due.
 */
static void user_timeout_host(struct stage *s, struct peer *p)
{
	(void)s;
	peer_talk(p);
	expect_probes(p, 1);
}

static void user_timeout_app(struct stage *s)
{
	int fd = talk_app(s);

	set_tcp(fd, TCP_KEEPCNT, 9);
	set_tcp(fd, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
	expect_read_error(fd, ETIMEDOUT);
	close(fd);
}

/* --- the FIN of the remote host does not come --- */

#define TIME_WAIT_S 60 /* TCP_TIMEWAIT_LEN */

/*
 * Usually the kernel waits for that FIN with a small time-wait socket and
 * forgets it in the end without a word. But it keeps the socket itself as long
 * as net.ipv4.tcp_fin_timeout is beyond the 60 seconds that a time-wait socket
 * lives; and if that has been lowered when it looks again, it sends a RST.
 */
static void fin_wait2_host(struct stage *s, struct peer *p)
{
	struct segment fin;

	peer_talk(p);
	fin = peer_expect(p, FIN | ACK, 0);
	peer_take(p, &fin);
	/* What is written to the device has been received on return. */
	peer_send(p, ACK, NULL);
	note_send(s);
	peer_expect(p, RST | ACK, 0);
	say("got a FIN, sent none, and got a RST");
	note_send(s);
}

static void fin_wait2_app(struct stage *s)
{
	int fd;

	if (!set_ipv4_setting("tcp_fin_timeout", TIME_WAIT_S + 1))
		die("no net.ipv4.tcp_fin_timeout");
	fd = talk_app(s);
	close(fd);
	note_wait(s);
	/* In FIN_WAIT2 now; the timer looks in a second. */
	set_ipv4_setting("tcp_fin_timeout", TIME_WAIT_S / 2);
	note_wait(s);
}

const struct script timer_scripts[] = {
	{
		.name = "keepalive",
		.about = "keepalive probes are not answered",
		.host = keepalive_host,
		.app = keepalive_app,
	},
	{
		.name = "user-timeout",
		.about = "the same, but TCP_USER_TIMEOUT comes first",
		.host = user_timeout_host,
		.app = user_timeout_app,
	},
	{
		.name = "fin-wait2",
		.about = "we have closed, the FIN in return never comes",
		.host = fin_wait2_host,
		.app = fin_wait2_app,
	},
	{ 0 },
};
