// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * RSTs around close() and disconnect: each cause, and where two are possible
 * the one that the kernel looks at first.
 */
#include <string.h>

#include "scene.h"

/* --- a listener ends -------------------------------------------------- */

#define LISTENER_CLOSED(role, by, how, words)                               \
	{                                                                   \
		{                                                           \
			.cause = "rst.listener-closed",                     \
			.what = "rst-sent",                                 \
			.trigger = how,                                     \
			.state = "CLOSE",                                   \
			.owner = role,                                      \
			.actor = by,                                        \
			.peer = "listener-client",                          \
			.why = { "@" by " " words " while",                 \
				 "of @listener-client waited for "          \
				 "accept() on @loop:8091" },                \
			.effect = { "@listener-client, in ESTABLISHED",     \
				    "ECONNRESET" },                         \
			.evidence = { "unread_bytes=4", "accepted=no",      \
				      "where=tcp_disconnect", "bytes_in=4", \
				      "peer_state=ESTABLISHED" },           \
		},                                                          \
			{ 0 },                                              \
	}

static const struct expected listener_close[] = LISTENER_CLOSED(
	"listener-server", "listener-server", "close", "called close()");
static const struct expected listener_exit[] =
	LISTENER_CLOSED("listener-server", "listener-server", "exit", "exited");
static const struct expected listener_kill[] =
	LISTENER_CLOSED("listener-server", "listener-server", "signal:9",
			"was killed by SIGKILL");
static const struct expected listener_shutdown[] = LISTENER_CLOSED(
	"listener-server", "listener-server", "shutdown", "called shutdown()");
static const struct expected listener_worker[] =
	LISTENER_CLOSED("listener-worker", "listener-worker", "exit", "exited");

static const struct expected listener_destroy[] =
	LISTENER_CLOSED("listener-server", "ss", "sock-destroy",
			"destroyed the listener (SOCK_DESTROY, as "
			"\"ss -K\" does)");

/* --- connect(AF_UNSPEC) ----------------------------------------------- */

#define DISCONNECT(...)                                                 \
	{                                                               \
		{                                                       \
			.cause = "rst.disconnect",                      \
			.what = "rst-sent",                             \
			.trigger = "connect-unspec",                    \
			.state = "CLOSE",                               \
			.owner = "leaving-client",                      \
			.actor = "leaving-client",                      \
			.peer = "left-server",                          \
			.why = { "@leaving-client called "              \
				 "connect(AF_UNSPEC)" },                \
			.effect = { "@left-server, in ESTABLISHED",     \
				    "ECONNRESET" },                     \
			.evidence = { "where=tcp_disconnect",           \
				      "reason=TCP_STATE", "bytes_in=4", \
				      "bytes_out=4", ##__VA_ARGS__ },   \
		},                                                      \
			{ 0 },                                          \
	}

static const struct expected disconnect[] = DISCONNECT();
static const struct expected disconnect_unread[] = DISCONNECT("unread_bytes=4");

static bool is_change(const struct line *line, const char *to)
{
	const char *new = json_string(line->json, "new");

	return !strcmp(line->type, "event") && new && !strcmp(new, to);
}

/* The socket connects again: from another port, which is its own then. */
static void connects_again(const struct watcher *watcher)
{
	long long ports[2] = { 0 }, remote;
	unsigned int opened = 0, taken = 0;

	for (size_t i = 0; i < watcher->line_count; i++)
		if (is_change(&watcher->lines[i], "SYN_SENT") && opened < 2)
			ports[opened++] = json_number(watcher->lines[i].json,
						      "local/port");
	for (size_t i = 0; i < watcher->line_count; i++) {
		if (!is_change(&watcher->lines[i], "SYN_RECV"))
			continue;
		remote = json_number(watcher->lines[i].json, "remote/port");
		EXPECT(watcher, taken < 2 && remote == ports[taken],
		       "connection %u from port %lld", taken, remote);
		taken++;
	}
	EXPECT(watcher, taken == 2, "two connections");
	EXPECT(watcher, count_lines(watcher, "connection", 0) == 2,
	       "the end of both");
}

/* --- unsent data in LAST_ACK and CLOSING ------------------------------ */

#define DISCONNECT_UNSENT(how, words)                                         \
	{                                                                     \
		{                                                             \
			.cause = "rst.disconnect-unsent",                     \
			.what = "rst-sent",                                   \
			.trigger = how,                                       \
			.state = "CLOSE",                                     \
			.owner = "unsent-server",                             \
			.actor = "unsent-server",                             \
			.peer = "unsent-client",                              \
			.why = { "@unsent-server called " words,              \
				 "bytes still unsent",                        \
				 "what @unsent-client was to get" },          \
			.effect = { "@unsent-client, in FIN_WAIT2",           \
				    "can still read the", "ECONNRESET" },     \
			.evidence = { "where=tcp_disconnect",                 \
				      "reason=TCP_DISCONNECT_WITH_DATA",      \
				      "peer_state=FIN_WAIT2", "bytes_in=0" }, \
		},                                                            \
			{ 0 },                                                \
	}

static const struct expected unsent_last_ack[] = DISCONNECT_UNSENT(
	"close", "close() with SO_LINGER on and a zero timeout in LAST_ACK");
static const struct expected unsent_closing[] = DISCONNECT_UNSENT(
	"close", "close() with SO_LINGER on and a zero timeout in CLOSING");
static const struct expected unsent_disconnect[] =
	DISCONNECT_UNSENT("connect-unspec", "connect(AF_UNSPEC) in LAST_ACK");

/* What the client's window took, and what is left of 16 KB and more. */
static void some_unsent(const struct watcher *watcher)
{
	yajl_val finding = expect_one(watcher, "rst.disconnect-unsent");

	EXPECT(watcher,
	       json_number(finding, "evidence/unsent_bytes") > 4096 &&
		       json_number(finding, "evidence/unsent_bytes") % 4096 ==
			       0,
	       "whole writes unsent, the FIN not counted");
	EXPECT(watcher,
	       json_number(finding, "evidence/bytes_out") ==
		       json_number(finding, "evidence/peer_unread_bytes"),
	       "what was sent waits at the peer");
}

/* --- TCP_LINGER2 ------------------------------------------------------ */

#define LINGER2(id, words, ...)                                               \
	{                                                                     \
		{                                                             \
			.cause = id,                                          \
			.what = "rst-sent",                                   \
			.trigger = "close",                                   \
			.state = "CLOSE",                                     \
			.owner = "linger2-server",                            \
			.actor = "linger2-server",                            \
			.peer = "linger2-client",                             \
			.why = { "@linger2-server called close() " words },   \
			.effect = { "@linger2-client, in CLOSE_WAIT",         \
				    "EPIPE" },                                \
			.evidence = { "peer_state=CLOSE_WAIT", __VA_ARGS__ }, \
		},                                                            \
			{ 0 },                                                \
	}

static const struct expected linger2[] =
	LINGER2("rst.linger2", "in FIN_WAIT2 with TCP_LINGER2 below zero",
		"linger2=-1", "where=__tcp_close", "reason=TCP_ABORT_ON_LINGER",
		"bytes_in=0");
static const struct expected linger2_unread[] =
	LINGER2("rst.unread-data", "with 4 bytes", "unread_bytes=4",
		"where=__tcp_close");
static const struct expected linger2_linger[] =
	LINGER2("rst.linger-zero", "with SO_LINGER on", "linger_s=0",
		"where=tcp_disconnect");

static const struct scene scenes[] = {
	{ .name = "rst.listener-closed, close",
	  .script = "exec $SAMPLES/listener-closed $six",
	  .findings = listener_close },
	{ .name = "rst.listener-closed, exit",
	  .script = "exec $SAMPLES/listener-closed --exit $six",
	  .findings = listener_exit },
	{ .name = "rst.listener-closed, signal",
	  .script = "exec $SAMPLES/listener-closed --kill $six",
	  .findings = listener_kill },
	{ .name = "rst.listener-closed, shutdown",
	  .script = "exec $SAMPLES/listener-closed --shutdown $six",
	  .findings = listener_shutdown },
	{ .name = "rst.listener-closed, of a listener with SO_LINGER {1,0}",
	  .script = "exec $SAMPLES/listener-closed --linger $six",
	  .findings = listener_close },
	{ .name = "rst.listener-closed, by the last of two that hold it",
	  .script = "exec $SAMPLES/listener-closed --worker $six",
	  .findings = listener_worker },
	{ .name = "rst.listener-closed, destroyed by ss -K",
	  .script = "exec $SAMPLES/listener-closed --destroy $six",
	  .findings = listener_destroy },
	{ .name = "rst.disconnect",
	  .script = "exec $SAMPLES/disconnect $six",
	  .findings = disconnect,
	  .also = connects_again },
	{ .name = "rst.disconnect, with bytes unread",
	  .script = "exec $SAMPLES/disconnect --unread $six",
	  .findings = disconnect_unread },
	{ .name = "rst.disconnect, with SO_LINGER {1,0}",
	  .script = "exec $SAMPLES/disconnect --linger $six",
	  .findings = disconnect },
	{ .name = "rst.disconnect-unsent, LAST_ACK",
	  .script = "exec $SAMPLES/disconnect-unsent $six",
	  .findings = unsent_last_ack,
	  .also = some_unsent },
	{ .name = "rst.disconnect-unsent, CLOSING",
	  .script = "exec $SAMPLES/disconnect-unsent --closing $six",
	  .findings = unsent_closing,
	  .also = some_unsent },
	{ .name = "rst.disconnect-unsent, connect(AF_UNSPEC)",
	  .script = "exec $SAMPLES/disconnect-unsent --disconnect $six",
	  .findings = unsent_disconnect,
	  .also = some_unsent },
	{ .name = "rst.linger2",
	  .script = "exec $SAMPLES/linger2 $six",
	  .findings = linger2 },
	{ .name = "rst.unread-data, with TCP_LINGER2 below zero",
	  .script = "exec $SAMPLES/linger2 --unread $six",
	  .findings = linger2_unread },
	{ .name = "rst.linger-zero, with TCP_LINGER2 below zero",
	  .script = "exec $SAMPLES/linger2 --linger $six",
	  .findings = linger2_linger },
};

int main(int argc, char **argv)
{
	return scenes_main("reset_close", scenes, COUNT(scenes), argc, argv);
}
