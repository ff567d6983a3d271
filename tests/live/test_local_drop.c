// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments that this host itself drops, and where it says that it did. */
#include <string.h>

#include "namespace.h"
#include "scene.h"

/* Both ends are here, and what is between them too. */
#define DROPPED(name, by, reason, place)                                      \
	{                                                                     \
		{                                                             \
			.cause = "rtx.local-drop",                            \
			.what = "retransmit",                                 \
			.trigger = by,                                        \
			.state = "ESTABLISHED",                               \
			.owner = name "-client",                              \
			.peer = name "-server",                               \
			.why = { "@" name "-client's segment was sent again", \
				 "dropped on this host by " place },          \
			.effect = { "later" },                                \
			.evidence = { "drop_reason=" reason,                  \
				      "dropped_by=" place, "earlier=0" },     \
		},                                                            \
			{ 0 },                                                \
	}

static const struct expected filter[] =
	DROPPED("drop", "timer:tlp", "SOCKET_FILTER",
		"the receiver's socket filter, or a BPF program of its cgroup");
/* For devices that do XDP in software, the kernel gives no reason. */
static const struct expected xdp[] =
	DROPPED("drop", "timer:tlp", "NOT_SPECIFIED", "an XDP program");
static const struct expected tc[] = DROPPED("drop", "timer:tlp", "TC_INGRESS",
					    "a tc filter or BPF program, "
					    "ingress");
static const struct expected prerouting[] =
	DROPPED("sample1", "timer:tlp", "NETFILTER_DROP",
		"netfilter, PREROUTING chain");

static void drop_first(void)
{
	namespace_firewall("table inet t {\n"
			   "  chain c {\n"
			   "    type filter hook prerouting priority 0;\n"
			   "    tcp dport 8081 tcp flags & psh == psh "
			   "limit rate 1/day burst 1 packets drop\n"
			   "  }\n"
			   "}\n");
}

static void ended_well(const struct watcher *watcher)
{
	yajl_val connection = expect_line(watcher, "connection");

	EXPECT(watcher, !strcmp(json_string(connection, "how"), "fin"),
	       "a connection that ended well");
}

static const struct scene scenes[] = {
	{ .name = "rtx.local-drop, socket filter",
	  .script = "exec $SAMPLES/local-drop $six",
	  .findings = filter,
	  .also = ended_well },
	{ .name = "rtx.local-drop, XDP",
	  .script = "exec $SAMPLES/local-drop $six --xdp",
	  .findings = xdp,
	  .also = ended_well },
	{ .name = "rtx.local-drop, tc",
	  .script = "exec $SAMPLES/local-drop $six --tc",
	  .findings = tc,
	  .also = ended_well },
	{ .name = "rtx.local-drop, firewall before routing",
	  .script = "exec $SAMPLES/sample1 $six",
	  .prepare = drop_first,
	  .findings = prerouting,
	  .also = ended_well },
};

int main(int argc, char **argv)
{
	return scenes_main("local_drop", scenes, COUNT(scenes), argc, argv);
}
