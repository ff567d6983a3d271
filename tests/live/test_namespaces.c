// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Both ends on this host, in two network namespaces: one story, told once. */
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "harness.h"
#include "namespace.h"
#include "pair.h"

/* Findings that name one of the pair, as owner or as peer. */
static unsigned int count_findings(const struct watcher *watcher,
				   const struct pair *pair)
{
	unsigned int n = 0;

	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val json = watcher->lines[i].json;
		long long owner = json_number(json, "owner/pid");
		long long peer = json_number(json, "peer/pid");

		n += !strcmp(watcher->lines[i].type, "finding") &&
		     (owner == pair->server || owner == pair->client ||
		      peer == pair->server || peer == pair->client);
	}
	return n;
}

static yajl_val find_finding(const struct watcher *watcher,
			     const struct pair *pair, const char *cause)
{
	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val json = watcher->lines[i].json;

		if (!strcmp(watcher->lines[i].type, "finding") &&
		    !strcmp(json_string(json, "cause"), cause) &&
		    json_number(json, "peer/pid") == pair->client)
			return json;
	}
	EXPECT(watcher, false, "a finding %s, with the client as peer", cause);
	return NULL;
}

static void expect_dropped(const struct watcher *watcher,
			   const struct pair *pair)
{
	yajl_val dropped = find_finding(watcher, pair, "rst.linger-zero");

	EXPECT(watcher, watcher->status == 0, "exit status 0");
	EXPECT(watcher, json_number(dropped, "owner/pid") == pair->server,
	       "the server");
	EXPECT(watcher, json_number(dropped, "actor/pid") == pair->server,
	       "the server");
	EXPECT(watcher, json_number(dropped, "netns") != namespace_id(),
	       "in a namespace that is not ours");
}

static void expect_refused(const struct watcher *watcher,
			   const struct pair *pair)
{
	yajl_val refused = find_finding(watcher, pair, "rst.port-closed");

	EXPECT(watcher,
	       json_number(refused, "evidence/past_listener_pid") ==
		       pair->server,
	       "who listened there, over there");
	EXPECT(watcher, json_number(refused, "netns") != namespace_id(),
	       "in the server's namespace");
}

/* Its two ends are one connection. */
static void expect_ends(const struct watcher *watcher, const struct pair *pair)
{
	unsigned int n = 0;

	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val ends = json_at(watcher->lines[i].json, "ends");
		yajl_val *end;

		if (!ends || ends->u.array.len != 2)
			continue;
		end = ends->u.array.values;
		n += json_number(end[0], "owner/pid") == pair->client &&
		     json_number(end[0], "netns") == namespace_id() &&
		     json_number(end[1], "owner/pid") == pair->server &&
		     json_number(end[1], "netns") != namespace_id();
	}
	EXPECT(watcher, n == 1, "one connection, of both");
}

/* Whom or what the filter names. */
enum by {
	BY_NOTHING,
	BY_CLIENT,
	BY_SERVER,
	BY_CLIENTS_NETNS,
	BY_SERVERS_NETNS
};

static struct watcher *start_by(enum by by, const struct pair *pair)
{
	char pid[16], netns[32];

	snprintf(pid, sizeof(pid), "%d",
		 by == BY_CLIENT ? pair->client : pair->server);
	snprintf(netns, sizeof(netns), "/proc/%d/ns/net",
		 by == BY_CLIENTS_NETNS ? pair->client : pair->server);
	if (by == BY_NOTHING)
		return watcher_start(ARGS("watch", "--json"));
	if (by == BY_CLIENT || by == BY_SERVER)
		return watcher_start(ARGS("watch", "--json", "-p", pid));
	return watcher_start(ARGS("watch", "--json", "--netns", netns));
}

static void watch_apart(const char *address, enum by by)
{
	struct pair pair = PAIR("apart", address, 9001);
	struct watcher *watcher;

	pair.apart = true;
	pair_start(&pair);
	watcher = start_by(by, &pair);
	pair_connect(&pair);
	pair_talk(&pair);
	pair_reset(&pair);
	pair_refused(&pair);
	pair_end(&pair);
	watcher_stop(watcher);
	expect_dropped(watcher, &pair);
	expect_ends(watcher, &pair);
	/* A socket that is closed is no longer the server's. */
	if (by != BY_SERVER)
		expect_refused(watcher, &pair);
	EXPECT(watcher,
	       count_findings(watcher, &pair) == (by == BY_SERVER ? 1 : 2),
	       "no other");
}

static void apart_ipv4(void **state)
{
	(void)state;
	watch_apart(PAIR_FAR4, BY_NOTHING);
}

static void apart_ipv6(void **state)
{
	(void)state;
	watch_apart(PAIR_FAR6, BY_NOTHING);
}

/* What is told does not depend on which end the filter is about. */
static void apart_by_client(void **state)
{
	(void)state;
	watch_apart(PAIR_FAR4, BY_CLIENT);
}

static void apart_by_server(void **state)
{
	(void)state;
	watch_apart(PAIR_FAR6, BY_SERVER);
}

static void apart_by_clients_netns(void **state)
{
	(void)state;
	watch_apart(PAIR_FAR6, BY_CLIENTS_NETNS);
}

static void apart_by_servers_netns(void **state)
{
	(void)state;
	watch_apart(PAIR_FAR4, BY_SERVERS_NETNS);
}

/* The number of one that has gone is soon given to another. */
static void names_change(void **state)
{
	struct watcher *watcher =
		watcher_run(ARGS("--json"), "for i in 0 1 2 3 4 5; do\n"
					    "	ip netns add tcpwhy-$i && ip "
					    "-n tcpwhy-$i link set lo up &&\n"
					    "	ip netns exec tcpwhy-$i "
					    "$SAMPLES/sample1 --fast || exit\n"
					    "	ip netns del tcpwhy-$i\n"
					    "done");
	int connection = 0;

	(void)state;
	watcher_finish(watcher);
	expect_sound(watcher, 0);
	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val ends = json_at(watcher->lines[i].json, "ends");
		const char *name;
		char wanted[32];

		if (!ends)
			continue;
		snprintf(wanted, sizeof(wanted), "tcpwhy-%d", connection++);
		name = json_string(ends->u.array.values[0], "netns_name");
		EXPECT(watcher, name && !strcmp(name, wanted), "%s", wanted);
	}
	EXPECT(watcher, connection == 6, "six connections");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(apart_ipv4),
		LIVE_TEST(apart_ipv6),
		LIVE_TEST(apart_by_client),
		LIVE_TEST(apart_by_server),
		LIVE_TEST(apart_by_clients_netns),
		LIVE_TEST(apart_by_servers_netns),
		LIVE_TEST(names_change),
	};

	return harness_main("namespaces", tests, COUNT(tests), argc, argv);
}
