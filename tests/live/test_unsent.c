// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments that were to be sent again, and were not. */
#include "namespace.h"
#include "scene.h"

#define REMOTE(script) "exec $SAMPLES/remote --fast $six " script

/* All of them happen to remote-client, in ESTABLISHED. */
#define RESENT(id, by)                                    \
	.cause = id, .what = "retransmit", .trigger = by, \
	.state = "ESTABLISHED", .owner = "remote-client"

/* Else two mechanisms try, and fail: one is enough. */
static void without_probes(void)
{
	namespace_set("tcp_early_retrans", 0);
}

static const struct expected no_route[] = {
	{
		RESENT("rtx.unsent", "timer:rto"),
		.why = { "@remote-client's segment", "not on the wire",
			 "no route to the peer" },
		.effect = { "the peer got nothing" },
		.evidence = { "errno=EHOSTUNREACH", "earlier=0" },
	},
	{
		RESENT("rtx.timeout", "timer:rto"),
		.why = { "@far:8088 acknowledged nothing" },
		.effect = { "stalled" },
		.evidence = { "earlier=1", "history=1 not sent" },
	},
	{ 0 },
};

static const struct expected refused[] = {
	{
		RESENT("rtx.unsent", "timer:tlp"),
		.why = { "@remote-client's segment", "not on the wire",
			 "a policy of this host refused it",
			 "(netfilter, OUTPUT chain)" },
		.effect = { "the peer got nothing" },
		.evidence = { "errno=EPERM", "drop_reason=NETFILTER_DROP",
			      "dropped_by=netfilter, OUTPUT chain" },
	},
	{
		RESENT("rtx.timeout", "timer:rto"),
		.count = 3,
		.why = { "@far:8088 acknowledged nothing" },
		.effect = { "stalled" },
	},
	{ 0 },
};

/* The data passes, its first copy does not, those after it do. */
static void drop_second_out(void)
{
	namespace_firewall("table inet t {\n"
			   "  chain c {\n"
			   "    type filter hook output priority 0;\n"
			   "    tcp dport 8088 tcp flags & psh == psh "
			   "numgen inc mod 100 == 1 drop\n"
			   "  }\n"
			   "}\n");
}

static const struct expected full_queue[] = {
	{
		RESENT("rtx.unsent", "timer:rto"),
		.why = { "@remote-client's segment", "not on the wire",
			 "the queue of the device was full",
			 "(a queue (qdisc) on the way out)" },
		.effect = { "the peer got nothing" },
		.evidence = { "errno=NET_XMIT_DROP", "drop_reason=QDISC_DROP",
			      "dropped_by=a queue (qdisc) on the way out",
			      "earlier=0" },
	},
	{
		RESENT("rtx.timeout", "timer:rto"),
		.why = { "@far:8088 acknowledged nothing" },
		.effect = { "stalled" },
		.evidence = { "earlier=1", "history=1 not sent" },
	},
	{ 0 },
};

/* The first copy has left by the time of the second, and is acknowledged. */
static const struct expected busy_queue[] = {
	{
		RESENT("rtx.unsent", "timer:rto"),
		.why = { "@remote-client's segment", "not on the wire",
			 "the earlier copy still waits in a queue" },
		.effect = { "the peer got nothing" },
		.evidence = { "errno=EBUSY", "earlier=0" },
	},
	{
		RESENT("rtx.timeout", "timer:rto"),
		.why = { "@far:8088 acknowledged nothing" },
		.effect = { "stalled" },
		.evidence = { "earlier=1", "history=1 not sent" },
	},
	{ 0 },
};

static const struct scene scenes[] = {
	{ .name = "rtx.unsent, rtx.timeout, no route",
	  .script = REMOTE("no-route"),
	  .prepare = without_probes,
	  .findings = no_route,
	  .also = expect_ended_well },
	{ .name = "rtx.unsent, rtx.timeout, blackhole",
	  .script = REMOTE("blackhole"),
	  .prepare = without_probes,
	  .findings = no_route,
	  .also = expect_ended_well },
	{ .name = "rtx.unsent, rtx.timeout, unreachable",
	  .script = REMOTE("unreachable-route"),
	  .prepare = without_probes,
	  .findings = no_route,
	  .also = expect_ended_well },
	{ .name = "rtx.unsent, rtx.timeout, prohibited",
	  .script = REMOTE("prohibit"),
	  .prepare = without_probes,
	  .findings = no_route,
	  .also = expect_ended_well },
	{ .name = "rtx.unsent, rtx.timeout, full queue",
	  .script = REMOTE("full-queue"),
	  .prepare = without_probes,
	  .findings = full_queue,
	  .also = expect_ended_well },
	{ .name = "rtx.unsent, rtx.timeout, busy queue",
	  .script = REMOTE("busy-queue"),
	  .prepare = without_probes,
	  .findings = busy_queue,
	  .also = expect_ended_well },
	{ .name = "rtx.unsent, rtx.timeout, firewall",
	  .script = REMOTE("no-ack"),
	  .prepare = drop_second_out,
	  .findings = refused,
	  .also = expect_ended_well },
};

int main(int argc, char **argv)
{
	return scenes_main("unsent", scenes, COUNT(scenes), argc, argv);
}
