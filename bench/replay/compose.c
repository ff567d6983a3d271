// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "compose.h"

#include <string.h>

#include "recording.h"
#include "source.h"
#include "tests/unit/events.h"

#define SERVER_PID  100
#define SERVER_PORT 8080
#define CLIENT_PID  200
#define CLIENTS	    16 /* processes */

/* A quarter of a million events a second, as under a storm. */
#define EVENT_EVERY (4 * (MS / 1000))

/* Ports of one client address. */
#define FIRST_PORT 1024
#define PORTS	   60000

/* Where the kernel's sockets are; one is as large as this. */
#define SOCKS	     0xffff888000000000ULL
#define SOCK_SIZE    2432

#define TCP_FUNCTION 0xffffffff81a00000ULL

struct composer {
	struct recorder *recorder;
	uint64_t now;
	uint64_t events;
	uint32_t slots; /* connections at a time, and socket addresses */
	int err;
};

static void put(struct composer *c, const struct event_header *event)
{
	if (!c->err)
		c->err = recorder_event(c->recorder, event);
	c->events++;
	c->now += EVENT_EVERY;
}

static void put_fact(struct composer *c, const struct fact *fact)
{
	if (!c->err)
		c->err = recorder_fact(c->recorder, fact);
}

static void put_process(struct composer *c, uint32_t pid, const char *name)
{
	const struct fact fact = { .kind = FACT_PROCESS,
				   .process = { .pid = pid,
						.uid = 1000,
						.start_time = 1000ULL * pid,
						.comm = name,
						.exe = "/usr/bin/some-program",
						.cgroup = "/system.slice/"
							  "some.service" } };

	put_fact(c, &fact);
}

static void put_host(struct composer *c)
{
	const struct fact host = { .kind = FACT_HOST,
				   .host = { .release = "6.18.0",
					     .hostname = "bench",
					     .version = "bench",
					     .start = c->now,
					     .hz = 250 } };
	const struct fact reason = { .kind = FACT_NAME,
				     .name = { NAME_RST_REASON, 4,
					       "TCP_ABORT_ON_CLOSE" } };
	const char *const stack[] = { "tcp_send_active_reset", "tcp_disconnect",
				      "__tcp_close", "tcp_close" };
	struct fact symbol = { .kind = FACT_SYMBOL };

	put_fact(c, &host);
	put_fact(c, &reason);
	for (unsigned int i = 0; i < 4; i++) {
		symbol.symbol.address = TCP_FUNCTION + 16 * i;
		symbol.symbol.name = stack[i];
		put_fact(c, &symbol);
	}
	put_process(c, SERVER_PID, "server");
	for (uint32_t i = 0; i < CLIENTS; i++)
		put_process(c, CLIENT_PID + i, "client");
}

/* One connection, by its number: what is the same in all its events. */
struct ends {
	uint64_t sock[2];	   /* client, server */
	struct event_conn conn[2]; /* ... as each sees it */
	uint32_t client_pid;
};

static struct ends ends_of(const struct composer *c, uint64_t number)
{
	uint64_t slot = number % c->slots;
	uint32_t address = htonl(0x0a000001 + number / PORTS % (1 << 20));
	struct ends ends = {
		.sock = { SOCKS + 2 * slot * SOCK_SIZE,
			  SOCKS + (2 * slot + 1) * SOCK_SIZE },
		.client_pid = CLIENT_PID + number % CLIENTS,
	};

	ends.conn[0] = conn_of("10.0.0.1", FIRST_PORT + number % PORTS,
			       "192.0.2.1", SERVER_PORT);
	memcpy(ends.conn[0].laddr + 12, &address, sizeof(address));
	ends.conn[1] = turned(ends.conn[0]);
	return ends;
}

static void put_state(struct composer *c, const struct ends *ends, int end,
		      uint8_t old, uint8_t new, bool owned)
{
	struct sock_event e =
		state_event(c->now, ends->sock[end], ends->conn[end], old, new);

	if (old == STATE_CLOSE)
		e.conn.lport = 0; /* not chosen yet */
	if (new == STATE_ESTABLISHED) {
		e.snd_una = (uint32_t)(ends->sock[end] >> 4);
		e.rcv_nxt = (uint32_t)(ends->sock[!end] >> 4);
	}
	if (owned && end)
		done_by(&e.h, SERVER_PID, "server");
	else if (owned)
		done_by(&e.h, ends->client_pid, "client");
	e.closing = owned;
	put(c, &e.h);
}

static void put_destroy(struct composer *c, const struct ends *ends, int end)
{
	struct sock_event e =
		destroy_event(c->now, ends->sock[end], ends->conn[end]);

	put(c, &e.h);
}

static void put_listener(struct composer *c)
{
	struct sock_event e =
		state_event(c->now, SOCKS - SOCK_SIZE,
			    conn_of("0.0.0.0", SERVER_PORT, "0.0.0.0", 0),
			    STATE_CLOSE, STATE_LISTEN);

	done_by(&e.h, SERVER_PID, "server");
	put(c, &e.h);
}

static void put_opening(struct composer *c, uint64_t number)
{
	struct ends ends = ends_of(c, number);

	put_state(c, &ends, 0, STATE_CLOSE, STATE_SYN_SENT, true);
	put_state(c, &ends, 1, STATE_LISTEN, STATE_SYN_RECV, false);
	put_state(c, &ends, 0, STATE_SYN_SENT, STATE_ESTABLISHED, false);
	put_state(c, &ends, 1, STATE_SYN_RECV, STATE_ESTABLISHED, false);
}

static void put_fins(struct composer *c, const struct ends *ends)
{
	put_state(c, ends, 0, STATE_ESTABLISHED, STATE_FIN_WAIT1, true);
	put_state(c, ends, 1, STATE_ESTABLISHED, STATE_CLOSE_WAIT, false);
	put_state(c, ends, 0, STATE_FIN_WAIT1, STATE_FIN_WAIT2, false);
	put_state(c, ends, 1, STATE_CLOSE_WAIT, STATE_LAST_ACK, true);
	put_state(c, ends, 0, STATE_FIN_WAIT2, STATE_CLOSE, false);
	put_destroy(c, ends, 0);
	put_state(c, ends, 1, STATE_LAST_ACK, STATE_CLOSE, false);
	put_destroy(c, ends, 1);
}

/* close() with SO_LINGER {1, 0} */
static void put_reset(struct composer *c, const struct ends *ends)
{
	struct segment_event e = segment_event(EVENT_RESET_SENT, c->now,
					       ends->sock[0], ends->conn[0]);

	done_by(&e.h, ends->client_pid, "client");
	e.tcp.state = STATE_CLOSE;
	e.tcp.flags |= SOCK_F_LINGER;
	e.reason = 4;
	e.frames = 4;
	for (unsigned int i = 0; i < e.frames; i++)
		e.stack[i] = TCP_FUNCTION + 16 * i;
	put_state(c, ends, 0, STATE_ESTABLISHED, STATE_CLOSE, true);
	e.h.time = c->now;
	put(c, &e.h);
	put_destroy(c, ends, 0);
	e = segment_event(EVENT_RESET_RECEIVED, c->now, ends->sock[1],
			  ends->conn[1]);
	put(c, &e.h);
	put_state(c, ends, 1, STATE_ESTABLISHED, STATE_CLOSE, false);
	put_destroy(c, ends, 1);
}

int compose(const char *path, const struct composition *composition,
	    uint64_t *events)
{
	struct composer c = { .now = 1000 * SEC,
			      .slots = composition->open + 1 };
	int err = recorder_open(&c.recorder, path);

	if (err)
		return err;
	put_host(&c);
	put_listener(&c);
	for (uint64_t i = 0; i < composition->open; i++)
		put_opening(&c, i);
	for (uint64_t i = 0; i < composition->closed && !c.err; i++) {
		struct ends ends = ends_of(&c, i);

		put_opening(&c, i + composition->open);
		if (composition->by_reset)
			put_reset(&c, &ends);
		else
			put_fins(&c, &ends);
	}
	*events = c.events;
	err = recorder_close(c.recorder);
	return c.err ? c.err : err;
}
