// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sockets that somebody destroys from outside. */
#include <string.h>

#include "scene.h"

static const struct expected by_ss[] = {
	{
		.cause = "rst.killed",
		.what = "rst-sent",
		.trigger = "sock-destroy",
		.state = "ESTABLISHED",
		.owner = "killed-server",
		.actor = "ss",
		.peer = "killed-client",
		.why = { "@ss destroyed the connection of @killed-server",
			 "SOCK_DESTROY" },
		.effect = { "@killed-server gets ECONNABORTED",
			    "@killed-client, in ESTABLISHED", "ECONNRESET" },
		.evidence = { "own=no", "where=tcp_abort", "reason=TCP_STATE",
			      "bytes_in=4", "peer_state=ESTABLISHED" },
	},
	{ 0 },
};

static const struct expected by_itself[] = {
	{
		.cause = "rst.killed",
		.what = "rst-sent",
		.trigger = "sock-destroy",
		.state = "ESTABLISHED",
		.owner = "killed-server",
		.actor = "killed-server",
		.peer = "killed-client",
		.why = { "@killed-server destroyed its own connection",
			 "SOCK_DESTROY" },
		.effect = { "@killed-server gets ECONNABORTED",
			    "@killed-client, in ESTABLISHED", "ECONNRESET" },
		.evidence = { "own=yes", "where=tcp_abort",
			      "reason=TCP_STATE" },
	},
	{ 0 },
};

static const struct expected by_bpf[] = {
	{
		.cause = "rst.bpf-destroyed",
		.what = "rst-sent",
		.trigger = "bpf-sock-destroy",
		.state = "ESTABLISHED",
		.owner = "bpf-server",
		.actor = "destroyer",
		.peer = "bpf-client",
		.why = { "a BPF program", "that @destroyer ran",
			 "destroyed the connection of @bpf-server" },
		.effect = { "@bpf-server gets ECONNABORTED",
			    "@bpf-client, in ESTABLISHED", "ECONNRESET" },
		.evidence = { "own=no", "where=tcp_abort", "reason=TCP_STATE",
			      "bytes_in=4", "peer_state=ESTABLISHED" },
	},
	{ 0 },
};

/* Who holds an end is the same at the end, whoever killed it in between. */
static void owners_stay(const struct watcher *watcher, const char *server,
			const char *client)
{
	yajl_val connection = expect_line(watcher, "connection");
	yajl_val ends = json_at(connection, "ends");
	const char *const roles[] = { client, server };

	EXPECT(watcher, ends->u.array.len == 2, "both ends");
	for (int i = 0; i < 2; i++) {
		yajl_val end = ends->u.array.values[i];

		EXPECT(watcher,
		       json_number(end, "owner/pid") ==
			       watcher_role(watcher, roles[i]),
		       "%s owns its end", roles[i]);
	}
	EXPECT(watcher, !strcmp(json_string(connection, "how"), "rst"),
	       "a connection that ended by RST");
}

static void killed(const struct watcher *watcher)
{
	owners_stay(watcher, "killed-server", "killed-client");
}

/* The program may be gone before it can be named, but is never misnamed. */
static void destroyed(const struct watcher *watcher)
{
	yajl_val finding = expect_one(watcher, "rst.bpf-destroyed");
	const char *program = json_string(finding, "evidence/program");

	EXPECT(watcher, !program || !strcmp(program, "destroy_port"),
	       "the name of the program");
	owners_stay(watcher, "bpf-server", "bpf-client");
}

static const struct scene scenes[] = {
	{ .name = "rst.killed, by ss",
	  .script = "exec $SAMPLES/killed $six",
	  .findings = by_ss,
	  .also = killed },
	{ .name = "rst.killed, by its own process",
	  .script = "exec $SAMPLES/killed --self $six",
	  .findings = by_itself,
	  .also = killed },
	{ .name = "rst.bpf-destroyed",
	  .script = "exec $SAMPLES/bpf-destroyed $six",
	  .findings = by_bpf,
	  .also = destroyed },
};

int main(int argc, char **argv)
{
	return scenes_main("reset-killed", scenes, COUNT(scenes), argc, argv);
}
