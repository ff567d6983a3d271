// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections that the kernel gave up, and such that stand still. */
#include <string.h>

#include "namespace.h"
#include "scene.h"

#define REMOTE(script) "exec $SAMPLES/remote --fast $six " script

/* How data is sent again until then. */
#define LOSS_PROBE                                                    \
	{                                                             \
		.cause = "rtx.tail-loss-probe", .what = "retransmit", \
		.trigger = "timer:tlp", .state = "ESTABLISHED",       \
		.owner = "remote-client",                             \
		.why = { "@far:8088 did not acknowledge" },           \
	}

/* How many depends on the round trip that was measured before. */
#define TIMEOUTS                                                               \
	{                                                                      \
		.cause = "rtx.timeout", .or_more = true, .what = "retransmit", \
		.trigger = "timer:rto", .state = "ESTABLISHED",                \
		.owner = "remote-client",                                      \
		.why = { "@far:8088 acknowledged nothing" },                   \
	}

#define GIVEN_UP(id)                                                      \
	.cause = id, .what = "connection-failed", .trigger = "timer:rto", \
	.state = "ESTABLISHED", .owner = "remote-client"

static const struct expected timed_out[] = {
	LOSS_PROBE,
	TIMEOUTS,
	{
		GIVEN_UP("conn.timeout"),
		.why = { "@far:8088 answered @remote-client no more",
			 "retransmissions in ", "the kernel gave up" },
		.effect = { "@remote-client gets ETIMEDOUT", "no RST" },
	},
	{ 0 },
};

static const struct expected timed_out_for_user[] = {
	LOSS_PROBE,
	TIMEOUTS,
	{
		GIVEN_UP("conn.user-timeout"),
		.why = { "@far:8088 acknowledged nothing of @remote-client's",
			 "TCP_USER_TIMEOUT of 800.0 ms",
			 "retransmissions in " },
		.effect = { "@remote-client gets ETIMEDOUT", "no RST" },
		.evidence = { "user_timeout_ms=800" },
	},
	{ 0 },
};

static const struct expected unreachable[] = {
	LOSS_PROBE,
	TIMEOUTS,
	{
		GIVEN_UP("conn.unreachable"),
		.why = { "connection of @remote-client with @far:8088",
			 "ICMP errors came back" },
		.effect = { "@remote-client gets EHOSTUNREACH", "no RST" },
		.evidence = { "failed_with=EHOSTUNREACH" },
	},
	{ 0 },
};

/* As many as there were findings of them. */
static void all_counted(const struct watcher *watcher)
{
	unsigned int count = 0;
	yajl_val end = NULL;

	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val json = watcher->lines[i].json;
		const char *what;

		if (strcmp(watcher->lines[i].type, "finding") != 0)
			continue;
		what = json_string(json, "what");
		if (!strcmp(what, "retransmit"))
			count++;
		else
			end = json;
	}
	EXPECT(watcher, json_number(end, "evidence/retransmissions") == count,
	       "%u retransmissions", count);
	EXPECT(watcher, json_number(end, "evidence/waited_us") > 500000,
	       "how long it was tried");
}

/* --- nothing is lost, and nothing goes on -------------------------------- */

#define STALLED(sender, receiver, who)                                       \
	{                                                                    \
		.cause = "stall.zero-window", .count = 2, .what = "stalled", \
		.trigger = "timer:probe", .state = "ESTABLISHED",            \
		.owner = sender, .peer = receiver,                           \
		.why = { who " ", "closed to @" sender " for" },             \
	}

static const struct expected stalled_remotely[] = {
	STALLED("remote-client", NULL, "@far:8088"),
	{ 0 },
};

static const struct expected stalled_here[] = {
	STALLED("stalled-client", "busy-server", "@busy-server"),
	{ 0 },
};

/* Told when it begins and when it is over, however often one looks. */
static void begins_and_ends(const struct watcher *watcher,
			    const char *first_words)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val json = watcher->lines[i].json;
		const char *why;

		if (strcmp(watcher->lines[i].type, "finding") != 0)
			continue;
		why = json_string(json, "why");
		EXPECT(watcher,
		       json_number(json, "evidence/over") == (seen ? 1 : 0) &&
			       strstr(why, seen ? "reads again" : first_words),
		       "%s", seen ? "reads again" : first_words);
		EXPECT(watcher,
		       json_number(json, "evidence/stalled_us") >=
			       (seen ? 2000000 : 200000),
		       "how long it stood");
		if (!seen)
			EXPECT(watcher,
			       json_number(json, "evidence/probes") >= 1 &&
				       json_number(json, "evidence/unsent") > 0,
			       "probes, and what waits");
		seen++;
	}
	EXPECT(watcher, seen == 2, "a beginning and an end");
}

static void remote_does_not_read(const struct watcher *watcher)
{
	begins_and_ends(watcher, "does not read; its window has been");
}

static void server_does_not_read(const struct watcher *watcher)
{
	begins_and_ends(watcher, "does not read: it has ");
	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val json = watcher->lines[i].json;

		if (!strcmp(watcher->lines[i].type, "finding") &&
		    !json_number(json, "evidence/over"))
			EXPECT(watcher,
			       json_number(json, "evidence/peer_unread_bytes") >
				       0,
			       "how much the server has not read");
	}
}

/* A loss probe may come before the receiver's delayed ACK. */
static void no_loss_probes(void)
{
	namespace_set("tcp_early_retrans", 0);
}

static const struct scene scenes[] = {
	{ .name = "conn.timeout",
	  .script = REMOTE("vanish"),
	  .findings = timed_out,
	  .also = all_counted },
	{ .name = "conn.user-timeout",
	  .script = REMOTE("vanish-impatient"),
	  .findings = timed_out_for_user,
	  .also = all_counted },
	{ .name = "conn.unreachable",
	  .script = REMOTE("vanish-unreachable"),
	  .findings = unreachable,
	  .also = all_counted },
	{ .name = "stall.zero-window, another host",
	  .script = REMOTE("zero-window"),
	  .findings = stalled_remotely,
	  .also = remote_does_not_read },
	{ .name = "stall.zero-window, this host",
	  .script = "exec $SAMPLES/not-reading $six",
	  .prepare = no_loss_probes,
	  .findings = stalled_here,
	  .also = server_does_not_read },
};

int main(int argc, char **argv)
{
	return scenes_main("connection", scenes, COUNT(scenes), argc, argv);
}
