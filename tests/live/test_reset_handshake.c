// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs that this host sends for a segment that fits no handshake. */
#include <stdlib.h>
#include <string.h>

#include "scene.h"

/* --- of the local process that connects ----------------------------------- */

#define LATE_SYNACK(act, words)                                       \
	{                                                             \
		{                                                     \
			.cause = "connect.aborted",                   \
			.what = "connect-failed",                     \
			.trigger = act,                               \
			.state = "SYN_SENT",                          \
			.owner = "remote-client",                     \
			.actor = "remote-client",                     \
		},                                                    \
			{                                             \
				.cause = "rst.late-synack",           \
				.what = "rst-sent",                   \
				.trigger = "segment",                 \
				.state = "NONE",                      \
				.owner = "remote-client",             \
				.actor = "remote-client",             \
				.why = { "@far:8088 answered",        \
					 "the SYN of @remote-client", \
					 "that no socket waits for",  \
					 "@remote-client " words },   \
				.effect = { "@far:8088 forgets" },    \
				.evidence = { "ended_by=" act,        \
					      "reason=NO_SOCKET" },   \
			},                                            \
			{ 0 },                                        \
	}

static const struct expected late_closed[] =
	LATE_SYNACK("close", "called close()");
static const struct expected late_exited[] = LATE_SYNACK("exit", "exited");
static const struct expected late_killed[] =
	LATE_SYNACK("signal:9", "was killed by SIGKILL");

/* How long before: not longer than the whole run took. */
static void given_up_before(const struct watcher *watcher)
{
	yajl_val finding = expect_one(watcher, "rst.late-synack");
	long long us = json_number(finding, "evidence/ended_us");

	EXPECT(watcher, us > 0 && us < 20000000, "how long before");
}

static const struct expected bad_timestamp[] = {
	{
		.cause = "rst.bad-timestamp",
		.what = "rst-sent",
		.trigger = "segment",
		.state = "SYN_SENT",
		.owner = "remote-client",
		.why = { "@far:8088 answered the SYN of @remote-client",
			 "a timestamp that was not in it" },
		.effect = { "connect() of @remote-client goes on",
			    "@far:8088 gets ECONNRESET" },
		.evidence = { "reason=TCP_RFC7323_PAWS" },
	},
	{ 0 },
};

static const struct expected bad_ack[] = {
	{
		.cause = "rst.bad-handshake-ack",
		.what = "rst-sent",
		.trigger = "segment",
		.state = "SYN_RECV",
		.owner = "remote-client",
		.why = { "@far:8088 acknowledged what was never sent",
			 "its handshake with @remote-client" },
		.effect = { "@remote-client still waits in SYN_RECV",
			    "@far:8088 gets ECONNRESET" },
		.evidence = { "handshake=simultaneous-open",
			      "reason=TCP_ACK_UNSENT_DATA" },
	},
	{ 0 },
};

/* A thousand too many: see samples/remote/script_handshake.c. */
static void off_by_thousand(const struct watcher *watcher)
{
	yajl_val finding = expect_one(watcher, "rst.bad-handshake-ack");
	uint32_t ack = json_number(finding, "evidence/segment_ack");
	uint32_t expected = json_number(finding, "evidence/expected_ack");

	EXPECT(watcher, ack - expected == 1000, "the two numbers");
}

/* The SYN is sent again, for that the old connection had eaten it. */
static const struct expected old_connection[] = {
	{
		.cause = "rst.old-connection",
		.what = "rst-sent",
		.trigger = "segment",
		.state = "SYN_SENT",
		.owner = "back-client",
		.peer = "old-server",
		.why = { "@old-server answered the SYN of @back-client",
			 "an ACK of an older connection" },
		.effect = { "connect() of @back-client goes on",
			    "@old-server, in ESTABLISHED", "ECONNRESET" },
		.evidence = { "reason=TCP_INVALID_ACK_SEQUENCE",
			      "peer_state=ESTABLISHED" },
	},
	{
		.cause = "rtx.syn",
		.what = "retransmit",
		.trigger = "timer:rto",
		.state = "SYN_SENT",
		.owner = "back-client",
		.peer = "old-server",
	},
	{ 0 },
};

/* --- of the local process that listens ------------------------------------ */

static const struct expected bad_syn[] = {
	{
		.cause = "rst.bad-syn",
		.what = "rst-sent",
		.trigger = "segment",
		.state = "LISTEN",
		.owner = "remote-server",
		.why = { "@far:50000 sent another SYN",
			 "its handshake with @remote-server" },
		.effect = { "@far:50000", "ECONNREFUSED",
			    "@remote-server never learns" },
		.evidence = { "reason=INVALID_SYN", "where=tcp_check_req" },
	},
	{ 0 },
};

static const struct expected queue_full[] = {
	{
		.cause = "rst.accept-queue-full",
		.what = "rst-sent",
		.trigger = "segment",
		.state = "LISTEN",
		.owner = "remote-server",
		.why = { "@remote-server does not accept fast enough",
			 "3 wait already, its backlog is 2",
			 "the handshake of @far:50003" },
		.effect = { "@far:50003 gets ECONNRESET" },
		.evidence = { "accept_queue=3", "accept_queue_max=2",
			      "reason=INVALID_SYN", "where=tcp_check_req" },
	},
	{ 0 },
};

static const struct expected port_reused[] = {
	{
		.cause = "rst.port-reused",
		.what = "rst-sent",
		.trigger = "segment",
		.state = "TIME_WAIT",
		.owner = "remote-server",
		.actor = "remote-server",
		.why = { "@far:50000 sent a SYN from the port",
			 "still waits for its FIN",
			 "@remote-server called close()" },
		.effect = { "@far:50000", "ECONNREFUSED",
			    "the next SYN is accepted" },
		.evidence = { "half_closed=FIN_WAIT2", "ended_by=close",
			      "reason=TCP_TIMEWAIT_SOCKET" },
	},
	{ 0 },
};

#define REMOTE(script) "exec $SAMPLES/remote --fast $six " script

static const struct scene scenes[] = {
	{ .name = "rst.late-synack, closed",
	  .script = REMOTE("late-synack"),
	  .findings = late_closed,
	  .also = given_up_before },
	{ .name = "rst.late-synack, exited",
	  .script = REMOTE("--exit late-synack"),
	  .findings = late_exited,
	  .also = given_up_before },
	{ .name = "rst.late-synack, killed",
	  .script = REMOTE("--kill late-synack"),
	  .findings = late_killed,
	  .also = given_up_before },
	{ .name = "rst.bad-timestamp",
	  .script = REMOTE("bad-timestamp"),
	  .findings = bad_timestamp },
	{ .name = "rst.bad-handshake-ack",
	  .script = REMOTE("bad-ack"),
	  .findings = bad_ack,
	  .also = off_by_thousand },
	{ .name = "rst.old-connection",
	  .script = "exec $SAMPLES/old-connection $six",
	  .findings = old_connection },
	{ .name = "rst.bad-syn",
	  .script = REMOTE("bad-syn"),
	  .findings = bad_syn },
	{ .name = "rst.accept-queue-full",
	  .script = REMOTE("queue-full"),
	  .findings = queue_full },
	{ .name = "rst.port-reused",
	  .script = REMOTE("port-reused"),
	  .findings = port_reused },
};

int main(int argc, char **argv)
{
	return scenes_main("reset-handshake", scenes, COUNT(scenes), argc,
			   argv);
}
