// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The local process connects to the remote host. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "script.h"
#include "tun.h"

/* The SYN is answered with a RST. */

static void refuse_host(struct stage *s, struct peer *p)
{
	struct segment syn = peer_expect(p, SYN, 0);

	(void)s;
	peer_take(p, &syn);
	peer_send_at(p, 0, RST | ACK);
}

static void refuse_app(struct stage *s)
{
	int fd = new_socket(s);

	expect_error("connect", try_connect(s, fd), ECONNREFUSED);
	close(fd);
}

/* A RST in the middle of an open connection. */

static int exchange_app(struct stage *s)
{
	int fd = connect_to(s);

	send_exactly(fd, "ABCD", 4);
	read_exactly(fd, "CDEF");
	return fd;
}

static void reset_mid_stream_host(struct stage *s, struct peer *p)
{
	peer_talk(p);
	sleep_ms(s->fast ? 50 : 500);
	peer_send(p, RST | ACK, NULL);
}

static void reset_mid_stream_app(struct stage *s)
{
	int fd = exchange_app(s);

	expect_read_error(fd, ECONNRESET);
	close(fd);
}

/* We close, and the answer to our FIN is a RST. */

static void reset_after_close_host(struct stage *s, struct peer *p)
{
	struct segment fin;

	peer_talk(p);
	fin = peer_expect(p, FIN | ACK, 0);
	peer_take(p, &fin);
	peer_send(p, RST | ACK, NULL);
	note_send(s);
}

static void reset_after_close_app(struct stage *s)
{
	int fd = exchange_app(s);

	/* The application never hears of what comes after this. */
	close(fd);
	note_wait(s);
}

/* Two RSTs that must not count: anybody could have guessed them. */

static void reset_ignored_host(struct stage *s, struct peer *p)
{
	struct segment data;

	peer_talk(p);
	/* Far outside the window: silently ignored (RFC 5961, 3.2). */
	peer_send_at(p, p->snd_nxt + (1u << 30), RST);
	sleep_ms(s->fast ? 20 : 200);
	/* Inside, but not the next byte: "did you mean it?" */
	peer_send_at(p, p->snd_nxt + 10, RST);
	peer_expect(p, ACK, 0);
	say("got a challenge ACK");

	peer_send(p, PSH | ACK, "GHIJ");
	peer_expect(p, ACK, 0);
	data = peer_expect(p, ACK, 4);
	peer_take(p, &data);
	peer_send(p, ACK, NULL);
	peer_close(p);
}

static void reset_ignored_app(struct stage *s)
{
	int fd = exchange_app(s);

	read_exactly(fd, "GHIJ");
	send_exactly(fd, "KLMN", 4);
	close(fd);
}

/* Nothing answers. */

static int syn_count(const struct stage *s)
{
	return s->fast ? 2 : 3; /* retransmissions: TCP_SYNCNT */
}

static void silent_host(struct stage *s, struct peer *p)
{
	struct segment syn = peer_expect(p, SYN, 0);
	int i;

	for (i = 0; i < syn_count(s); i++)
		peer_expect_again(p, &syn);
	note_wait(s);
	if (peer_listen(p, &syn, 100))
		die("got one segment too many");
	say("got %d SYNs and answered none", i + 1);
}

static void silent_app(struct stage *s)
{
	int fd = new_socket(s), count = syn_count(s);

	/* From 6.5 some more SYNs, one a second, come before those. */
	set_ipv4_setting("tcp_syn_linear_timeouts", 0);
	setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &count, sizeof(count));
	expect_error("connect", try_connect(s, fd), ETIMEDOUT);
	close(fd);
	note_send(s);
}

/* Nothing answers, and the application does not wait for it. */

static int patience_ms(const struct stage *s)
{
	return s->fast ? 300 : 1500; /* 1500: one SYN more is sent */
}

static void abort_host(struct stage *s, struct peer *p)
{
	struct segment syn = peer_expect(p, SYN, 0);

	if (!s->fast)
		peer_expect_again(p, &syn);
	/* Long enough to see that it stays silent from now on. */
	if (peer_listen(p, &syn, s->fast ? 1500 : 2500))
		die("got a segment after the connection was given up");
}

static void abort_app(struct stage *s)
{
	int fd = new_socket(s);

	fcntl(fd, F_SETFL, O_NONBLOCK);
	expect_error("connect", try_connect(s, fd), EINPROGRESS);
	sleep_ms(patience_ms(s));
	if (stage_variant(s, "kill"))
		stage_await_kill(s);
	if (stage_variant(s, "exit"))
		_exit(0);
	close(fd);
}

/* Data arrives, but the acknowledgments do not come. */

static void no_ack_host(struct stage *s, struct peer *p)
{
	struct segment data;
	int i;

	(void)s;
	peer_accept(p);
	data = peer_expect(p, ACK, 4);
	/* A tail loss probe first, then the retransmission timer, twice. */
	for (i = 0; i < 3; i++)
		peer_expect_again(p, &data);
	say("got the data %d times", i + 1);
	peer_take(p, &data);
	peer_send(p, ACK, NULL);
	peer_close(p);
}

static void no_ack_app(struct stage *s)
{
	int fd = connect_to(s);

	send_exactly(fd, "ABCD", 4);
	await_acknowledged(fd);
	close(fd);
}

/* One of ten segments is lost; those behind it arrive. */

#define DUP_ACK_SEGMENTS 10
#define DUP_ACK_LOST	 3 /* counted from 0 */

static void dup_ack_host(struct stage *s, struct peer *p)
{
	struct segment got, lost = { 0 };
	int i;

	(void)s;
	peer_accept(p);
	for (i = 0; i < DUP_ACK_SEGMENTS; i++) {
		got = peer_expect(p, ACK, REMOTE_MSS);
		if (i == DUP_ACK_LOST) {
			lost = got;
		} else if (i < DUP_ACK_LOST) {
			peer_take(p, &got);
			peer_send(p, ACK, NULL);
		} else {
			peer_send_sack(
				p, (struct sack_block){ lost.seq + lost.len,
							got.seq + got.len });
		}
	}
	peer_expect_again(p, &lost);
	say("got the lost segment again");
	peer_take(p, &got);
	peer_send(p, ACK, NULL);
	peer_close(p);
}

static void dup_ack_app(struct stage *s)
{
	static char data[DUP_ACK_SEGMENTS * REMOTE_MSS];
	int fd = connect_to(s);

	memset(data, 'x', sizeof(data));
	send_exactly(fd, data, sizeof(data));
	await_acknowledged(fd);
	close(fd);
}

const struct script client_scripts[] = {
	{
		.name = "refuse",
		.about = "the SYN is answered with a RST",
		.host = refuse_host,
		.app = refuse_app,
	},
	{
		.name = "reset-mid-stream",
		.about = "a RST during an open connection",
		.host = reset_mid_stream_host,
		.app = reset_mid_stream_app,
	},
	{
		.name = "reset-after-close",
		.about = "our FIN is answered with a RST",
		.host = reset_after_close_host,
		.app = reset_after_close_app,
	},
	{
		.name = "reset-ignored",
		.about = "two forged RSTs; the connection lives on",
		.host = reset_ignored_host,
		.app = reset_ignored_app,
	},
	{
		.name = "silent",
		.about = "no answer: connect() ends with ETIMEDOUT",
		.host = silent_host,
		.app = silent_app,
	},
	{
		.name = "abort",
		.about = "no answer, and the application gives up first",
		.host = abort_host,
		.app = abort_app,
		.has_variants = true,
	},
	{
		.name = "no-ack",
		.about = "data is not acknowledged for a while",
		.host = no_ack_host,
		.app = no_ack_app,
	},
	{
		.name = "dup-ack",
		.about = "one of ten segments is lost",
		.host = dup_ack_host,
		.app = dup_ack_app,
	},
	{ 0 },
};
