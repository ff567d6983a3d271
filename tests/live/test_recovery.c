// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Segments sent again for reasons that look alike: timers, reports of the
 * peer, of a router; and what is said when it was needless.
 */
#include <string.h>

#include "scene.h"

#define REMOTE(script) "exec $SAMPLES/remote --fast $six " script

/* All of them happen to remote-client, in ESTABLISHED. */
#define RESENT(id, by)                                    \
	.cause = id, .what = "retransmit", .trigger = by, \
	.state = "ESTABLISHED", .owner = "remote-client"

#define PROBE_SENT                                                         \
	{                                                                  \
		RESENT("rtx.tail-loss-probe", "timer:tlp"),                \
			.why = { "@far:8088 did not acknowledge" },        \
			.effect = { "none if the segment was only late" }, \
	}

static const struct expected reorder[] = {
	{
		RESENT("rtx.reorder-timer", "timer:rack"),
		.why = { "@far:8088 reported later segments of @remote-client",
			 "waited a fraction of a round trip" },
		.effect = { "repaired" },
		.evidence = { "sacked_segments=1", "earlier=0", "backoff=0" },
	},
	{ 0 },
};

static const struct expected flight[] = {
	PROBE_SENT,
	{
		RESENT("rtx.timeout", "timer:rto"),
		.why = { "@far:8088 acknowledged nothing of @remote-client" },
		.effect = { "stalled" },
		.evidence = { "retransmits=1", "earlier=1", "backoff=0",
			      "history=1 tail loss probe" },
	},
	{
		RESENT("rtx.after-timeout", "segment"),
		.why = { "timer of @remote-client had expired",
			 "@far:8088 acknowledges again" },
		.effect = { "recovers" },
		.evidence = { "cwnd=2", "earlier=2", "backoff=1",
			      "history=1 timeout, 1 tail loss probe" },
	},
	{ 0 },
};

static const struct expected narrow[] = {
	{
		RESENT("rtx.pmtu", "segment"),
		.why = { "a router said (ICMP)", "packets of 1300 bytes",
			 "@remote-client's larger segment" },
		.effect = { "smaller from now on" },
		.evidence = { "mtu=1300", "earlier=0" },
	},
	{ 0 },
};

static const struct expected mtu_probe[] = {
	{
		RESENT("rtx.mtu-probe", "segment"),
		.why = { "tried a larger segment to @far:8088",
			 "@remote-client's data is sent again" },
		.effect = { "none" },
		.evidence = { "earlier=0" },
	},
	{ 0 },
};

static const struct expected fastopen[] = {
	{
		RESENT("rtx.fastopen", "segment"),
		.why = { "@far:8088 acknowledged the SYN of @remote-client but "
			 "not the data" },
		.effect = { "not saved" },
		.evidence = { "syn_data=4", "earlier=0" },
	},
	{ 0 },
};

static const struct expected zero_window[] = {
	PROBE_SENT,
	{
		RESENT("rtx.zero-window", "timer:rto"),
		.why = { "@far:8088 took back its window, to zero",
			 "after @remote-client had sent into it" },
		.effect = { "waits until @far:8088 opens its window" },
		.evidence = { "window=0", "retransmits=0" },
	},
	{ 0 },
};

static const struct expected needless[] = { PROBE_SENT, { 0 } };

static const struct expected needless_timeout[] = {
	PROBE_SENT,
	{
		RESENT("rtx.timeout", "timer:rto"),
		.why = { "@far:8088 acknowledged nothing" },
		.effect = { "stalled" },
		.evidence = { "proof=dsack", "earlier=1",
			      "history=1 tail loss probe" },
	},
	{ 0 },
};

static const struct expected needless_flight[] = {
	{
		RESENT("rtx.timeout", "timer:rto"),
		.why = { "@far:8088 acknowledged nothing" },
		.effect = { "stalled" },
		.evidence = { "proof=undo", "earlier=0" },
	},
	{ 0 },
};

/* Not by the peer's word, but by the order of its acknowledgments. */
static void taken_back(const struct watcher *watcher)
{
	yajl_val timeout = expect_one(watcher, "rtx.timeout");

	expect_ended_well(watcher);
	EXPECT(watcher, YAJL_IS_TRUE(json_at(timeout, "spurious")),
	       "a timeout that is known to be needless");
}

/* How long nothing had come from the peer: at least for the timer's time. */
static void silent_for_long(const struct watcher *watcher)
{
	yajl_val timeout = expect_one(watcher, "rtx.timeout");
	long long silent = json_number(timeout, "evidence/silent_us");

	expect_ended_well(watcher);
	EXPECT(watcher, silent >= 200000 && silent < 20000000, "%lld us silent",
	       silent);
}

static void said_at_once(const struct watcher *watcher)
{
	yajl_val finding = expect_one(watcher, "rtx.tail-loss-probe");

	expect_ended_well(watcher);
	EXPECT(watcher, YAJL_IS_TRUE(json_at(finding, "spurious")),
	       "a probe that is known to be needless");
	EXPECT(watcher, !count_lines(watcher, "amendment", 0),
	       "nothing to amend");
}

/* The probe was shown long before the proof, the timeout was not. */
static void amended(const struct watcher *watcher)
{
	yajl_val probe = expect_one(watcher, "rtx.tail-loss-probe");
	yajl_val timeout = expect_one(watcher, "rtx.timeout");
	yajl_val amendment = expect_line(watcher, "amendment");

	expect_ended_well(watcher);
	EXPECT(watcher, !json_at(probe, "spurious"), "nothing known yet");
	EXPECT(watcher, YAJL_IS_TRUE(json_at(timeout, "spurious")),
	       "a timeout that is known to be needless");
	EXPECT(watcher, YAJL_IS_TRUE(json_at(amendment, "spurious")),
	       "the probe was needless too");
	EXPECT(watcher,
	       json_number(amendment, "finding_seq") ==
		       YAJL_GET_INTEGER(
			       json_at(probe, "events")->u.array.values[0]),
	       "an amendment of the probe's finding");
	EXPECT(watcher, !strcmp(json_string(amendment, "proof"), "dsack"),
	       "the peer's report");
	EXPECT(watcher,
	       json_number(amendment, "owner/pid") ==
		       watcher_role(watcher, "remote-client"),
	       "remote-client's");
}

static const struct scene scenes[] = {
	{ .name = "rtx.reorder-timer",
	  .script = REMOTE("reorder"),
	  .findings = reorder,
	  .also = expect_ended_well },
	{ .name = "rtx.after-timeout, rtx.timeout",
	  .script = REMOTE("flight-lost"),
	  .findings = flight,
	  .also = silent_for_long },
	{ .name = "rtx.pmtu",
	  .script = REMOTE("narrow-path"),
	  .findings = narrow,
	  .also = expect_ended_well },
	{ .name = "rtx.mtu-probe",
	  .script = REMOTE("mtu-probe"),
	  .findings = mtu_probe,
	  .also = expect_ended_well },
	{ .name = "rtx.fastopen",
	  .script = REMOTE("fastopen"),
	  .findings = fastopen,
	  .also = expect_ended_well },
	{ .name = "rtx.zero-window",
	  .script = REMOTE("shrunk-window"),
	  .findings = zero_window,
	  .also = expect_ended_well },
	{ .name = "rtx.tail-loss-probe, needless",
	  .script = REMOTE("needless"),
	  .findings = needless,
	  .also = said_at_once },
	{ .name = "rtx.tail-loss-probe, rtx.timeout, needless",
	  .script = REMOTE("needless-timeout"),
	  .findings = needless_timeout,
	  .also = amended },
	{ .name = "rtx.timeout, taken back",
	  .script = REMOTE("needless-flight"),
	  .findings = needless_flight,
	  .also = taken_back },
};

int main(int argc, char **argv)
{
	return scenes_main("recovery", scenes, COUNT(scenes), argc, argv);
}
