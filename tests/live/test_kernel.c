// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Kernels that lack something, played by showing tcpwhy another description of
 * this one's types (BTF), in a mount namespace of its own.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "expect.h"
#include "harness.h"

#define BTF "/sys/kernel/btf/vmlinux"

/* What stands in for the BTF; set before the launch. */
static const char *stand_in;

static void show_stand_in(const struct launch *launch)
{
	(void)launch;
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(stand_in, BTF, NULL, MS_BIND, NULL))
		_exit(99);
}

/* A copy of the BTF in which no type is called @name. */
static const char *btf_without(const char *name)
{
	const char *path = temporary_file();
	FILE *from = fopen(BTF, "r"), *to = fopen(path, "w");
	size_t room = 64 << 20, size;
	char *data = malloc(room), *at;

	assert_non_null(from);
	assert_non_null(to);
	assert_non_null(data);
	size = fread(data, 1, room, from);
	at = memmem(data, size, name, strlen(name) + 1);
	assert_non_null(at);
	at[0] = '_';
	assert_int_equal(fwrite(data, 1, size, to), size);
	assert_int_equal(fclose(to), 0);
	fclose(from);
	free(data);
	return path;
}

static struct watcher *launch_with(const char *btf, const char *const *args)
{
	struct watcher *w;

	stand_in = btf;
	w = watcher_launch(args, show_stand_in);
	watcher_finish(w);
	return w;
}

static void expect_said(const struct watcher *w, int status, const char *words)
{
	EXPECT(w, w->status == status, "status %d", status);
	EXPECT(w,
	       strstr(w->process->err.at, words) ||
		       strstr(w->process->out.at, words),
	       "it says: %s", words);
}

static void no_btf(void **state)
{
	struct watcher *w = launch_with("/dev/null", ARGS("watch"));

	(void)state;
	expect_said(w, 1, "CONFIG_DEBUG_INFO_BTF");
	w = launch_with("/dev/null", ARGS("check", "--json"));
	expect_said(w, 1, "\"status\":\"failed\"");
}

/* Before 5.9; such kernels may have BTF, too. */
static void too_old(void **state)
{
	const char *btf = btf_without("BPF_FUNC_skc_to_tcp_sock");

	(void)state;
	expect_said(launch_with(btf, ARGS("watch")), 1, "needs 5.10 or newer");
	expect_said(launch_with(btf, ARGS("check")), 1,
		    "this kernel is too old");
	expect_said(launch_with(btf, ARGS("check", "--json")), 1,
		    "\"status\":\"failed\"");
}

static void no_state_changes(void **state)
{
	const char *btf = btf_without("btf_trace_inet_sock_set_state");
	struct watcher *w = launch_with(btf, ARGS("watch"));

	(void)state;
	expect_said(w, 1, "sock:inet_sock_set_state");
}

/* The rest works, and "check" says what is lost. */
static void no_synack_retransmissions(void **state)
{
	const char *btf = btf_without("btf_trace_tcp_retransmit_synack");
	struct watcher *w = launch_with(btf, ARGS("check"));

	(void)state;
	expect_said(w, 3, "SYN-ACK retransmissions");
	w = launch_with(btf, ARGS("run", "--", "true"));
	expect_said(w, 0, "0 findings");
}

/* A program that the verifier refuses drops out; the others go on. */
static void refused_program(void **state)
{
	const char *btf = btf_without("num_timeout");
	struct watcher *w = launch_with(btf, ARGS("check"));

	(void)state;
	expect_said(w, 3, "MISSING tcp:tcp_retransmit_synack");
	expect_said(w, 3,
		    "request_sock.num_timeout"); /* the verifier's words */
	EXPECT(w, strstr(w->process->out.at, "ok      tcp:tcp_retransmit_skb"),
	       "the others work");
	w = launch_with(btf, ARGS("check", "--json"));
	expect_said(w, 3, "\"status\":\"degraded\"");
	expect_said(w, 3,
		    "\"lost\":\"SYN-ACK retransmissions\",\"not_found\":["
		    "\"synack.accept-queue-full\"");
	w = launch_with(btf, ARGS("run", "--", "true"));
	expect_said(w, 0, "0 findings");
	expect_said(w, 0, "degraded: lost: ");
	expect_said(w, 0, "SYN-ACK retransmissions (synack.");
}

/* Refused one after the other, down to the one that is needed. */
static void refused_all(void **state)
{
	const char *btf = btf_without("skc_num");
	struct watcher *w = launch_with(btf, ARGS("run", "--", "true"));

	(void)state;
	expect_said(w, 1, "refused on_state, without which");
}

/* All there: the same command is content. */
static void nothing_missing(void **state)
{
	struct watcher *w = launch_with(BTF, ARGS("check"));

	(void)state;
	expect_said(w, 0, "tcp:tcp_retransmit_synack");
	EXPECT(w, !strstr(w->process->out.at, "MISSING"), "nothing missing");
	w = launch_with(BTF, ARGS("check", "--json"));
	expect_said(w, 0, "\"status\":\"ok\",\"problem\":null");
	w = launch_with(BTF, ARGS("run", "--", "true"));
	EXPECT(w, !w->process->err.len, "no word of degradation");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(no_btf),
		LIVE_TEST(too_old),
		LIVE_TEST(no_state_changes),
		LIVE_TEST(no_synack_retransmissions),
		LIVE_TEST(refused_program),
		LIVE_TEST(refused_all),
		LIVE_TEST(nothing_missing),
	};

	return harness_main("kernel", tests, COUNT(tests), argc, argv);
}
