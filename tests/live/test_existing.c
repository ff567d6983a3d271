// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections that were there before tcpwhy. */
#include <string.h>

#include "expect.h"
#include "harness.h"
#include "namespace.h"
#include "pair.h"

static yajl_val find_finding(const struct watcher *watcher)
{
	long long netns = namespace_id();

	EXPECT(watcher, count_lines(watcher, "finding", netns) == 1,
	       "one finding in this namespace");
	for (size_t i = 0; i < watcher->line_count; i++)
		if (!strcmp(watcher->lines[i].type, "finding") &&
		    json_number(watcher->lines[i].json, "netns") == netns)
			return watcher->lines[i].json;
	return NULL;
}

static void expect_party(const struct watcher *watcher, yajl_val party, int pid,
			 const char *name)
{
	EXPECT(watcher, json_number(party, "pid") == pid, "process %d", pid);
	EXPECT(watcher, !strcmp(json_string(party, "comm"), name), "named %s",
	       name);
	EXPECT(watcher, YAJL_IS_FALSE(json_at(party, "inherited")),
	       "proven, not inherited");
}

static void expect_reset(const struct watcher *watcher, const struct pair *pair)
{
	yajl_val finding = find_finding(watcher);

	EXPECT(watcher,
	       !strcmp(json_string(finding, "cause"), "rst.linger-zero"),
	       "rst.linger-zero");
	EXPECT(watcher, !strcmp(json_string(finding, "confidence"), "certain"),
	       "certain");
	expect_party(watcher, json_at(finding, "owner"), pair->server,
		     pair->server_name);
	expect_party(watcher, json_at(finding, "actor"), pair->server,
		     pair->server_name);
	expect_party(watcher, json_at(finding, "peer"), pair->client,
		     pair->client_name);
	EXPECT(watcher, json_number(finding, "evidence/bytes_in") == 1,
	       "the byte from before the start");
}

/* Each event of the connection names the process at its end. */
static void expect_owners(const struct watcher *watcher,
			  const struct pair *pair)
{
	long long netns = namespace_id();

	for (size_t i = 0; i < watcher->line_count; i++) {
		const struct line *line = &watcher->lines[i];
		int pid;

		if (strcmp(line->type, "event") ||
		    json_number(line->json, "netns") != netns)
			continue;
		pid = json_number(line->json, "local/port") == pair->port
			      ? pair->server
			      : pair->client;
		EXPECT(watcher, json_number(line->json, "owner/pid") == pid,
		       "process %d: %s", pid, line->text);
	}
	EXPECT(watcher, count_lines(watcher, "event", netns) >= 6,
	       "the events of both ends");
}

static void reset_later(const char *address)
{
	struct pair pair = PAIR("old", address, 9001);
	struct watcher *watcher;

	pair_start(&pair);
	pair_connect(&pair);
	pair_talk(&pair);
	watcher = watcher_start(ARGS("watch", "--json"));
	pair_reset(&pair);
	pair_end(&pair);
	watcher_stop(watcher);

	EXPECT(watcher, watcher->status == 0, "exit status 0");
	expect_reset(watcher, &pair);
	expect_owners(watcher, &pair);
}

static void reset_later_ipv4(void **state)
{
	(void)state;
	reset_later("127.0.0.1");
}

static void reset_later_ipv6(void **state)
{
	(void)state;
	reset_later("::1");
}

/* Only the listener is older: it is who listened there, until it ended. */
static void listener_before(void **state)
{
	struct pair pair = PAIR("old", "127.0.0.1", 9001);
	struct watcher *watcher;
	yajl_val finding;

	(void)state;
	pair_start(&pair);
	pair_connect(&pair);
	watcher = watcher_start(ARGS("watch", "--json"));
	pair_reset(&pair);
	pair_refused(&pair);
	pair_end(&pair);
	watcher_stop(watcher);

	finding = expect_one(watcher, "rst.port-closed");
	EXPECT(watcher, json_number(finding, "peer/pid") == pair.client,
	       "the client");
	EXPECT(watcher,
	       json_number(finding, "evidence/past_listener_pid") ==
		       pair.server,
	       "who listened there");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(reset_later_ipv4),
		LIVE_TEST(reset_later_ipv6),
		LIVE_TEST(listener_before),
	};

	return harness_main("existing", tests, COUNT(tests), argc, argv);
}
