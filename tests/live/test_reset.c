// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs that this host sends by an act of its own. */
#include <string.h>

#include "scene.h"

static const struct expected sample2[] = {
	{
		.cause = "rst.linger-zero",
		.what = "rst-sent",
		.trigger = "close",
		.state = "CLOSE",
		.owner = "sample2-server",
		.actor = "sample2-server",
		.peer = "sample2-client",
		.why = { "@sample2-server called close()", "SO_LINGER" },
		.effect = { "@sample2-client, in ESTABLISHED", "ECONNRESET" },
		.evidence = { "linger_s=0", "bytes_in=4", "bytes_out=4",
			      "peer_unread_bytes=0", "where=tcp_disconnect" },
	},
	{ 0 },
};

static const struct expected sample3[] = {
	{
		.cause = "rst.linger-zero",
		.what = "rst-sent",
		.trigger = "close",
		.state = "CLOSE",
		.owner = "sample3-server",
		.actor = "sample3-server",
		.peer = "sample3-client",
		.why = { "@sample3-server called close()", "SO_LINGER" },
		.effect = { "@sample3-client", "the 4 bytes", "ECONNRESET" },
		.evidence = { "linger_s=0", "peer_unread_bytes=4",
			      "peer_state=ESTABLISHED" },
	},
	{ 0 },
};

#define UNREAD_DATA(how, words)                                       \
	{                                                             \
		{                                                     \
			.cause = "rst.unread-data",                   \
			.what = "rst-sent",                           \
			.trigger = how,                               \
			.state = "CLOSE",                             \
			.owner = "unread-server",                     \
			.actor = "unread-server",                     \
			.peer = "unread-client",                      \
			.why = { "@unread-server " words,             \
				 "4 bytes from @unread-client" },     \
			.effect = { "@unread-client, in ESTABLISHED", \
				    "ECONNRESET" },                   \
			.evidence = { "unread_bytes=4", "bytes_in=8", \
				      "where=__tcp_close" },          \
		},                                                    \
			{ 0 },                                        \
	}

static const struct expected unread_close[] =
	UNREAD_DATA("close", "called close()");
static const struct expected unread_exit[] = UNREAD_DATA("exit", "exited");
static const struct expected unread_kill[] =
	UNREAD_DATA("signal:9", "was killed by SIGKILL");

/* sample3's client sleeps half a second before it lets go of its socket. */
static void late_release(const struct watcher *watcher)
{
	yajl_val connection = expect_line(watcher, "connection");
	yajl_val ends = json_at(connection, "ends");
	yajl_val client;

	EXPECT(watcher, !strcmp(json_string(connection, "how"), "rst"),
	       "a connection that ended by RST");
	EXPECT(watcher,
	       json_number(connection, "closed_by/pid") ==
		       watcher_role(watcher, "sample3-server"),
	       "closed by the server");
	EXPECT(watcher, ends->u.array.len == 2, "both ends");
	client = ends->u.array.values[0];
	EXPECT(watcher,
	       json_number(client, "let_go_by/pid") ==
		       watcher_role(watcher, "sample3-client"),
	       "the client let go of its end");
	EXPECT(watcher,
	       json_number(client, "let_go_us") > 400000 &&
		       json_number(client, "let_go_us") < 2000000,
	       "the client let go half a second after the RST");
}

static const struct scene scenes[] = {
	{ .name = "rst.linger-zero, sample2",
	  .script = "exec $SAMPLES/sample2 $six",
	  .findings = sample2 },
	{ .name = "rst.linger-zero, sample3: bytes wait at the peer",
	  .script = "exec $SAMPLES/sample3 --fast $six",
	  .findings = sample3,
	  .also = late_release },
	{ .name = "rst.unread-data, close",
	  .script = "exec $SAMPLES/unread-data $six",
	  .findings = unread_close },
	/* Either would do; the kernel looks at the bytes first. */
	{ .name = "rst.unread-data, with SO_LINGER {1,0}",
	  .script = "exec $SAMPLES/unread-data --linger $six",
	  .findings = unread_close },
	{ .name = "rst.unread-data, exit",
	  .script = "exec $SAMPLES/unread-data --exit $six",
	  .findings = unread_exit },
	{ .name = "rst.unread-data, signal",
	  .script = "exec $SAMPLES/unread-data --kill $six",
	  .findings = unread_kill },
};

int main(int argc, char **argv)
{
	return scenes_main("reset", scenes, COUNT(scenes), argc, argv);
}
