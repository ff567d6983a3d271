// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs that come from another host. */
#include <string.h>

#include "scene.h"

static const struct expected refused[] = {
	{
		.cause = "rst-received.refused",
		.what = "rst-received",
		.trigger = "segment",
		.state = "SYN_SENT",
		.owner = "remote-client",
		.why = { "@far:8088 answered the SYN of @remote-client" },
		.effect = { "connect() of @remote-client", "ECONNREFUSED" },
	},
	{ 0 },
};

static const struct expected mid_stream[] = {
	{
		.cause = "rst-received.mid-stream",
		.what = "rst-received",
		.trigger = "segment",
		.state = "ESTABLISHED",
		.owner = "remote-client",
		.why = { "@far:8088 reset the open connection of "
			 "@remote-client" },
		.effect = { "@remote-client, in ESTABLISHED", "ECONNRESET" },
		.evidence = { "bytes_in=4", "bytes_out=4" },
	},
	{ 0 },
};

static const struct expected after_close[] = {
	{
		.cause = "rst-received.after-close",
		.what = "rst-received",
		.trigger = "segment",
		.state = "FIN_WAIT1",
		.owner = "remote-client",
		.why = { "@remote-client had sent its FIN", "FIN_WAIT1",
			 "@far:8088 answered with a RST" },
		.effect = { "none" },
		.evidence = { "bytes_in=4", "bytes_out=4" },
	},
	{ 0 },
};

static const struct expected before_accept[] = {
	{
		.cause = "rst-received.before-accept",
		.what = "rst-received",
		.trigger = "segment",
		.state = "ESTABLISHED",
		.owner = "remote-server",
		.why = { "@far:50000 connected",
			 "before @remote-server accepted it" },
		.effect = { "accept() still succeeds", "ECONNRESET" },
	},
	{ 0 },
};

/* The kernel gives no reason for that drop: likely, not certain. */
static const struct expected handshake[] = {
	{
		.cause = "rst-received.handshake",
		.what = "rst-received",
		.confidence = "likely",
		.trigger = "segment",
		.state = "LISTEN",
		.owner = "remote-server",
		.why = { "@far:50000 sent a SYN", "a RST" },
		.effect = { "none" },
	},
	{ 0 },
};

static const struct expected ignored[] = {
	{
		.cause = "rst-received.ignored",
		.count = 2,
		.what = "rst-received",
		.trigger = "segment",
		.state = "ESTABLISHED",
		.owner = "remote-client",
		.why = { "@far:8088 sent a RST", "not obeyed" },
		.effect = { "none", "@remote-client goes on" },
		.evidence = { "bytes_in=4", "bytes_out=4" },
	},
	{ 0 },
};

/* What nobody obeyed did not end it. */
#define REMOTE(script) "exec $SAMPLES/remote --fast $six " script

static const struct scene scenes[] = {
	{ .name = "rst-received.refused",
	  .script = REMOTE("refuse"),
	  .findings = refused },
	{ .name = "rst-received.mid-stream",
	  .script = REMOTE("reset-mid-stream"),
	  .findings = mid_stream },
	{ .name = "rst-received.after-close",
	  .script = REMOTE("reset-after-close"),
	  .findings = after_close },
	{ .name = "rst-received.before-accept",
	  .script = REMOTE("reset-before-accept"),
	  .findings = before_accept },
	{ .name = "rst-received.handshake",
	  .script = REMOTE("reset-handshake"),
	  .findings = handshake },
	{ .name = "rst-received.ignored",
	  .script = REMOTE("reset-ignored"),
	  .findings = ignored,
	  .also = expect_ended_well },
};

int main(int argc, char **argv)
{
	return scenes_main("received", scenes, COUNT(scenes), argc, argv);
}
