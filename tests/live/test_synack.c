// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* SYN-ACKs sent again. */
#include "scene.h"

#define REMOTE(script) "exec $SAMPLES/remote --fast $six " script

static const struct expected accept_queue_full[] = {
	{
		.cause = "synack.accept-queue-full",
		.what = "synack-retransmit",
		.trigger = "timer:synack",
		.state = "LISTEN",
		.owner = "remote-server",
		.why = { "@remote-server does not accept",
			 "3 connections wait, more than its limit of 2",
			 "ACK with which @far:50003 ended the handshake was "
			 "dropped" },
		.effect = { "@far:50003 believes it is connected",
			    "until @remote-server accepts" },
		.evidence = { "synack=2", "accept_queue=3",
			      "accept_queue_limit=2" },
	},
	{ 0 },
};

static const struct expected defer_accept[] = {
	{
		.cause = "synack.defer-accept",
		.what = "synack-retransmit",
		.trigger = "timer:synack",
		.state = "LISTEN",
		.owner = "remote-server",
		.why = { "@far:50000 ended the handshake but has sent no data",
			 "@remote-server waits (TCP_DEFER_ACCEPT)" },
		.effect = { "@remote-server gets the connection" },
		.evidence = { "synack=2", "defer_accept=1" },
	},
	{ 0 },
};

static const struct expected duplicate_syn[] = {
	{
		.cause = "synack.duplicate-syn",
		.what = "synack-retransmit",
		.trigger = "segment",
		.state = "LISTEN",
		.owner = "remote-server",
		.why = { "@far:50000 sent its SYN to @remote-server again" },
		.effect = { "longer" },
		.evidence = { "synack=2" },
	},
	{ 0 },
};

static const struct expected fastopen[] = {
	{
		.cause = "synack.fastopen",
		.what = "synack-retransmit",
		.trigger = "timer:synack",
		.state = "SYN_RECV",
		.owner = "remote-server",
		.why = { "@far:50000 opened a connection to @remote-server "
			 "with data in its SYN" },
		.effect = { "@remote-server has the connection and the data" },
		.evidence = { "synack=2", "bytes_in=4" },
	},
	{ 0 },
};

#define DROPPED(by, lost, hook)                                               \
	{                                                                     \
		{                                                             \
			.cause = "synack.local-drop",                         \
			.what = "synack-retransmit",                          \
			.trigger = by,                                        \
			.state = "LISTEN",                                    \
			.owner = "remote-server",                             \
			.why = { "handshake of @far:50000 with "              \
				 "@remote-server",                            \
				 lost " was dropped on this host by "         \
				      "netfilter, " hook " chain" },          \
			.effect = { "longer" },                               \
			.evidence = { "synack=2",                             \
				      "dropped_by=netfilter, " hook " chain", \
				      "drop_reason=NETFILTER_DROP" },         \
		},                                                            \
			{ 0 },                                                \
	}

static const struct expected ack_dropped[] =
	DROPPED("timer:synack", "the client's ACK", "INPUT");
/* Only the client's second SYN makes the kernel try again. */
static const struct expected synack_dropped[] =
	DROPPED("segment", "the SYN-ACK", "OUTPUT");

static const struct scene scenes[] = {
	{ .name = "synack.accept-queue-full",
	  .script = REMOTE("accept-queue-full"),
	  .findings = accept_queue_full },
	{ .name = "synack.defer-accept",
	  .script = REMOTE("defer-accept"),
	  .findings = defer_accept,
	  .also = expect_ended_well },
	{ .name = "synack.duplicate-syn",
	  .script = REMOTE("duplicate-syn"),
	  .findings = duplicate_syn,
	  .also = expect_ended_well },
	{ .name = "synack.fastopen",
	  .script = REMOTE("fastopen-silent"),
	  .findings = fastopen,
	  .also = expect_ended_well },
	{ .name = "synack.local-drop, the client's ACK",
	  .script = REMOTE("ack-dropped"),
	  .findings = ack_dropped,
	  .also = expect_ended_well },
	{ .name = "synack.local-drop, our SYN-ACK",
	  .script = REMOTE("synack-dropped"),
	  .findings = synack_dropped,
	  .also = expect_ended_well },
};

int main(int argc, char **argv)
{
	return scenes_main("synack", scenes, COUNT(scenes), argc, argv);
}
