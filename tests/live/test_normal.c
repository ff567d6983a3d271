// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A connection that ends well: every transition, and its closing line. */
#include <string.h>

#include "scene.h"

static const struct expected nothing[] = { { 0 } };

struct transition {
	const char *old, *new;
};

/* The kernel shows the way into TIME_WAIT as a change to CLOSE. */
static const struct transition client_path[] = {
	{ "CLOSE", "SYN_SENT" },	{ "SYN_SENT", "ESTABLISHED" },
	{ "ESTABLISHED", "FIN_WAIT1" }, { "FIN_WAIT1", "FIN_WAIT2" },
	{ "FIN_WAIT2", "CLOSE" },	{ NULL, NULL },
};
static const struct transition server_path[] = {
	{ "LISTEN", "SYN_RECV" },	 { "SYN_RECV", "ESTABLISHED" },
	{ "ESTABLISHED", "CLOSE_WAIT" }, { "CLOSE_WAIT", "LAST_ACK" },
	{ "LAST_ACK", "CLOSE" },	 { NULL, NULL },
};
static const struct transition listener_path[] = {
	{ "CLOSE", "LISTEN" },
	{ "LISTEN", "CLOSE" },
	{ NULL, NULL },
};

enum end { CLIENT, SERVER, LISTENER };

static enum end end_of(yajl_val event)
{
	if (json_number(event, "remote/port") == 8081)
		return CLIENT;
	return json_number(event, "remote/port") ? SERVER : LISTENER;
}

/* The changes of one end are exactly those of @path, in order, by @role. */
static void expect_path(const struct watcher *watcher, enum end end,
			const char *role, const struct transition *path)
{
	const char *address = watcher->six ? "::1" : "127.0.0.1";

	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val json = watcher->lines[i].json;
		const char *kind = json_string(json, "kind");

		if (!kind || strcmp(kind, "state") || end_of(json) != end)
			continue;
		EXPECT(watcher, path->old, "no more changes of end %d", end);
		EXPECT(watcher,
		       !strcmp(json_string(json, "old"), path->old) &&
			       !strcmp(json_string(json, "new"), path->new),
		       "%s to %s: %s", path->old, path->new,
		       watcher->lines[i].text);
		EXPECT(watcher,
		       json_number(json, "owner/pid") ==
			       watcher_role(watcher, role),
		       "%s: %s", role, watcher->lines[i].text);
		EXPECT(watcher, !strcmp(json_string(json, "owner/comm"), role),
		       "%s: %s", role, watcher->lines[i].text);
		EXPECT(watcher,
		       !strcmp(json_string(json, "local/addr"), address),
		       "at %s: %s", address, watcher->lines[i].text);
		path++;
	}
	EXPECT(watcher, !path->old, "end %d: %s to %s", end, path->old,
	       path->new);
}

static void expect_states(const struct watcher *watcher, yajl_val end,
			  const char *const *states)
{
	yajl_val list = json_at(end, "states");
	size_t i;

	for (i = 0; states[i]; i++)
		EXPECT(watcher,
		       i < list->u.array.len &&
			       !strcmp(list->u.array.values[i]->u.string,
				       states[i]),
		       "state %zu of an end: %s", i, states[i]);
	EXPECT(watcher, i == list->u.array.len, "%zu states", i);
}

static void expect_end(const struct watcher *watcher, yajl_val end,
		       const char *role, const char *const *states)
{
	EXPECT(watcher,
	       json_number(end, "owner/pid") == watcher_role(watcher, role),
	       "an end of %s", role);
	EXPECT(watcher,
	       json_number(end, "bytes_in") == 4 &&
		       json_number(end, "bytes_out") == 4 &&
		       json_number(end, "unread_bytes") == 0,
	       "4 bytes each way, all read");
	expect_states(watcher, end, states);
}

static void all_of_it(const struct watcher *watcher)
{
	yajl_val connection = expect_line(watcher, "connection");
	yajl_val ends = json_at(connection, "ends");
	long long duration = json_number(connection, "duration_us");

	expect_path(watcher, CLIENT, "sample1-client", client_path);
	expect_path(watcher, SERVER, "sample1-server", server_path);
	expect_path(watcher, LISTENER, "sample1-server", listener_path);

	EXPECT(watcher, !strcmp(json_string(connection, "how"), "fin"),
	       "a connection that ended well");
	EXPECT(watcher, !strcmp(json_string(connection, "trigger"), "close"),
	       "ended by close()");
	EXPECT(watcher,
	       json_number(connection, "closed_by/pid") ==
		       watcher_role(watcher, "sample1-client"),
	       "closed by the client");
	/* The server waits 100 ms before it closes too. */
	EXPECT(watcher, duration > 90000 && duration < 2000000,
	       "it took 100 ms");
	EXPECT(watcher, ends->u.array.len == 2, "both ends");
	expect_end(watcher, ends->u.array.values[0], "sample1-client",
		   ARGS("SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2",
			"TIME_WAIT"));
	expect_end(watcher, ends->u.array.values[1], "sample1-server",
		   ARGS("SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK",
			"CLOSE"));
}

static const struct scene scenes[] = {
	{ .name = "sample1: nothing to explain",
	  .script = "exec $SAMPLES/sample1 $six",
	  .findings = nothing,
	  .also = all_of_it },
};

int main(int argc, char **argv)
{
	return scenes_main("normal", scenes, COUNT(scenes), argc, argv);
}
