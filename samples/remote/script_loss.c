// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The local process connects and sends, and not all of it arrives, or the
 * remote host behaves as if. Each script makes the kernel send again for one
 * reason.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "script.h"
#include "tun.h"

/*
 * The kernel's own choice may pace what it sends again; then it leaves later,
 * and from elsewhere.
 */
static int connect_unpaced(struct stage *s)
{
	int fd = new_socket(s), err;

	setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
	err = try_connect(s, fd);
	if (err)
		die("connect: %s", strerror(err));
	return fd;
}

static void send_segments(int fd, int count)
{
	static char data[64 * REMOTE_MSS];

	memset(data, 'x', sizeof(data));
	send_exactly(fd, data, (size_t)count * REMOTE_MSS);
}

/* As many, and closes once they are acknowledged. */
static void send_and_close(struct stage *s, int count)
{
	int fd = connect_unpaced(s);

	send_segments(fd, count);
	await_acknowledged(fd);
	close(fd);
}

static void acknowledge(struct peer *p, const struct segment *last)
{
	peer_take(p, last);
	peer_send(p, ACK, NULL);
}

/* --- the reorder timer (RACK) --------------------------------------------- */

/*
 * A path of 20 ms, so that a quarter of that is time in which the first of two
 * segments may still come, only later than the second.
 */
#define RACK_DELAY_MS 20

static void reorder_host(struct stage *s, struct peer *p)
{
	struct segment syn = peer_expect(p, SYN, 0), first, second;

	(void)s;
	peer_take(p, &syn);
	sleep_ms(RACK_DELAY_MS);
	peer_send(p, SYN | ACK, NULL);
	peer_expect(p, ACK, 0);
	first = peer_expect(p, ACK, REMOTE_MSS);
	second = peer_expect(p, ACK, REMOTE_MSS);
	sleep_ms(RACK_DELAY_MS);
	peer_send_sack(p, (struct sack_block){ second.seq,
					       second.seq + second.len });
	peer_expect_again(p, &first);
	acknowledge(p, &second);
	peer_close(p);
}

static void two_segments_app(struct stage *s)
{
	send_and_close(s, 2);
}

/* --- slow start after a timeout ------------------------------------------- */

#define LOST_FLIGHT 4

static void flight_host(struct stage *s, struct peer *p)
{
	struct segment lost[LOST_FLIGHT];

	(void)s;
	peer_accept(p);
	for (int i = 0; i < LOST_FLIGHT; i++)
		lost[i] = peer_expect(p, ACK, REMOTE_MSS);
	/* The probe carries the last of them, the timer sends the first. */
	peer_expect_again(p, &lost[LOST_FLIGHT - 1]);
	peer_expect_again(p, &lost[0]);
	/* One acknowledged makes room for two. */
	acknowledge(p, &lost[0]);
	peer_expect_again(p, &lost[1]);
	peer_expect_again(p, &lost[2]);
	acknowledge(p, &lost[LOST_FLIGHT - 1]);
	peer_close(p);
}

static void flight_app(struct stage *s)
{
	send_and_close(s, LOST_FLIGHT);
}

/* --- the path takes less than it did -------------------------------------- */

/* Until all up to @end has come, whatever the sizes. */
static void expect_all(struct peer *p, uint32_t end)
{
	struct segment seg;

	do {
		if (!peer_listen(p, &seg, 20000))
			die("the rest did not come");
		if (seg.seq == p->rcv_nxt)
			peer_take(p, &seg);
	} while (p->rcv_nxt != end);
	peer_send(p, ACK, NULL);
}

#define NARROW_MTU 1300 /* IPv6 has 1280 at least */

static void narrow_host(struct stage *s, struct peer *p)
{
	struct segment data;

	(void)s;
	peer_accept(p);
	data = peer_expect(p, ACK, REMOTE_MSS);
	p->rcv_nxt = data.seq;
	peer_too_big(p, NARROW_MTU);
	expect_all(p, data.seq + data.len);
	peer_close(p);
}

static void one_segment_app(struct stage *s)
{
	send_and_close(s, 1);
}

/* --- a larger size is tried and does not get through -----------------------
 */

#define PROBE_SEGMENTS 60

/* What came behind the lost probe is reported, and counts once that came. */
static void mtu_probe_host(struct stage *s, struct peer *p)
{
	uint32_t end, high = 0, probe_end = 0;
	struct segment got;
	size_t usual = 0;

	(void)s;
	peer_accept(p);
	end = p->rcv_nxt + PROBE_SEGMENTS * REMOTE_MSS;
	while (p->rcv_nxt != end) {
		if (!peer_listen(p, &got, 20000))
			die("the rest did not come");
		if (!usual)
			usual = got.len;
		if (got.seq != p->rcv_nxt && got.seq == high) {
			high += got.len;
			peer_send_sack(p,
				       (struct sack_block){ probe_end, high });
		} else if (got.seq == p->rcv_nxt && !probe_end &&
			   got.len > usual) {
			say("a probe of %zu bytes is lost", got.len);
			probe_end = high = got.seq + got.len;
		} else if (got.seq == p->rcv_nxt) {
			peer_take(p, &got);
			if (p->rcv_nxt == probe_end)
				p->rcv_nxt = high;
			peer_send(p, ACK, NULL);
		}
	}
	if (!probe_end)
		die("there was no probe");
	peer_close(p);
}

static void mtu_probe_app(struct stage *s)
{
	/* From the start, with a size that all paths take (tcp_base_mss). */
	set_ipv4_setting("tcp_mtu_probing", 2);
	send_and_close(s, PROBE_SEGMENTS);
}

/* --- data in the SYN that is not taken (TCP Fast Open) ---------------------
 */

#define FASTOPEN_WITHOUT_COOKIE 5 /* ip-sysctl: 1 client, 4 no cookie */

static void fastopen_host(struct stage *s, struct peer *p)
{
	struct segment syn = peer_expect(p, SYN, 4), data;

	(void)s;
	peer_take(p, &syn);
	p->rcv_nxt = syn.seq + 1;
	peer_send(p, SYN | ACK, NULL);
	data = peer_expect(p, ACK, 4);
	acknowledge(p, &data);
	peer_close(p);
}

static void fastopen_app(struct stage *s)
{
	int fd = new_socket(s), on = 1;

	set_ipv4_setting("tcp_fastopen", FASTOPEN_WITHOUT_COOKIE);
	/* connect() only notes where to; what is written goes with the SYN. */
	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on));
	if (try_connect(s, fd))
		die("connect: %s", strerror(errno));
	send_exactly(fd, "ABCD", 4);
	await_acknowledged(fd);
	close(fd);
}

/* --- the window shrinks to nothing -----------------------------------------
 */

static void zero_window_host(struct stage *s, struct peer *p)
{
	struct segment data;

	(void)s;
	peer_accept(p);
	data = peer_expect(p, ACK, 4);
	/* It was sent into a window that is taken back now. */
	p->offered = 0;
	peer_send(p, ACK, NULL);
	/* A probe for the tail, then the timer. */
	peer_expect_again(p, &data);
	peer_send(p, ACK, NULL);
	peer_expect_again(p, &data);
	p->offered = OUR_WINDOW;
	acknowledge(p, &data);
	peer_close(p);
}

static void four_bytes_app(struct stage *s)
{
	int fd = connect_unpaced(s);

	send_exactly(fd, "ABCD", 4);
	await_acknowledged(fd);
	close(fd);
}

/* --- the second copy cannot be sent ----------------------------------------
 */

static void no_route_host(struct stage *s, struct peer *p)
{
	struct segment data;

	(void)s;
	peer_accept(p);
	data = peer_expect(p, ACK, 4);
	note_send(s);
	peer_expect_again(p, &data);
	acknowledge(p, &data);
	peer_close(p);
}

/* @hinder and @help are commands of a shell. */
static void hindered(struct stage *s, const char *hinder, const char *help)
{
	int fd = connect_unpaced(s);

	send_exactly(fd, "ABCD", 4);
	note_wait(s);
	run_command(hinder);
	/* Its timer goes off after 200 ms, and after 400 ms again. */
	sleep_ms(300);
	run_command(help);
	await_acknowledged(fd);
	close(fd);
}

static void no_route_app(struct stage *s)
{
	if (s->family == AF_INET6)
		hindered(s, "ip -6 route del fd09::/64 dev " TUN_DEVICE,
			 "ip -6 route add fd09::/64 dev " TUN_DEVICE);
	else
		hindered(s, "ip route del 10.9.0.0/24 dev " TUN_DEVICE,
			 "ip route add 10.9.0.0/24 dev " TUN_DEVICE);
}

/* A route to the remote host alone, of a type that leads nowhere. */
#define ROUTE_APP(type)                                                    \
	static void type##_app(struct stage *s)                            \
	{                                                                  \
		if (s->family == AF_INET6)                                 \
			hindered(s, "ip route add " #type " " TUN_REMOTE6, \
				 "ip route del " #type " " TUN_REMOTE6);   \
		else                                                       \
			hindered(s, "ip route add " #type " " TUN_REMOTE4, \
				 "ip route del " #type " " TUN_REMOTE4);   \
	}

ROUTE_APP(blackhole)
ROUTE_APP(unreachable)
ROUTE_APP(prohibit)

/* A queue of one byte. */
static void full_queue_app(struct stage *s)
{
	hindered(s,
		 "tc qdisc add dev " TUN_DEVICE
		 " root tbf rate 1mbit burst 2000 limit 1",
		 "tc qdisc del dev " TUN_DEVICE " root");
}

/*
 * A queue that lets one packet out and keeps the other for some 400 ms. The
 * timer goes off after 200 ms: there is a copy already that has not left. Once
 * it has, another one follows, and that was not needed.
 */

static void busy_host(struct stage *s, struct peer *p)
{
	struct segment data;

	peer_accept(p);
	note_send(s);
	for (int i = 0; i < 2; i++) {
		data = peer_expect(p, ACK, REMOTE_MSS);
		acknowledge(p, &data);
	}
	peer_close(p);
}

static void busy_app(struct stage *s)
{
	int fd = connect_unpaced(s);

	note_wait(s);
	run_command("tc qdisc add dev " TUN_DEVICE
		    " root tbf rate 27kbit burst 1600 limit 100000");
	for (int i = 0; i < 2; i++) {
		send_segments(fd, 1);
		await_acknowledged(fd);
	}
	/* And the other copy with it. */
	run_command("tc qdisc del dev " TUN_DEVICE " root");
	close(fd);
}

/* --- it was needless --------------------------------------------------------
 */

/* What it does next must not come before what is said of this. */
static void four_bytes_and_word_app(struct stage *s)
{
	int fd = connect_unpaced(s);

	send_exactly(fd, "ABCD", 4);
	note_wait(s);
	close(fd);
}

/* Nothing was lost, our acknowledgment was slow: so many copies came. */
static void acknowledge_late(struct stage *s, struct peer *p, int copies)
{
	struct segment data;

	peer_accept(p);
	data = peer_expect(p, ACK, 4);
	for (int i = 0; i < copies; i++)
		peer_expect_again(p, &data);
	acknowledge(p, &data);
	for (int i = 0; i < copies; i++)
		peer_send_sack(p, (struct sack_block){ data.seq,
						       data.seq + data.len });
	note_send(s);
	peer_close(p);
}

static void needless_host(struct stage *s, struct peer *p)
{
	acknowledge_late(s, p, 1);
}

/* Also after the timer, which the kernel then takes back. */
static void needless_timeout_host(struct stage *s, struct peer *p)
{
	acknowledge_late(s, p, 2);
}

/*
 * Both segments had arrived, and their acknowledgment was slow: that the second
 * one, sent once, is in it, proves it (F-RTO, RFC 5682).
 */
static void needless_flight_host(struct stage *s, struct peer *p)
{
	struct segment first, second;

	peer_accept(p);
	first = peer_expect(p, ACK, REMOTE_MSS);
	second = peer_expect(p, ACK, REMOTE_MSS);
	peer_expect_again(p, &first);
	acknowledge(p, &second);
	note_send(s);
	peer_close(p);
}

static void two_segments_and_word_app(struct stage *s)
{
	int fd = connect_unpaced(s);

	/* A probe would carry the second one again. */
	set_ipv4_setting("tcp_early_retrans", 0);
	send_segments(fd, 2);
	note_wait(s);
	close(fd);
}

#define SCRIPT(called, text, host_part, app_part)                 \
	{                                                         \
		.name = called, .about = text, .host = host_part, \
		.app = app_part                                   \
	}

const struct script loss_scripts[] = {
	SCRIPT("reorder", "a segment is lost and the kernel waits a little",
	       reorder_host, two_segments_app),
	SCRIPT("flight-lost", "four segments are lost", flight_host,
	       flight_app),
	SCRIPT("narrow-path", "ICMP says that the path takes less now",
	       narrow_host, one_segment_app),
	SCRIPT("mtu-probe", "a probe for a larger MTU is lost", mtu_probe_host,
	       mtu_probe_app),
	SCRIPT("fastopen", "the data in the SYN is not taken", fastopen_host,
	       fastopen_app),
	SCRIPT("shrunk-window", "the window shrinks to zero", zero_window_host,
	       four_bytes_app),
	SCRIPT("no-route", "the route is gone for a while", no_route_host,
	       no_route_app),
	SCRIPT("blackhole", "the same: a route that leads nowhere",
	       no_route_host, blackhole_app),
	SCRIPT("unreachable-route", "the same, of another type", no_route_host,
	       unreachable_app),
	SCRIPT("prohibit", "the same, of another type", no_route_host,
	       prohibit_app),
	SCRIPT("full-queue", "a full queue drops what is sent again",
	       no_route_host, full_queue_app),
	SCRIPT("busy-queue", "a segment waits in the queue for long", busy_host,
	       busy_app),
	SCRIPT("needless", "a slow acknowledgment; the probe was needless",
	       needless_host, four_bytes_and_word_app),
	SCRIPT("needless-timeout", "the same, also for the timer",
	       needless_timeout_host, four_bytes_and_word_app),
	SCRIPT("needless-flight", "the timer was too early for two segments",
	       needless_flight_host, two_segments_and_word_app),
	{ 0 },
};
