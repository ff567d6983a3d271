// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections that never came to be. */
#include <string.h>

#include "namespace.h"
#include "scene.h"

#define REMOTE(script) "exec $SAMPLES/remote --fast $six " script

/* --- nobody answers ------------------------------------------------------ */

static const struct expected impatient[] = {
	{
		.cause = "rtx.syn",
		.what = "retransmit",
		.trigger = "timer:rto",
		.state = "SYN_SENT",
		.owner = "remote-client",
		.why = { "SYN of @remote-client: this is SYN 2 of 7" },
		.effect = { "connect() of @remote-client keeps waiting" },
		.evidence = { "syn=2" },
	},
	{
		.cause = "connect.timeout",
		.what = "connect-failed",
		.trigger = "timer:rto",
		.state = "SYN_SENT",
		.owner = "remote-client",
		.why = { "@far:8088 answered none of 2 SYNs",
			 "TCP_USER_TIMEOUT is 1.5 s" },
		.effect = { "connect() of @remote-client", "ETIMEDOUT" },
		.evidence = { "syns=2", "user_timeout_ms=1500" },
	},
	{ 0 },
};

/* --- the SYN, or its answer, was lost here ------------------------------- */

#define FIREWALL(hook, rule)                                    \
	do {                                                    \
		namespace_set("tcp_syn_retries", 1);            \
		/* From 6.5 these come before those. */         \
		namespace_set("tcp_syn_linear_timeouts", 0);    \
		namespace_firewall("table inet t {\n"           \
				   "  chain c {\n"              \
				   "    type filter hook " hook \
				   " priority 0;\n"             \
				   "    " rule "\n"             \
				   "  }\n"                      \
				   "}\n");                      \
	} while (0)

/* A SYN finds no place in a queue: no drop is seen, but the queue is. */
static const struct expected full_queue[] = {
	{
		.cause = "rtx.syn",
		.what = "retransmit",
		.trigger = "timer:rto",
		.state = "SYN_SENT",
		.owner = "waiting-client",
		.peer = "idle-server",
		.why = { "has not answered the SYN of @waiting-client",
			 "@idle-server listens there and does not accept",
			 "2 connections wait, the limit is 1" },
		.effect = { "connect() of @waiting-client keeps waiting" },
		.evidence = { "syn=2", "accept_queue=2",
			      "accept_queue_limit=1" },
	},
	{
		.cause = "connect.timeout",
		.what = "connect-failed",
		.trigger = "timer:rto",
		.state = "SYN_SENT",
		.owner = "waiting-client",
		.peer = "idle-server",
		.why = { "2 SYNs that @waiting-client sent",
			 "@idle-server listens there and does not accept" },
		.effect = { "connect() of @waiting-client", "ETIMEDOUT" },
		.evidence = { "syns=2", "accept_queue=2",
			      "accept_queue_limit=1" },
	},
	{ 0 },
};

/* --- somebody says no, and it is not a RST ------------------------------- */

#define UNREACHABLE(error)                                                  \
	{                                                                   \
		{                                                           \
			.cause = "connect.unreachable",                     \
			.what = "connect-failed",                           \
			.trigger = "icmp",                                  \
			.state = "SYN_SENT",                                \
			.owner = "remote-client",                           \
			.why = { "@remote-client cannot reach @far:8088",   \
				 "an ICMP error came back", "1 SYN" },      \
			.effect = { "connect() of @remote-client fails "    \
				    "with " error,                          \
				    "no RST" },                             \
			.evidence = { "failed_with=" error, "told_by=icmp", \
				      "syns=1" },                           \
		},                                                          \
			{ 0 },                                              \
	}

static const struct expected host_unreachable[] = UNREACHABLE("EHOSTUNREACH");
static const struct expected net_unreachable[] = UNREACHABLE("ENETUNREACH");
static const struct expected port_unreachable[] = UNREACHABLE("ECONNREFUSED");

static const struct expected no_route[] = {
	{
		.cause = "connect.unreachable",
		.what = "connect-failed",
		.trigger = "timer:rto",
		.state = "SYN_SENT",
		.owner = "remote-client",
		.why = { "@remote-client cannot reach @far:8088",
			 "this host has no route there", "1 SYN" },
		.effect = { "connect() of @remote-client fails with" },
		.evidence = { "syns=1" },
	},
	{
		.cause = "rtx.unsent",
		.what = "retransmit",
		.trigger = "timer:rto",
		.state = "SYN_SENT",
		.owner = "remote-client",
		.why = { "@remote-client's segment", "not on the wire" },
	},
	{ 0 },
};

/*
 * While connect() is still sending the first SYN, the error is only noted: the
 * second one ends it.
 */
#define REJECTED(error)                                                        \
	{                                                                      \
		{                                                              \
			.cause = "rtx.syn",                                    \
			.what = "retransmit",                                  \
			.trigger = "timer:rto",                                \
			.state = "SYN_SENT",                                   \
			.owner = "refused-client",                             \
			.why = { "dropped on this host by netfilter, INPUT" }, \
			.effect = { "keeps waiting" },                         \
			.evidence = { "syn=2" },                               \
		},                                                             \
			{                                                      \
				.cause = "connect.unreachable",                \
				.what = "connect-failed",                      \
				.trigger = "icmp",                             \
				.state = "SYN_SENT",                           \
				.owner = "refused-client",                     \
				.why = { "@refused-client cannot reach "       \
					 "@loop:12345",                        \
					 "netfilter, INPUT chain on this "     \
					 "host "                               \
					 "rejected it with an ICMP error" },   \
				.effect = { "connect() of @refused-client "    \
					    "fails "                           \
					    "with " error },                   \
				.evidence = { "dropped_by=netfilter, INPUT "   \
					      "chain",                         \
					      "told_by=icmp", "syns=2" },      \
			},                                                     \
			{ 0 },                                                 \
	}

static const struct expected rejected_host[] = REJECTED("EHOSTUNREACH");
static const struct expected rejected_port[] = REJECTED("ECONNREFUSED");

static void reject_host(void)
{
	FIREWALL("input", "tcp dport 12345 reject with icmpx type "
			  "host-unreachable");
}

static void reject_port(void)
{
	FIREWALL("input", "tcp dport 12345 reject with icmpx type "
			  "port-unreachable");
}

/* --- the answer was lost here -------------------------------------------- */

static const struct expected answer_dropped[] = {
	{
		.cause = "rtx.syn",
		.what = "retransmit",
		.trigger = "timer:rto",
		.state = "SYN_SENT",
		.owner = "remote-client",
		.why = { "@far:8088 has not answered the SYN of "
			 "@remote-client",
			 "an answer came, and was dropped on this host by "
			 "netfilter, INPUT chain" },
		.effect = { "keeps waiting" },
		.evidence = { "dropped_by=netfilter, INPUT chain",
			      "drop_reason=NETFILTER_DROP" },
	},
	{ 0 },
};

static void drop_one_answer(void)
{
	FIREWALL("input", "tcp flags == (syn|ack) limit rate 1/day burst 1 "
			  "packets drop");
}

static const struct scene scenes[] = {
	{ .name = "connect.timeout, TCP_USER_TIMEOUT",
	  .script = REMOTE("impatient"),
	  .findings = impatient },
	{ .name = "rtx.syn, connect.timeout, full accept queue",
	  .script = "exec $SAMPLES/full-queue $six",
	  .findings = full_queue },
	{ .name = "rtx.syn, answer dropped here",
	  .script = REMOTE("answer-late"),
	  .prepare = drop_one_answer,
	  .findings = answer_dropped },
	{ .name = "connect.unreachable, host",
	  .script = REMOTE("unreachable"),
	  .findings = host_unreachable },
	{ .name = "connect.unreachable, network",
	  .script = REMOTE("net-unreachable"),
	  .findings = net_unreachable },
	{ .name = "connect.unreachable, port",
	  .script = REMOTE("port-unreachable"),
	  .findings = port_unreachable },
	{ .name = "connect.unreachable, no route",
	  .script = REMOTE("connect-no-route"),
	  .findings = no_route },
	{ .name = "connect.unreachable, rejected here, host",
	  .script = "exec $SAMPLES/port-closed -p 12345 $six",
	  .prepare = reject_host,
	  .status = 1,
	  .findings = rejected_host },
	{ .name = "connect.unreachable, rejected here, port",
	  .script = "exec $SAMPLES/port-closed -p 12345 $six",
	  .prepare = reject_port,
	  .findings = rejected_port },
};

int main(int argc, char **argv)
{
	return scenes_main("connect", scenes, COUNT(scenes), argc, argv);
}
