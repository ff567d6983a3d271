// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What goes wrong around tcpwhy: a clear message and the right status. */
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"
#include "harness.h"
#include "pair.h"

#define NOBODY 65534

/* --- privileges ---------------------------------------------------------- */

static void become_nobody(const struct launch *launch)
{
	/* Opened while we may: the way there may be closed to others. */
	int program = open(launch->argv[0], O_PATH | O_CLOEXEC);

	if (program < 0 || setgroups(0, NULL) || setgid(NOBODY) ||
	    setuid(NOBODY))
		_exit(99);
	fexecve(program, (char *const *)launch->argv, environ);
	_exit(98);
}

static void not_root(void **state)
{
	struct watcher *watcher;

	(void)state;
	watcher = watcher_launch(ARGS("watch"), become_nobody);
	watcher_finish(watcher);
	expect_complaint(watcher, 1, "CAP_BPF");
	EXPECT(watcher, !watcher->process->out.len, "nothing on stdout");
}

/* What needs no privileges works without. */
static void replay_not_root(void **state)
{
	const char *file = temporary_file();
	struct watcher *watcher;

	(void)state;
	watcher = watcher_run(ARGS("-w", file), "exec $SAMPLES/sample2");
	watcher_finish(watcher);
	EXPECT(watcher, watcher->status == 0, "exit status 0");
	assert_int_equal(chmod(file, 0644), 0);
	watcher = watcher_launch(ARGS("replay", "--json", file), become_nobody);
	watcher_finish(watcher);
	EXPECT(watcher, watcher->status == 0, "exit status 0");
	expect_one(watcher, "rst.linger-zero");
}

static struct pair stormy_pair(void)
{
	return (struct pair)PAIR("storm", "127.0.0.1", 9001);
}

/* --- outputs ------------------------------------------------------------- */

static void stdout_full(const struct launch *launch)
{
	int full = open("/dev/full", O_WRONLY);

	(void)launch;
	if (full < 0 || dup2(full, STDOUT_FILENO) < 0)
		_exit(99);
}

static void full_output(void **state)
{
	struct watcher *watcher;
	char path[256];

	(void)state;
	sample_path("sample2", path, sizeof(path));
	watcher = watcher_launch(ARGS("run", "--", path), stdout_full);
	watcher_finish(watcher);
	/* The sample cannot print either: its status is not tcpwhy's fault. */
	expect_complaint(watcher, 1,
			 "standard output: No space left on device");
}

static void full_recording(void **state)
{
	struct watcher *watcher;

	(void)state;
	watcher = watcher_run(ARGS("--json", "-w", "/dev/full"),
			      "exec $SAMPLES/sample2");
	watcher_finish(watcher);
	expect_complaint(watcher, 1, "'/dev/full': No space left on device");
}

/* A disk of our own, of 64 KiB; no other process sees it. */
static void make_small_disk(char *directory)
{
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_non_null(mkdtemp(directory));
	assert_int_equal(mount("none", directory, "tmpfs", 0, "size=64k"), 0);
}

/* It fills up in the middle: what is there can be replayed. */
static void disk_fills_up(void **state)
{
	char directory[] = "/tmp/tcpwhy-test-XXXXXX", file[64];
	struct pair pair = stormy_pair();
	struct watcher *live, *again;

	(void)state;
	make_small_disk(directory);
	snprintf(file, sizeof(file), "%s/recording", directory);
	live = watcher_start(ARGS("watch", "--json", "-w", file));
	pair_start(&pair);
	pair_storm(&pair);
	watcher_finish(live);
	pair_end(&pair);
	expect_complaint(live, 1, "recording': No space left on device");

	again = watcher_start(ARGS("replay", "--json", file));
	watcher_finish(again);
	umount2(directory, MNT_DETACH);
	rmdir(directory);
	EXPECT(again, again->status == 0, "exit status 0");
	EXPECT(again, count_lines(again, "event", 0) >= 50,
	       "the events before");
}

static void no_directory(void **state)
{
	struct watcher *watcher;

	(void)state;
	watcher = watcher_run(ARGS("-w", "/nonexistent/file"), "true");
	watcher_finish(watcher);
	expect_complaint(watcher, 1,
			 "'/nonexistent/file': No such file or directory");
}

/* As "tcpwhy | head -1" does it; the traffic makes it write. */
static void closed_output(void **state)
{
	struct pair pair = PAIR("a", "127.0.0.1", 9001);
	struct watcher *watcher;

	(void)state;
	watcher = watcher_start(ARGS("watch", "--json"));
	close(watcher->process->out_fd);
	watcher->process->out_fd = -1;
	pair_start(&pair);
	pair_connect(&pair);
	pair_reset(&pair);
	process_wait(watcher->process);
	watcher->status = WEXITSTATUS(watcher->process->status);
	expect_complaint(watcher, 1, "standard output was closed");
	EXPECT(watcher, WIFEXITED(watcher->process->status), "no signal");
}

/* --- Ctrl-C -------------------------------------------------------------- */

static void interrupt_watch(void **state)
{
	struct pair pair = PAIR("a", "127.0.0.1", 9001);
	struct watcher *watcher;

	(void)state;
	watcher = watcher_start(ARGS("watch", "--json", "--port", "9001"));
	pair_start(&pair);
	pair_connect(&pair);
	pair_reset(&pair);
	pair_end(&pair);
	/* None of it is 50 ms old. */
	watcher_stop(watcher);
	expect_sound(watcher, 0);
	expect_one(watcher, "rst.linger-zero");
}

/* Does it wait for us to read? wchan: the function in which it sleeps. */
static bool waits_for_pipe(pid_t pid)
{
	char path[64], where[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	f = fopen(path, "r");
	if (f && !fgets(where, sizeof(where), f))
		where[0] = '\0';
	if (f)
		fclose(f);
	return strstr(where, "pipe_write");
}

/* Lets the pipe to us run full: it waits for us to read, amid its output. */
static void fill_pipe(const struct watcher *watcher, struct pair *pair)
{
	int64_t deadline = now_ms() + PATIENCE_MS;
	int fd = watcher->process->out_fd;

	assert_int_equal(fcntl(fd, F_SETPIPE_SZ, 4096), 4096);
	pair_start(pair);
	pair_burst(pair, 50);
	/* Nothing tells it: look, and let the others work. */
	while (!waits_for_pipe(watcher->process->pid)) {
		if (now_ms() > deadline)
			fail_msg("it does not fill the pipe");
		sched_yield();
	}
}

/* A slow reader (a pager) gets all of it after Ctrl-C. */
static void interrupt_blocked(void **state)
{
	struct pair pair = stormy_pair();
	struct watcher *watcher;

	(void)state;
	watcher = watcher_start(ARGS("watch", "--json"));
	fill_pipe(watcher, &pair);
	watcher_interrupt(watcher);
	process_await_delivery(watcher->process);
	pair_end(&pair);
	watcher_finish(watcher);
	expect_sound(watcher, 0);
	EXPECT(watcher, count_lines(watcher, "connection", 0) >= 50,
	       "50 connections");
}

/* Twice: at once, even if nobody reads. */
static void interrupt_twice(void **state)
{
	struct pair pair = stormy_pair();
	struct watcher *watcher;

	(void)state;
	watcher = watcher_start(ARGS("watch", "--json"));
	fill_pipe(watcher, &pair);
	watcher_interrupt(watcher);
	process_await_delivery(watcher->process);
	watcher_interrupt(watcher);
	assert_int_equal(waitid(P_PID, watcher->process->pid, &(siginfo_t){ 0 },
				WEXITED | WNOWAIT),
			 0);
	process_wait(watcher->process);
	EXPECT(watcher,
	       WIFSIGNALED(watcher->process->status) &&
		       WTERMSIG(watcher->process->status) == SIGINT,
	       "ended by SIGINT");
	pair_end(&pair);
}

/* A terminal interrupts the command too, and both end. */
static void interrupt_run(void **state)
{
	struct watcher *watcher;

	(void)state;
	watcher =
		watcher_run(ARGS("--json"), "$SAMPLES/sample2; exec sleep 60");
	watcher_await(watcher, "\"type\":\"connection\"");
	assert_int_equal(kill(-watcher->process->pid, SIGINT), 0);
	watcher_finish(watcher);
	expect_sound(watcher, 128 + SIGINT);
	expect_one(watcher, "rst.linger-zero");
}

/* A command that does not care: once waits for it, twice does not. */
static void interrupt_run_twice(void **state)
{
	struct watcher *watcher;

	(void)state;
	watcher =
		watcher_run(ARGS("--json"), "$SAMPLES/sample2; exec sleep 60");
	watcher_await(watcher, "\"type\":\"connection\"");
	watcher_interrupt(watcher);
	process_await_delivery(watcher->process);
	watcher_interrupt(watcher);
	watcher_finish(watcher);
	expect_sound(watcher, 128 + SIGINT);
	expect_one(watcher, "rst.linger-zero");
}

/* --- commands ------------------------------------------------------------ */

static void expect_run(const char *const *args, int status, const char *words)
{
	struct watcher *watcher = watcher_start(args);

	watcher_finish(watcher);
	if (words)
		expect_complaint(watcher, status, words);
	else
		EXPECT(watcher, watcher->status == status, "status %d", status);
}

static void command_status(void **state)
{
	(void)state;
	expect_run(ARGS("run", "--", "true"), 0, NULL);
	expect_run(ARGS("run", "--", "/bin/sh", "-c", "exit 3"), 3, NULL);
	expect_run(ARGS("run", "--", "/bin/sh", "-c", "kill -9 $$"), 137, NULL);
	expect_run(ARGS("run", "--", "/bin/sh", "-c", "kill -15 $$"), 143,
		   NULL);
}

static void command_not_run(void **state)
{
	const char *file = temporary_file(); /* and not executable */

	(void)state;
	expect_run(ARGS("run", "--", "/nonexistent"), 127,
		   "cannot run '/nonexistent': No such file");
	expect_run(ARGS("run", "--", "no-such-command"), 127,
		   "cannot run 'no-such-command'");
	expect_run(ARGS("run", "--", file), 126, "Permission denied");
}

static void wrong_usage(void **state)
{
	static const struct {
		const char *args[4];
		const char *words;
	} wrong[] = {
		{ { "wacth" }, "'wacth'" },
		{ { "watch", "--port", "65536" }, "'65536'" },
		{ { "watch", "--port", "0" }, "'0'" },
		{ { "watch", "--port", "http" }, "'http'" },
		{ { "watch", "-p", "me" }, "'me'" },
		{ { "watch", "-c", "a-name-too-long-for-it" }, "15 bytes" },
		{ { "watch", "--host", "127.0.0.1/33" }, "'127.0.0.1/33'" },
		{ { "watch", "--host", "localhost" }, "'localhost'" },
		{ { "watch", "--no-such-filter" }, "--no-such-filter" },
		{ { "watch", "--ring-size", "5" }, "'5'" },
		{ { "watch", "extra" }, "'extra'" },
		{ { "explain", "rst.nothing" }, "'rst.nothing'" },
		{ { "run" }, "missing" },
		{ { "replay" }, "missing" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		expect_run(wrong[i].args, 2, wrong[i].words);
}

static void wrong_recording(void **state)
{
	const char *empty = temporary_file();

	(void)state;
	expect_run(ARGS("replay", "/nonexistent"), 1,
		   "'/nonexistent': No such file");
	expect_run(ARGS("replay", tcpwhy_path()), 1, "pcapng");
	expect_run(ARGS("replay", empty), 1, empty);
	expect_run(ARGS("replay", "/"), 1, "'/': Is a directory");
}

/* --- names --------------------------------------------------------------- */

static void expect_printable(const struct watcher *watcher)
{
	const struct text *out = &watcher->process->out;

	for (size_t i = 0; i < out->len; i++) {
		unsigned char c = out->at[i];

		EXPECT(watcher, (c >= 0x20 && c != 0x7f) || c == '\n',
		       "no control byte, but there is %#x at %zu", c, i);
	}
}

static void evil_name(void **state)
{
	/* As a terminal would obey it; and a byte that is no UTF-8. */
	struct pair pair = { .server_name = "\033[31mred\n",
			     .client_name = "\r\t\x7f\xff\"\\b",
			     .address = "127.0.0.1",
			     .port = 9001 };
	const char *file = temporary_file();
	struct watcher *live, *again;
	yajl_val finding;

	(void)state;
	live = watcher_start(
		ARGS("watch", "--json", "--port", "9001", "-w", file));
	pair_start(&pair);
	pair_connect(&pair);
	pair_reset(&pair);
	pair_end(&pair);
	watcher_stop(live);
	expect_sound(live, 0);
	expect_printable(live);
	finding = expect_one(live, "rst.linger-zero");
	EXPECT(live,
	       !strcmp(json_string(finding, "owner/comm"), "\\x1b[31mred\\x0a"),
	       "the server's name, made visible");
	EXPECT(live,
	       !strcmp(json_string(finding, "peer/comm"),
		       "\\x0d\\x09\\x7f\\xff\"\\b"),
	       "the client's name, made visible");

	again = watcher_start(ARGS("replay", file));
	watcher_finish(again);
	EXPECT(again, again->status == 0, "exit status 0");
	expect_printable(again);
	EXPECT(again, strstr(again->process->out.at, "\\x1b[31mred\\x0a["),
	       "the server's name, made visible");
}

static void no_such_cgroup(void **state)
{
	struct watcher *watcher;

	(void)state;
	watcher = watcher_start(ARGS("watch", "--cgroup", "/no/such/one"));
	watcher_finish(watcher);
	expect_complaint(watcher, 1, "no cgroup '/no/such/one'");
}

/* As on a host that has but cgroup v1. */
static void hide_cgroups(const struct launch *launch)
{
	(void)launch;
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    umount2("/sys/fs/cgroup", MNT_DETACH))
		_exit(99);
}

static void no_cgroup_v2(void **state)
{
	struct watcher *watcher;

	(void)state;
	watcher = watcher_launch(ARGS("watch", "--cgroup", "/"), hide_cgroups);
	watcher_finish(watcher);
	expect_complaint(watcher, 1, "no cgroup v2");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(not_root),	      LIVE_TEST(replay_not_root),
		LIVE_TEST(full_output),	      LIVE_TEST(full_recording),
		LIVE_TEST(disk_fills_up),     LIVE_TEST(no_directory),
		LIVE_TEST(closed_output),     LIVE_TEST(interrupt_watch),
		LIVE_TEST(interrupt_blocked), LIVE_TEST(interrupt_twice),
		LIVE_TEST(interrupt_run),     LIVE_TEST(interrupt_run_twice),
		LIVE_TEST(command_status),    LIVE_TEST(command_not_run),
		LIVE_TEST(wrong_usage),	      LIVE_TEST(wrong_recording),
		LIVE_TEST(evil_name),	      LIVE_TEST(no_such_cgroup),
		LIVE_TEST(no_cgroup_v2),
	};

	return harness_main("trouble", tests, COUNT(tests), argc, argv);
}
