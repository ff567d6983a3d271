// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs that this host sends in answer to a segment out of place. */
#include <stdlib.h>
#include <string.h>

#include "scene.h"

/* --- after close ---------------------------------------------------------- */

#define DATA_AFTER_CLOSE(where, act, how, words)                              \
	{                                                                     \
		{                                                             \
			.cause = "rst.data-after-close",                      \
			.what = "rst-sent",                                   \
			.trigger = "segment",                                 \
			.state = where,                                       \
			.owner = "closed-server",                             \
			.actor = "closed-server",                             \
			.peer = "late-client",                                \
			.why = { "@late-client sent ",                        \
				 "@closed-server had already closed",         \
				 "@closed-server called " act "()", words },  \
			.effect = { "@late-client, in CLOSE_WAIT", "EPIPE" }, \
			.evidence = { "closed_how=" how, "ended_by=" act,     \
				      "peer_state=CLOSE_WAIT" },              \
		},                                                            \
			{ 0 },                                                \
	}

static const struct expected after_close[] = DATA_AFTER_CLOSE(
	"TIME_WAIT", "close", "close", "nobody could read them");
static const struct expected after_orphan[] =
	DATA_AFTER_CLOSE("CLOSE", "close", "close", "nobody could read them");
static const struct expected after_shutdown[] = DATA_AFTER_CLOSE(
	"CLOSE", "shutdown", "shutdown", "nobody could read them");
static const struct expected after_linger2[] =
	DATA_AFTER_CLOSE("CLOSE", "close", "linger2", "TCP_LINGER2 negative");

static void four_bytes(const struct watcher *watcher)
{
	yajl_val finding = expect_one(watcher, "rst.data-after-close");

	EXPECT(watcher, json_number(finding, "evidence/segment_bytes") == 4,
	       "the 4 bytes");
}

static void no_bytes(const struct watcher *watcher)
{
	yajl_val finding = expect_one(watcher, "rst.data-after-close");

	EXPECT(watcher, json_number(finding, "evidence/segment_bytes") == 0,
	       "no data, a mere ACK");
}

/* --- nobody knows it any more --------------------------------------------- */

#define CONNECTION_GONE(by, words)                                           \
	{                                                                    \
		{                                                            \
			.cause = "rst.connection-gone",                      \
			.what = "rst-sent",                                  \
			.trigger = "segment",                                \
			.state = "NONE",                                     \
			.owner = "gone-server",                              \
			.actor = "gone-server",                              \
			.peer = "gone-client",                               \
			.why = { "@gone-client sent on a connection",        \
				 "@loop:8086 no longer knows",               \
				 "@gone-server " words,                      \
				 "with neither FIN nor RST" },               \
			.effect = { "@gone-client, in ESTABLISHED",          \
				    "ECONNRESET" },                          \
			.evidence = { "segment_bytes=4", "reason=NO_SOCKET", \
				      "ended_by=" by },                      \
		},                                                           \
			{ 0 },                                               \
	}

static const struct expected connection_gone[] =
	CONNECTION_GONE("close", "called close()");
static const struct expected connection_killed[] =
	CONNECTION_GONE("signal:9", "was killed by SIGKILL");

static const struct expected stale_segment[] = {
	{
		.cause = "rst.stale-segment",
		.what = "rst-sent",
		.trigger = "segment",
		.state = "LISTEN",
		.owner = "gone-server",
		.actor = "gone-server",
		.peer = "gone-client",
		.why = { "@gone-client sent on a connection",
			 "@loop:8086 does not know",
			 "@gone-server listens there",
			 "@gone-server called close()" },
		.effect = { "@gone-client, in ESTABLISHED", "ECONNRESET" },
		.evidence = { "segment_bytes=4", "reason=TCP_FLAGS",
			      "ended_by=close" },
	},
	{ 0 },
};

/* --- nobody listens ------------------------------------------------------- */

#define PORT_CLOSED(words, ...)                                          \
	{                                                                \
		{                                                        \
			.cause = "rst.port-closed",                      \
			.what = "rst-sent",                              \
			.trigger = "segment",                            \
			.state = "NONE",                                 \
			.peer = "refused-client",                        \
			.why = { "nothing listens on @loop:8087", words, \
				 "the SYN of @refused-client" },         \
			.effect = { "@refused-client, in SYN_SENT",      \
				    "ECONNREFUSED" },                    \
			.evidence = { "reason=NO_SOCKET", __VA_ARGS__ }, \
		},                                                       \
			{ 0 },                                           \
	}

static const struct expected closed[] =
	PORT_CLOSED("the kernel refused", "past_listener=");
static const struct expected listened[] =
	PORT_CLOSED("@refused-server listened there until it called close()",
		    "past_listener=refused-server", "past_listener_end=close");
static const struct expected listened_killed[] = PORT_CLOSED(
	"@refused-server listened there until it was killed by SIGKILL",
	"past_listener=refused-server", "past_listener_end=signal:9");

#define ELSEWHERE(place) "elsewhere=" place, "elsewhere_by=refused-server"

static const struct expected at_address[] = PORT_CLOSED(
	"@refused-server listens on ", ELSEWHERE("address"), "past_listener=");
static const struct expected in_namespace[] =
	PORT_CLOSED("in another network namespace (", ELSEWHERE("namespace"),
		    "past_listener=");
static const struct expected at_interface[] = PORT_CLOSED(
	", for interface ", ELSEWHERE("interface"), "past_listener=");
/* IPv4 or IPv6: which of the two depends on the client. */
static const struct expected of_family[] = PORT_CLOSED(
	"@refused-server listens on ", "elsewhere_by=refused-server");

static void past_listener(const struct watcher *watcher)
{
	yajl_val finding = expect_one(watcher, "rst.port-closed");

	EXPECT(watcher,
	       json_number(finding, "evidence/past_listener_pid") ==
		       watcher_role(watcher, "refused-server"),
	       "the pid of who listened");
}

static void listener_elsewhere(const struct watcher *watcher)
{
	yajl_val finding = expect_one(watcher, "rst.port-closed");

	EXPECT(watcher,
	       json_number(finding, "evidence/elsewhere_pid") ==
		       watcher_role(watcher, "refused-server"),
	       "the pid of who listens");
}

static void other_family(const struct watcher *watcher)
{
	yajl_val finding = expect_one(watcher, "rst.port-closed");
	const char *place = json_string(finding, "evidence/elsewhere");

	listener_elsewhere(watcher);
	EXPECT(watcher,
	       place &&
		       !strcmp(place, watcher->six ? "ipv4-only" : "ipv6-only"),
	       "the family");
	EXPECT(watcher,
	       strstr(json_string(finding, "why"),
		      watcher->six ? "0.0.0.0:8087, for IPv4 only"
				   : "[::]:8087, for IPv6 only (IPV6_V6ONLY)"),
	       "the words for it");
}

static void make_interface(void)
{
	if (system("ip link add elsewhere type veth peer name nowhere"))
		fail_msg("cannot add an interface");
}

static const struct scene scenes[] = {
	{ .name = "rst.data-after-close, time-wait",
	  .script = "exec $SAMPLES/data-after-close $six",
	  .findings = after_close,
	  .also = four_bytes },
	{ .name = "rst.data-after-close, orphan",
	  .script = "exec $SAMPLES/data-after-close --orphan $six",
	  .findings = after_orphan,
	  .also = four_bytes },
	{ .name = "rst.data-after-close, shutdown",
	  .script = "exec $SAMPLES/data-after-close --shutdown $six",
	  .findings = after_shutdown,
	  .also = four_bytes },
	{ .name = "rst.data-after-close, TCP_LINGER2",
	  .script = "exec $SAMPLES/data-after-close --linger2 $six",
	  .findings = after_linger2,
	  .also = no_bytes },
	{ .name = "rst.connection-gone, closed",
	  .script = "exec $SAMPLES/connection-gone $six",
	  .findings = connection_gone },
	{ .name = "rst.connection-gone, killed",
	  .script = "exec $SAMPLES/connection-gone --kill $six",
	  .findings = connection_killed },
	{ .name = "rst.stale-segment",
	  .script = "exec $SAMPLES/connection-gone --listening $six",
	  .findings = stale_segment },
	{ .name = "rst.port-closed, nobody ever listened",
	  .script = "exec $SAMPLES/port-closed $six",
	  .findings = closed },
	{ .name = "rst.port-closed, somebody listened",
	  .script = "exec $SAMPLES/port-closed --listened $six",
	  .findings = listened,
	  .also = past_listener },
	{ .name = "rst.port-closed, who listened was killed",
	  .script = "exec $SAMPLES/port-closed --kill $six",
	  .findings = listened_killed,
	  .also = past_listener },
	{ .name = "rst.port-closed, on another address",
	  .script = "exec $SAMPLES/port-closed --address $six",
	  .findings = at_address,
	  .also = listener_elsewhere },
	{ .name = "rst.port-closed, of the other family",
	  .script = "exec $SAMPLES/port-closed --family $six",
	  .findings = of_family,
	  .also = other_family },
	{ .name = "rst.port-closed, in another namespace",
	  .script = "exec $SAMPLES/port-closed --namespace $six",
	  .findings = in_namespace,
	  .also = listener_elsewhere },
	{ .name = "rst.port-closed, for another interface",
	  .prepare = make_interface,
	  .script = "exec $SAMPLES/port-closed --interface $six",
	  .findings = at_interface,
	  .also = listener_elsewhere },
};

int main(int argc, char **argv)
{
	return scenes_main("reset-answer", scenes, COUNT(scenes), argc, argv);
}
