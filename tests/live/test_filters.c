// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Filters keep what they should, both ends of it, and nothing else. */
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "harness.h"
#include "namespace.h"
#include "pair.h"

#define PAIRS 4

enum kept { A = 1 << 0, B = 1 << 1, C = 1 << 2, D = 1 << 3 };

static const struct pair cast[PAIRS] = {
	PAIR("a", "127.0.0.1", 9001),
	PAIR("b", "127.0.0.2", 9002),
	PAIR("c", "::1", 9003),
	/* An IPv6 socket that speaks IPv4. */
	PAIR("d", "::ffff:127.0.0.4", 9004),
};

/* "a-server" as an argument stands for its pid. */
static const struct filter {
	const char *name;
	const char *args[6];
	unsigned int kept;
} filters[] = {
	{ "none", { NULL }, A | B | C | D },
	{ "-p, a server", { "-p", "a-server" }, A },
	{ "-p, a client", { "-p", "c-client" }, C },
	{ "-p twice", { "-p", "a-client", "-p", "b-server" }, A | B },
	{ "-c, a server", { "-c", "b-server" }, B },
	{ "-c, a client", { "-c", "a-client" }, A },
	{ "-c, nobody", { "-c", "nobody" }, 0 },
	{ "--port", { "--port", "9002" }, B },
	{ "--port twice", { "--port", "9001", "--port", "9003" }, A | C },
	{ "--local-port", { "--local-port", "9001" }, A },
	{ "--remote-port", { "--remote-port", "9003" }, C },
	{ "--host", { "--host", "127.0.0.2" }, B },
	{ "--host, a network", { "--host", "127.0.0.0/8" }, A | B | D },
	{ "--host, IPv4-mapped", { "--host", "127.0.0.4" }, D },
	{ "--host, IPv6", { "--host", "::1" }, C },
	{ "-4", { "-4" }, A | B | D },
	{ "-6", { "-6" }, C },
	{ "-4 -6", { "-4", "-6" }, A | B | C | D },
	{ "-p and -6", { "-p", "a-server", "-6" }, 0 },
	{ "-c and --port", { "-c", "a-server", "--port", "9001" }, A },
};

/* Events of connections, not of listeners, at @port in our namespace. */
static unsigned int count_events(const struct watcher *watcher, int pid,
				 int port)
{
	long long netns = namespace_id();
	unsigned int n = 0;

	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val json = watcher->lines[i].json;

		n += !strcmp(watcher->lines[i].type, "event") &&
		     json_number(json, "netns") == netns &&
		     (!pid || json_number(json, "owner/pid") == pid) &&
		     (json_number(json, "local/port") == port ||
		      json_number(json, "remote/port") == port);
	}
	return n;
}

static unsigned int count_of_type(const struct watcher *watcher,
				  const char *type, int port)
{
	long long netns = namespace_id();
	unsigned int n = 0;

	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val json = watcher->lines[i].json;
		yajl_val ends = json_at(json, "ends");

		if (strcmp(watcher->lines[i].type, type))
			continue;
		if (ends) /* a connection: what is said of its first end */
			n += json_number(ends->u.array.values[1],
					 "local/port") == port &&
			     json_number(ends->u.array.values[1], "netns") ==
				     netns;
		else
			n += json_number(json, "local/port") == port &&
			     json_number(json, "netns") == netns;
	}
	return n;
}

static void expect_kept(const struct watcher *watcher, const struct pair *pair)
{
	unsigned int server = count_events(watcher, pair->server, pair->port);
	unsigned int client = count_events(watcher, pair->client, pair->port);

	/* LISTEN to SYN_RECV to ESTABLISHED to CLOSE, reset-sent, destroy. */
	EXPECT(watcher, server >= 5, "the events of %s", pair->server_name);
	/* To SYN_SENT, to ESTABLISHED, reset-received, to CLOSE, destroy. */
	EXPECT(watcher, client >= 5, "the events of %s", pair->client_name);
	EXPECT(watcher, count_of_type(watcher, "finding", pair->port) == 1,
	       "one finding for %s", pair->server_name);
	EXPECT(watcher, count_of_type(watcher, "connection", pair->port) == 1,
	       "one connection of %s", pair->server_name);
}

static void expect_dropped(const struct watcher *watcher,
			   const struct pair *pair)
{
	EXPECT(watcher, count_events(watcher, 0, pair->port) == 0,
	       "no event of %s", pair->server_name);
	EXPECT(watcher, count_of_type(watcher, "finding", pair->port) == 0,
	       "no finding for %s", pair->server_name);
	EXPECT(watcher, count_of_type(watcher, "connection", pair->port) == 0,
	       "no connection of %s", pair->server_name);
}

static int pid_of(const struct pair *pairs, const char *name)
{
	for (int i = 0; i < PAIRS; i++) {
		if (!strcmp(name, pairs[i].server_name))
			return pairs[i].server;
		if (!strcmp(name, pairs[i].client_name))
			return pairs[i].client;
	}
	return 0;
}

static void start_filtered(struct watcher **watcher,
			   const struct filter *filter,
			   const struct pair *pairs)
{
	const char *args[10] = { "watch", "--json" };
	char pids[6][16];

	for (int i = 0; filter->args[i]; i++) {
		args[i + 2] = filter->args[i];
		if (!i || strcmp(filter->args[i - 1], "-p"))
			continue;
		snprintf(pids[i], sizeof(pids[i]), "%d",
			 pid_of(pairs, filter->args[i]));
		args[i + 2] = pids[i];
	}
	*watcher = watcher_start(args);
}

static void keeps_and_drops(void **state)
{
	const struct filter *filter = *state;
	struct watcher *watcher;
	struct pair pairs[PAIRS];

	memcpy(pairs, cast, sizeof(pairs));
	for (int i = 0; i < PAIRS; i++)
		pair_start(&pairs[i]);
	start_filtered(&watcher, filter, pairs);
	for (int i = 0; i < PAIRS; i++) {
		pair_connect(&pairs[i]);
		pair_talk(&pairs[i]);
		pair_reset(&pairs[i]);
		pair_end(&pairs[i]);
	}
	watcher_stop(watcher);

	EXPECT(watcher, watcher->status == 0, "exit status 0");
	for (int i = 0; i < PAIRS; i++) {
		if (filter->kept & 1 << i)
			expect_kept(watcher, &pairs[i]);
		else
			expect_dropped(watcher, &pairs[i]);
	}
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[COUNT(filters)];

	for (size_t i = 0; i < COUNT(filters); i++)
		tests[i] =
			(struct CMUnitTest){ filters[i].name, keeps_and_drops,
					     test_setup, test_teardown,
					     (void *)&filters[i] };
	return harness_main("filters", tests, COUNT(tests), argc, argv);
}
