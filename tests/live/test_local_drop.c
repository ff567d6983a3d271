// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments that this host itself drops, and where it says that it did. */
#include <string.h>

#include "namespace.h"
#include "scene.h"

/* Both ends are here, and what is between them too. */
#define LOST(client, server, by, reason, place)                             \
	{                                                                   \
		.cause = "rtx.local-drop", .what = "retransmit",            \
		.trigger = by, .state = "ESTABLISHED", .owner = client,     \
		.peer = server,                                             \
		.why = { "@" client "'s segment was sent again",            \
			 "the earlier copy was dropped on this host "       \
			 "by " place },                                     \
		.effect = { "later" },                                      \
		.evidence = { "drop_reason=" reason, "dropped_by=" place }, \
	}

#define DROPPED(name, reason, place)                                      \
	{                                                                 \
		LOST(name "-client", name "-server", "timer:tlp", reason, \
		     place),                                              \
			{ 0 },                                            \
	}

/* --- netfilter -------------------------------------------------------------
 */

static const struct expected prerouting[] =
	DROPPED("sample1", "NETFILTER_DROP", "netfilter, PREROUTING chain");
static const struct expected input[] =
	DROPPED("sample1", "NETFILTER_DROP", "netfilter, INPUT chain");

static void drop_before_routing(void)
{
	namespace_drop_data("prerouting", 8081);
}

static void drop_at_input(void)
{
	namespace_drop_data("input", 8081);
}

/* --- BPF programs ----------------------------------------------------------
 */

/* The kernel has one reason for both; a cgroup may have a program as well. */
static const struct expected filter[] =
	DROPPED("drop", "SOCKET_FILTER",
		"the receiver's socket filter, or a BPF program of its cgroup");
static const struct expected cgroup[] = DROPPED(
	"drop", "SOCKET_FILTER", "a BPF program of the receiver's cgroup");
/* For devices that do XDP in software, the kernel gives no reason. */
static const struct expected xdp[] =
	DROPPED("drop", "NOT_SPECIFIED", "an XDP program");
static const struct expected tc[] =
	DROPPED("drop", "TC_INGRESS", "a tc filter or BPF program, ingress");

/* --- the receiver ------------------------------------------------------------
 */

#define BUFFER_FULL(by)                                     \
	LOST("drop-client", "drop-server", by, "PROTO_MEM", \
	     "the receiver: its receive "                   \
	     "buffer is full")

/* The probe carries the end of the data, the timer sends the rest. */
static const struct expected buffer[] = {
	BUFFER_FULL("timer:tlp"),
	BUFFER_FULL("timer:rto"),
	{ 0 },
};
static const struct expected checksum[] =
	DROPPED("drop", "TCP_CSUM", "the receiver: the TCP checksum is wrong");
static const struct expected accept_queue[] = {
	LOST("waiting-client", "idle-server", "timer:tlp",
	     "TCP_LISTEN_OVERFLOW", "the listener: its accept queue is full"),
	{ 0 },
};

/* --- a router between them ---------------------------------------------------
 */

static const struct expected queue[] =
	DROPPED("drop", "QDISC_DROP", "a queue (qdisc) on the way out");
static const struct expected no_route[] =
	DROPPED("drop", "IP_INNOROUTES", "routing: there is no route");

/* IPv4 and IPv6 have different places for that, and reasons. */
static void no_way(const struct watcher *watcher, const char *place4,
		   const char *place6)
{
	const char *place = watcher->six ? place6 : place4;
	yajl_val finding = expect_one(watcher, "rtx.local-drop");

	expect_ended_well(watcher);
	EXPECT(watcher,
	       !strcmp(json_string(finding, "evidence/dropped_by"), place),
	       "dropped by %s", place);
}

#define NOWHERE "routing: no route, or one that leads nowhere"

static void in_blackhole(const struct watcher *watcher)
{
	no_way(watcher, NOWHERE, "routing: a route that leads nowhere");
}

static void unreachable(const struct watcher *watcher)
{
	no_way(watcher, NOWHERE, "routing: there is no route");
}

static const struct expected routing[] = {
	{
		.cause = "rtx.local-drop",
		.what = "retransmit",
		.trigger = "timer:tlp",
		.state = "ESTABLISHED",
		.owner = "drop-client",
		.peer = "drop-server",
		.why = { "@drop-client's segment was sent again",
			 "the earlier copy was dropped on this host by "
			 "routing: " },
		.effect = { "later" },
		.evidence = { "earlier=0" },
	},
	{ 0 },
};

#define OBSTACLE(option) "exec $SAMPLES/local-drop $six " option

static const struct scene scenes[] = {
	{ .name = "rtx.local-drop, firewall at input",
	  .script = "exec $SAMPLES/sample1 $six",
	  .prepare = drop_at_input,
	  .findings = input,
	  .also = expect_ended_well },
	{ .name = "rtx.local-drop, firewall before routing",
	  .script = "exec $SAMPLES/sample1 $six",
	  .prepare = drop_before_routing,
	  .findings = prerouting,
	  .also = expect_ended_well },
	{ .name = "rtx.local-drop, socket filter",
	  .script = OBSTACLE(""),
	  .findings = filter,
	  .also = expect_ended_well },
	{ .name = "rtx.local-drop, cgroup",
	  .script = OBSTACLE("--cgroup"),
	  .findings = cgroup,
	  .also = expect_ended_well },
	{ .name = "rtx.local-drop, XDP",
	  .script = OBSTACLE("--xdp"),
	  .findings = xdp,
	  .also = expect_ended_well },
	{ .name = "rtx.local-drop, tc",
	  .script = OBSTACLE("--tc"),
	  .findings = tc,
	  .also = expect_ended_well },
	{ .name = "rtx.local-drop, receive buffer",
	  .script = OBSTACLE("--buffer"),
	  .findings = buffer,
	  .also = expect_ended_well },
	{ .name = "rtx.local-drop, checksum",
	  .script = OBSTACLE("--checksum"),
	  .findings = checksum,
	  .also = expect_ended_well },
	{ .name = "rtx.local-drop, accept queue",
	  .script = "exec $SAMPLES/full-queue $six --data",
	  .findings = accept_queue },
	{ .name = "rtx.local-drop, qdisc",
	  .script = OBSTACLE("--queue"),
	  .findings = queue,
	  .also = expect_ended_well },
	{ .name = "rtx.local-drop, no route",
	  .script = OBSTACLE("--no-route"),
	  .findings = no_route,
	  .also = expect_ended_well },
	{ .name = "rtx.local-drop, blackhole",
	  .script = OBSTACLE("--blackhole"),
	  .findings = routing,
	  .also = in_blackhole },
	{ .name = "rtx.local-drop, unreachable",
	  .script = OBSTACLE("--unreachable"),
	  .findings = routing,
	  .also = unreachable },
	{ .name = "rtx.local-drop, prohibited",
	  .script = OBSTACLE("--prohibit"),
	  .findings = routing,
	  .also = unreachable },
};

int main(int argc, char **argv)
{
	return scenes_main("local_drop", scenes, COUNT(scenes), argc, argv);
}
