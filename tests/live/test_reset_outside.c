// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs of this host that no TCP socket sent: firewalls, raw sockets, others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "namespace.h"
#include "scene.h"

/* --- a firewall ------------------------------------------------------------
 */

/* The rules are there before tcpwhy is: it sees the RST itself. */
static void make_rules(const char *hook, const char *tool)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "samples/scenes/reject.sh --rules %s %s", hook, tool);
	if (system(command))
		fail_msg("%s", command);
}

#define RULES(name, hook, tool)         \
	static void name(void)          \
	{                               \
		make_rules(hook, tool); \
	}

RULES(input_nft, "input", "nft")
RULES(input_nft_ip, "input", "nft-ip")
RULES(input_iptables_nft, "input", "iptables-nft")
RULES(input_iptables_legacy, "input", "iptables-legacy")
RULES(output_nft, "output", "nft")
RULES(output_iptables_legacy, "output", "iptables-legacy")
RULES(forward_nft, "forward", "nft")
RULES(forward_iptables_legacy, "forward", "iptables-legacy")
/* IPv4 takes nothing from loopback addresses that it has not sent itself. */
static void let_packets_in(void)
{
	namespace_set("conf/lo/route_localnet", 1);
	namespace_set("conf/lo/accept_local", 1);
}

static void ingress_nft(void)
{
	make_rules("ingress", "nft");
	let_packets_in();
}

static void reject_data(void)
{
	namespace_firewall("table inet rejecting {\n chain c {\n"
			   "type filter hook input priority 0\n"
			   "tcp dport 8101 tcp flags & psh == psh "
			   "reject with tcp reset\n }\n}\n");
}

#define REFUSED(listener, in, by)                                        \
	{                                                                \
		{                                                        \
			.cause = "rst.firewall-reject",                  \
			.what = "rst-sent",                              \
			.trigger = "segment",                            \
			.state = "NONE",                                 \
			.owner = listener,                               \
			.peer = "rejected-client",                       \
			.why = { "the firewall of this host",            \
				 "rejected the SYN of @rejected-client", \
				 "in its " in " chain",                  \
				 "in the name of @loop:8101" },          \
			.effect = { "@rejected-client, in SYN_SENT",     \
				    "ECONNREFUSED" },                    \
			.evidence = { "hook=" in, "rules=" by,           \
				      "drop_reason=NETFILTER_DROP",      \
				      "peer_state=SYN_SENT" },           \
		},                                                       \
			{ 0 },                                           \
	}

static const struct expected by_inet[] =
	REFUSED("rejected-server", "INPUT", "nftables inet");
static const struct expected by_output[] =
	REFUSED(NULL, "OUTPUT", "nftables inet");
static const struct expected by_ingress[] =
	REFUSED(NULL, "INGRESS", "nftables netdev");

/* What evidence differs between IPv4 and IPv6 is looked at by "also". */
#define REFUSED_BY(name, listener, in)                                     \
	static const struct expected name[] = {                            \
		{                                                          \
			.cause = "rst.firewall-reject",                    \
			.what = "rst-sent",                                \
			.trigger = "segment",                              \
			.state = "NONE",                                   \
			.owner = listener,                                 \
			.peer = "rejected-client",                         \
			.why = { "rejected the SYN of @rejected-client",   \
				 "in its " in " chain",                    \
				 "in the name of @loop:8101" },            \
			.effect = { "@rejected-client, in SYN_SENT",       \
				    "ECONNREFUSED" },                      \
			.evidence = { "hook=" in, "peer_state=SYN_SENT" }, \
		},                                                         \
		{ 0 },                                                     \
	}

REFUSED_BY(by_input, "rejected-server", "INPUT");
REFUSED_BY(by_output_any, NULL, "OUTPUT");

static void expect_rules(const struct watcher *watcher, const char *four,
			 const char *six)
{
	const char *rules = json_string(
		expect_one(watcher, "rst.firewall-reject"), "evidence/rules");

	EXPECT(watcher, rules && !strcmp(rules, watcher->six ? six : four),
	       "rules: %s", watcher->six ? six : four);
}

static void ip_tables(const struct watcher *watcher)
{
	expect_rules(watcher, "nftables ip", "nftables ip6");
}

static void iptables_nft(const struct watcher *watcher)
{
	expect_rules(watcher, "nftables ip (iptables-nft)",
		     "nftables ip6 (iptables-nft)");
}

static void iptables_legacy(const struct watcher *watcher)
{
	expect_rules(watcher, "iptables", "ip6tables");
}

/* Without its own half of the connection the server sends into the void. */
#define GONE(server, client)                                             \
	{                                                                \
		.cause = "rst.connection-gone", .what = "rst-sent",      \
		.trigger = "segment", .state = "NONE", .owner = client,  \
		.peer = server,                                          \
		.why = { "@" server " sent on a connection",             \
			 "no longer knows", "a RST had ended it" },      \
		.effect = { "@" server ", in FIN_WAIT1", "ECONNRESET" }, \
		.evidence = { "ended_by=rst" },                          \
	}

static const struct expected mid_stream[] = {
	{
		.cause = "rst.firewall-reject",
		.what = "rst-sent",
		.trigger = "segment",
		.state = "ESTABLISHED",
		.owner = "rejected-server",
		.peer = "rejected-client",
		.why = { "the firewall of this host",
			 "rejected a segment of @rejected-client",
			 "in its INPUT chain", "in the name of @loop:8101" },
		.effect = { "@rejected-client, in ESTABLISHED", "ECONNRESET" },
		.evidence = { "hook=INPUT", "rules=nftables inet",
			      "peer_state=ESTABLISHED" },
	},
	GONE("rejected-server", "rejected-client"),
	{ 0 },
};

#define FORWARD_REJECT                                                   \
	.cause = "rst.firewall-reject", .what = "rst-sent",              \
	.trigger = "segment", .state = "NONE", .peer = "nc",             \
	.why = { "the firewall of this host", "rejected the SYN of @nc", \
		 "in its FORWARD chain" },                               \
	.effect = { "@nc, in SYN_SENT", "ECONNREFUSED" }

static const struct expected forward_inet[] = {
	{ FORWARD_REJECT, .evidence = { "hook=FORWARD", "rules=nftables inet",
					"drop_reason=NETFILTER_DROP" } },
	{ 0 },
};

static const struct expected forward_any[] = {
	{ FORWARD_REJECT,
	  .evidence = { "hook=FORWARD", "drop_reason=NETFILTER_DROP" } },
	{ 0 },
};

/* Where the rule is, not where the client is. */
static void on_the_router(const struct watcher *watcher)
{
	yajl_val finding = expect_one(watcher, "rst.firewall-reject");

	EXPECT(watcher, json_number(finding, "netns") == namespace_id(),
	       "in the router's namespace");
}

static void router_legacy(const struct watcher *watcher)
{
	on_the_router(watcher);
	iptables_legacy(watcher);
}

/*
 * A rule in a namespace that comes later, that is linked to none, and of which
 * tcpwhy learns by the drop: the RST itself is not seen.
 */
static void no_packet(const struct watcher *watcher)
{
	yajl_val finding = expect_one(watcher, "rst.firewall-reject");

	EXPECT(watcher, !json_at(finding, "evidence/rules"),
	       "nothing that only the RST itself shows");
	EXPECT(watcher, json_number(finding, "netns") != namespace_id(),
	       "in the namespace that came later");
}

#define REJECT(options) "exec samples/scenes/reject.sh $six " options
#define LATER(options) \
	"exec unshare --net -- sh -c 'ip link set lo up && " REJECT(options) "'"

#define CLOSED(client, where)                                   \
	{                                                       \
		{                                               \
			.cause = "rst.port-closed",             \
			.what = "rst-sent",                     \
			.trigger = "segment",                   \
			.state = "NONE",                        \
			.peer = client,                         \
			.why = { "nothing listens on " where }, \
			.effect = { "@" client ", in SYN_SENT", \
				    "ECONNREFUSED" },           \
		},                                              \
			{ 0 },                                  \
	}

/* The pair: as far as connect() knows the same, but nobody listens. */
static const struct expected closed[] = CLOSED("refused-client", "@loop:8101");

/* Through a router: its sender tells of it, the router has nothing to add. */
static const struct expected closed_beyond[] = CLOSED("nc", "");

static void beyond_the_router(const struct watcher *watcher)
{
	yajl_val finding = expect_one(watcher, "rst.port-closed");
	yajl_val end = expect_line(watcher, "end");

	EXPECT(watcher, json_number(finding, "netns") != namespace_id(),
	       "in the far namespace");
	EXPECT(watcher, json_number(end, "events/kinds/packet/produced") >= 2,
	       "the RST was seen when it left, and on the router");
}

/* --- raw sockets, and what passes through ------------------------------------
 */

/* A raw socket has a place for each family. */
#define FORGED(words, ...)                                                     \
	{                                                                      \
		{                                                              \
			.cause = "rst.raw",                                    \
			.what = "rst-sent",                                    \
			.trigger = "send",                                     \
			.state = "ESTABLISHED",                                \
			.owner = "raw-server",                                 \
			.actor = "raw-forger",                                 \
			.peer = "raw-client",                                  \
			.why = { "@raw-forger wrote a RST itself",             \
				 "through a " words " socket",                 \
				 "in the name of @loop:8102" },                \
			.effect = { "@raw-client, in ESTABLISHED",             \
				    "ECONNRESET" },                            \
			.evidence = { "socket=" words,                         \
				      "peer_state=ESTABLISHED", __VA_ARGS__ }, \
		},                                                             \
			GONE("raw-server", "raw-client"), { 0 },               \
	}

static const struct expected by_packet[] =
	FORGED("packet", "where=packet_sendmsg");
static const struct expected by_raw[] = FORGED("raw", NULL);

static const struct expected passed[] = {
	{
		.cause = "rst.forwarded",
		.what = "rst-sent",
		.trigger = "segment",
		.state = "NONE",
		.actor = "reset-router",
		.why = { "a RST from @far:8103 to", "was forwarded",
			 "did not send it" },
		.effect = { "ECONNRESET" },
		.evidence = { "handed_in_by=reset-router" },
	},
	{ 0 },
};

static const char *const all_resets[] = { "--json", "--all-resets", NULL };

static const struct scene scenes[] = {
	{ .name = "rst.firewall-reject, INPUT, nft inet",
	  .script = REJECT("--no-rules input nft"),
	  .prepare = input_nft,
	  .findings = by_inet },
	{ .name = "rst.firewall-reject, INPUT, nft ip and ip6",
	  .script = REJECT("--no-rules input nft-ip"),
	  .prepare = input_nft_ip,
	  .findings = by_input,
	  .also = ip_tables },
	{ .name = "rst.firewall-reject, INPUT, iptables-nft",
	  .script = REJECT("--no-rules input iptables-nft"),
	  .prepare = input_iptables_nft,
	  .findings = by_input,
	  .also = iptables_nft },
	{ .name = "rst.firewall-reject, INPUT, iptables-legacy",
	  .script = REJECT("--no-rules input iptables-legacy"),
	  .prepare = input_iptables_legacy,
	  .findings = by_input,
	  .also = iptables_legacy },
	{ .name = "rst.firewall-reject, OUTPUT, nft inet",
	  .script = REJECT("--no-rules output nft"),
	  .prepare = output_nft,
	  .findings = by_output },
	{ .name = "rst.firewall-reject, OUTPUT, iptables-legacy",
	  .script = REJECT("--no-rules output iptables-legacy"),
	  .prepare = output_iptables_legacy,
	  .findings = by_output_any,
	  .also = iptables_legacy },
	{ .name = "rst.firewall-reject, ingress, nft netdev",
	  .script = REJECT("--no-rules ingress nft"),
	  .prepare = ingress_nft,
	  .findings = by_ingress },
	{ .name = "rst.firewall-reject, open connection",
	  .script = "exec $SAMPLES/rejected --open $six",
	  .prepare = reject_data,
	  .findings = mid_stream },
	{ .name = "rst.firewall-reject, FORWARD, nft inet",
	  .script = REJECT("--no-rules forward nft"),
	  .prepare = forward_nft,
	  .findings = forward_inet,
	  .also = on_the_router },
	{ .name = "rst.firewall-reject, FORWARD, iptables-legacy",
	  .script = REJECT("--no-rules forward iptables-legacy"),
	  .prepare = forward_iptables_legacy,
	  .findings = forward_any,
	  .also = router_legacy },
	{ .name = "rst.firewall-reject, INPUT, the RST itself unseen",
	  .script = LATER("input nft"),
	  .findings = by_input,
	  .also = no_packet },
	{ .name = "rst.firewall-reject, OUTPUT, the RST itself unseen",
	  .script = LATER("output iptables-legacy"),
	  .findings = by_output_any,
	  .also = no_packet },
	{ .name = "rst.port-closed, where a firewall would do the same",
	  .script = REJECT("input closed"),
	  .prepare = forward_nft,
	  .findings = closed },
	{ .name = "rst.port-closed, beyond a router",
	  .script = REJECT("forward closed"),
	  .options = all_resets,
	  .findings = closed_beyond,
	  .also = beyond_the_router },
	{ .name = "rst.raw, raw socket",
	  .script = "exec $SAMPLES/raw-reset $six",
	  .options = all_resets,
	  .findings = by_raw },
	{ .name = "rst.raw, packet socket",
	  .script = "exec $SAMPLES/raw-reset --packet $six",
	  .prepare = let_packets_in,
	  .options = all_resets,
	  .findings = by_packet },
	{ .name = "rst.forwarded",
	  .script = "exec $SAMPLES/forwarded-reset $six",
	  .options = all_resets,
	  .findings = passed },
};

int main(int argc, char **argv)
{
	return scenes_main("reset-outside", scenes, COUNT(scenes), argc, argv);
}
