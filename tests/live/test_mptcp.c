// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* MPTCP: its RSTs, and that a connection without any is nobody's mystery. */
#include <string.h>

#include "scene.h"

static const struct expected nothing[] = {
	{ 0 },
};

#define FASTCLOSE(because)                                                \
	{                                                                 \
		{                                                         \
			.cause = "rst.mptcp-fastclose",                   \
			.what = "rst-sent",                               \
			.trigger = "close",                               \
			.state = "ESTABLISHED",                           \
			.owner = "mptcp-server",                          \
			.actor = "mptcp-server",                          \
			.peer = "mptcp-client",                           \
			.why = { "@mptcp-server called close()", because, \
				 "MP_FASTCLOSE" },                        \
			.effect = { "@mptcp-client, in ESTABLISHED",      \
				    "ECONNRESET" },                       \
			.evidence = { "fast=" because, "bytes_in=8",      \
				      "where=mptcp_do_fastclose",         \
				      "reason=TCP_ABORT_ON_CLOSE" },      \
		},                                                        \
			{ 0 },                                            \
	}

static const struct expected unread[] =
	FASTCLOSE("bytes from the peer were still unread");
static const struct expected linger[] =
	FASTCLOSE("SO_LINGER was on with a zero timeout");

static const struct expected subflow[] = {
	{
		.cause = "rst.mptcp-subflow",
		.what = "rst-sent",
		.trigger = "segment",
		.state = "ESTABLISHED",
		.owner = "mptcp-client",
		.why = { "one subflow of @mptcp-client's MPTCP connection",
			 "when its SYN was answered", "options were missing" },
		.effect = { "this path to @loop:8103 is gone",
			    "the connection goes on" },
		.evidence = { "mptcp_reason=EMPTCP", "reason=MPTCP_RST_EMPTCP",
			      "where=mptcp_subflow_reset" },
	},
	{ 0 },
};

static const struct expected join[] = {
	{
		.cause = "rst.mptcp-join-refused",
		.what = "rst-sent",
		.trigger = "segment",
		.state = "LISTEN",
		.owner = "remote-server",
		.why = { "@far:50000 wanted to add a path",
			 "a connection that is not here" },
		.effect = { "no application notices" },
		.evidence = { "mptcp_reason=EMPTCP",
			      "reason=MPTCP_RST_EMPTCP" },
	},
	{ 0 },
};

static void expect_owners(const struct watcher *watcher, yajl_val connection)
{
	static const char *const roles[] = { "mptcp-client", "mptcp-server" };
	yajl_val ends = json_at(connection, "ends");

	EXPECT(watcher, ends->u.array.len == 2, "both ends");
	for (int i = 0; i < 2; i++)
		EXPECT(watcher,
		       json_number(ends->u.array.values[i], "owner/pid") ==
			       watcher_role(watcher, roles[i]),
		       "%s owns its end", roles[i]);
}

/* The process that closed the MPTCP socket, not who closed its subflow. */
static void closed_by(const struct watcher *watcher, yajl_val connection,
		      const char *how, const char *role)
{
	EXPECT(watcher, !strcmp(json_string(connection, "how"), how),
	       "ended by %s", how);
	EXPECT(watcher,
	       json_number(connection, "closed_by/pid") ==
		       watcher_role(watcher, role),
	       "closed by %s", role);
	EXPECT(watcher, !strcmp(json_string(connection, "trigger"), "close"),
	       "by close()");
	expect_owners(watcher, connection);
}

static void normal(const struct watcher *watcher)
{
	closed_by(watcher, expect_line(watcher, "connection"), "fin",
		  "mptcp-client");
}

static void fast(const struct watcher *watcher)
{
	closed_by(watcher, expect_line(watcher, "connection"), "rst",
		  "mptcp-server");
}

/* Of the two connections one is the subflow that failed. */
static void subflow_of_two(const struct watcher *watcher)
{
	unsigned int good = 0, bad = 0;

	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val json = watcher->lines[i].json;

		if (strcmp(watcher->lines[i].type, "connection") != 0)
			continue;
		if (!strcmp(json_string(json, "how"), "rst")) {
			yajl_val ends = json_at(json, "ends");

			bad++;
			EXPECT(watcher,
			       YAJL_IS_NULL(json_at(json, "closed_by")),
			       "no process closed it");
			EXPECT(watcher,
			       json_number(ends->u.array.values[0],
					   "owner/pid") ==
				       watcher_role(watcher, "mptcp-client"),
			       "but the client's kernel opened it");
			continue;
		}
		good++;
		closed_by(watcher, json, "fin", "mptcp-client");
	}
	EXPECT(watcher, good == 1 && bad == 1, "two connections");
}

static const struct scene scenes[] = {
	{ .name = "a normal MPTCP connection",
	  .script = "exec $SAMPLES/mptcp $six",
	  .findings = nothing,
	  .also = normal },
	{ .name = "rst.mptcp-fastclose, bytes unread",
	  .script = "exec $SAMPLES/mptcp --unread $six",
	  .findings = unread,
	  .also = fast },
	{ .name = "rst.mptcp-fastclose, SO_LINGER",
	  .script = "exec $SAMPLES/mptcp --linger $six",
	  .findings = linger,
	  .also = fast },
	{ .name = "rst.mptcp-subflow",
	  .script = "exec $SAMPLES/mptcp --stripped $six",
	  .findings = subflow,
	  .also = subflow_of_two },
	{ .name = "rst.mptcp-join-refused",
	  .script = "exec $SAMPLES/remote mptcp-join $six",
	  .findings = join },
};

int main(int argc, char **argv)
{
	return scenes_main("mptcp", scenes, COUNT(scenes), argc, argv);
}
