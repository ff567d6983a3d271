// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs that a timer of this host's kernel sends. */
#include <string.h>

#include "scene.h"

static const struct expected keepalive[] = {
	{
		.cause = "rst.keepalive-timeout",
		.what = "rst-sent",
		.trigger = "timer:keepalive",
		.state = "ESTABLISHED",
		.owner = "remote-client",
		.why = { "@far:8088 left 2 keepalive probes",
			 "of @remote-client's connection unanswered",
			 "silent for 3" },
		.effect = { "@remote-client gets ETIMEDOUT", "@far:8088" },
		.evidence = { "probes=2", "where=tcp_keepalive_timer",
			      "reason=TCP_KEEPALIVE_TIMEOUT", "bytes_in=4",
			      "bytes_out=4" },
	},
	{ 0 },
};

static const struct expected user_timeout[] = {
	{
		.cause = "rst.user-timeout",
		.what = "rst-sent",
		.trigger = "timer:keepalive",
		.state = "ESTABLISHED",
		.owner = "remote-client",
		.why = { "@far:8088 had been silent for 2",
			 "than @remote-client wants to wait",
			 "TCP_USER_TIMEOUT 1.5 s", "1 keepalive probe " },
		.effect = { "@remote-client gets ETIMEDOUT", "@far:8088" },
		.evidence = { "probes=1", "user_timeout_ms=1500",
			      "where=tcp_keepalive_timer",
			      "reason=TCP_KEEPALIVE_TIMEOUT" },
	},
	{ 0 },
};

static const struct expected fin_wait2[] = {
	{
		.cause = "rst.fin-wait2-timeout",
		.what = "rst-sent",
		.trigger = "timer:fin-wait2",
		.state = "FIN_WAIT2",
		.owner = "remote-client",
		.actor = "remote-client",
		.why = { "the FIN of @far:8088 did not come", "tcp_fin_timeout",
			 "@remote-client called close() " },
		.effect = { "@far:8088" },
		.evidence = { "ended_by=close", "where=tcp_keepalive_timer",
			      "reason=TCP_STATE" },
	},
	{ 0 },
};

/* The kernel's clock for it ticks every few milliseconds. */
static void silence(const struct watcher *watcher, const char *cause,
		    long long least_ms)
{
	yajl_val finding = expect_one(watcher, cause);
	long long us = json_number(finding, "evidence/silent_us");

	EXPECT(watcher, us > (least_ms - 50) * 1000 && us < 6000000,
	       "silent for about %lld ms", least_ms);
}

static void silent_for_three_seconds(const struct watcher *watcher)
{
	silence(watcher, "rst.keepalive-timeout", 3000);
}

static void silent_for_two_seconds(const struct watcher *watcher)
{
	silence(watcher, "rst.user-timeout", 2000);
}

static bool state_is(yajl_val states, size_t at, const char *expected)
{
	const char *state =
		at < states->u.array.len
			? YAJL_GET_STRING(states->u.array.values[at])
			: NULL;

	return state && !strcmp(state, expected);
}

/* What the kernel keeps after a RST is nothing: no TIME_WAIT. */
static void path(const struct watcher *watcher)
{
	yajl_val connection = expect_line(watcher, "connection");
	yajl_val states = json_at(connection, "ends");

	states = json_at(states->u.array.values[0], "states");
	EXPECT(watcher,
	       state_is(states, 3, "FIN_WAIT2") && state_is(states, 4, "CLOSE"),
	       "FIN_WAIT2, CLOSE at the end");
	EXPECT(watcher, !strcmp(json_string(connection, "how"), "rst"),
	       "a connection that ended by RST");
	EXPECT(watcher,
	       json_number(connection, "closed_by/pid") ==
		       watcher_role(watcher, "remote-client"),
	       "closed by the client");
}

static const struct scene scenes[] = {
	{ .name = "rst.keepalive-timeout",
	  .script = "exec $SAMPLES/remote $six keepalive",
	  .findings = keepalive,
	  .also = silent_for_three_seconds },
	{ .name = "rst.user-timeout",
	  .script = "exec $SAMPLES/remote $six user-timeout",
	  .findings = user_timeout,
	  .also = silent_for_two_seconds },
	{ .name = "rst.fin-wait2-timeout",
	  .script = "exec $SAMPLES/remote $six fin-wait2",
	  .findings = fin_wait2,
	  .also = path },
};

int main(int argc, char **argv)
{
	return scenes_main("reset-timer", scenes, COUNT(scenes), argc, argv);
}
