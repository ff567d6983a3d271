// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments sent again, and connections that never came to be. */
#include "namespace.h"
#include "scene.h"

#define REMOTE(script) "exec $SAMPLES/remote --fast $six " script

/* --- SYNs ---------------------------------------------------------------- */

static const struct expected silent[] = {
	{
		.cause = "rtx.syn",
		.count = 2,
		.what = "retransmit",
		.trigger = "timer:rto",
		.state = "SYN_SENT",
		.owner = "remote-client",
		.why = { "@far:8088 has not answered the SYN of "
			 "@remote-client" },
		.effect = { "connect() of @remote-client keeps waiting" },
		.evidence = { "tcp_syn_retries=2" },
	},
	{
		.cause = "connect.timeout",
		.what = "connect-failed",
		.trigger = "timer:rto",
		.state = "SYN_SENT",
		.owner = "remote-client",
		.why = { "@far:8088 answered none of", "3 SYNs",
			 "@remote-client", "tcp_syn_retries is 2" },
		.effect = { "connect() of @remote-client", "ETIMEDOUT" },
		.evidence = { "syns=3", "tcp_syn_retries=2" },
	},
	{ 0 },
};

static const struct expected dropped[] = {
	{
		.cause = "rtx.syn",
		.what = "retransmit",
		.trigger = "timer:rto",
		.state = "SYN_SENT",
		.owner = "nc",
		.why = { "@loop:12345 has not answered the SYN of @nc", "SYN 2",
			 "dropped on this host by netfilter, INPUT" },
		.effect = { "connect() of @nc keeps waiting" },
		.evidence = { "syn=2", "tcp_syn_retries=1",
			      "dropped_by=netfilter, INPUT chain",
			      "drop_reason=NETFILTER_DROP" },
	},
	{
		.cause = "connect.timeout",
		.what = "connect-failed",
		.trigger = "timer:rto",
		.state = "SYN_SENT",
		.owner = "nc",
		.why = { "@loop:12345 answered none of", "2 SYNs", "@nc",
			 "dropped on this host by netfilter, INPUT chain" },
		.effect = { "connect() of @nc", "ETIMEDOUT" },
		.evidence = { "syns=2", "tcp_syn_retries=1",
			      "dropped_by=netfilter, INPUT chain",
			      "drop_reason=NETFILTER_DROP" },
	},
	{ 0 },
};

static void drop_syns(void)
{
	namespace_set("tcp_syn_retries", 1);
	/* From 6.5 these come before those. */
	namespace_set("tcp_syn_linear_timeouts", 0);
	namespace_firewall("table inet t {\n"
			   "  chain c {\n"
			   "    type filter hook input priority 0;\n"
			   "    tcp dport 12345 drop\n"
			   "  }\n"
			   "}\n");
}

#define ABORTED(how, words)                                                   \
	{                                                                     \
		{                                                             \
			.cause = "connect.aborted",                           \
			.what = "connect-failed",                             \
			.trigger = how,                                       \
			.state = "SYN_SENT",                                  \
			.owner = "remote-client",                             \
			.actor = "remote-client",                             \
			.why = { "@remote-client " words,                     \
				 "still waiting for @far:8088", "1 SYN in" }, \
			.effect = { "attempt ends" },                         \
			.evidence = { "syns=1" },                             \
		},                                                            \
			{ 0 },                                                \
	}

static const struct expected abort_close[] = ABORTED("close", "called close()");
static const struct expected abort_exit[] = ABORTED("exit", "exited");
static const struct expected abort_kill[] =
	ABORTED("signal:9", "was killed by SIGKILL");

static const struct expected client_silent[] = {
	{
		.cause = "synack.client-silent",
		.what = "synack-retransmit",
		.trigger = "timer:synack",
		.state = "LISTEN",
		.owner = "remote-server",
		.why = { "@far:50000 sent a SYN", "@remote-server" },
		.effect = { "half-open" },
		.evidence = { "synack=2" },
	},
	{ 0 },
};

/* --- data ---------------------------------------------------------------- */

static const struct expected no_ack[] = {
	{
		.cause = "rtx.tail-loss-probe",
		.what = "retransmit",
		.trigger = "timer:tlp",
		.state = "ESTABLISHED",
		.owner = "remote-client",
		.why = { "@far:8088 did not acknowledge",
			 "last segment of @remote-client" },
		.effect = { "none if the segment was only late" },
		.evidence = { "bytes_out=4" },
	},
	{
		.cause = "rtx.timeout",
		.count = 2,
		.what = "retransmit",
		.trigger = "timer:rto",
		.state = "ESTABLISHED",
		.owner = "remote-client",
		.why = { "@far:8088 acknowledged nothing of @remote-client",
			 "timer expired" },
		.effect = { "stalled" },
		.evidence = { "bytes_out=4" },
	},
	{ 0 },
};

static const struct expected dup_ack[] = {
	{
		.cause = "rtx.fast",
		.what = "retransmit",
		.trigger = "segment",
		.state = "ESTABLISHED",
		.owner = "remote-client",
		.why = { "@far:8088 reported later segments of "
			 "@remote-client" },
		.effect = { "repaired" },
	},
	{ 0 },
};

static const struct scene scenes[] = {
	{ .name = "rtx.syn, connect.timeout, silent host",
	  .script = REMOTE("silent"),
	  .findings = silent },
	{ .name = "rtx.syn, connect.timeout, dropped here",
	  .script = "echo role nc $$; exec nc $loop 12345",
	  .prepare = drop_syns,
	  .status = 1,
	  .findings = dropped },
	{ .name = "connect.aborted, close",
	  .script = REMOTE("abort"),
	  .findings = abort_close },
	{ .name = "connect.aborted, exit",
	  .script = REMOTE("abort --exit"),
	  .findings = abort_exit },
	{ .name = "connect.aborted, signal",
	  .script = REMOTE("abort --kill"),
	  .findings = abort_kill },
	{ .name = "synack.client-silent",
	  .script = REMOTE("syn-only"),
	  .findings = client_silent },
	{ .name = "rtx.tail-loss-probe, rtx.timeout",
	  .script = REMOTE("no-ack"),
	  .findings = no_ack,
	  .also = expect_ended_well },
	{ .name = "rtx.fast",
	  .script = REMOTE("dup-ack"),
	  .findings = dup_ack,
	  .also = expect_ended_well },
};

int main(int argc, char **argv)
{
	return scenes_main("retransmit", scenes, COUNT(scenes), argc, argv);
}
