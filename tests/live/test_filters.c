// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Filters keep what they should, both ends of it, and nothing else. */
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expect.h"
#include "harness.h"
#include "namespace.h"
#include "pair.h"

#define PAIRS 4

enum kept { A = 1 << 0, B = 1 << 1, C = 1 << 2, D = 1 << 3 };

static const struct pair cast[PAIRS] = {
	PAIR("a", "127.0.0.1", 26171),
	PAIR("b", "127.0.0.2", 26172),
	PAIR("c", "::1", 26173),
	/* An IPv6 socket that speaks IPv4. */
	PAIR("d", "::ffff:127.0.0.4", 26174),
};

/*
 * "a-server" as an argument stands for its pid, or the path of its cgroup:
 * a-server and d-client have one each, below "above".
 */
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
	{ "--port", { "--port", "26172" }, B },
	{ "--port twice", { "--port", "26171", "--port", "26173" }, A | C },
	{ "--local-port", { "--local-port", "26171" }, A },
	{ "--remote-port", { "--remote-port", "26173" }, C },
	{ "--host", { "--host", "127.0.0.2" }, B },
	{ "--host, a network", { "--host", "127.0.0.0/8" }, A | B | D },
	{ "--host, IPv4-mapped", { "--host", "127.0.0.4" }, D },
	{ "--host, IPv6", { "--host", "::1" }, C },
	{ "-4", { "-4" }, A | B | D },
	{ "-6", { "-6" }, C },
	{ "-4 -6", { "-4", "-6" }, A | B | C | D },
	{ "--netns", { "--netns", "/proc/self/ns/net" }, A | B | C | D },
	{ "--netns, another", { "--netns", "1" }, 0 },
	{ "--netns and --port",
	  { "--netns", "/proc/self/ns/net", "--port", "26172" },
	  B },
	{ "--cgroup", { "--cgroup", "a-server" }, A },
	{ "--cgroup, a client's", { "--cgroup", "d-client" }, D },
	{ "--cgroup, one above", { "--cgroup", "above" }, A | D },
	{ "--cgroup and -6", { "--cgroup", "a-server", "-6" }, 0 },
	{ "-p and -6", { "-p", "a-server", "-6" }, 0 },
	{ "-c and --port", { "-c", "a-server", "--port", "26171" }, A },
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

/* --- what reached the ring ----------------------------------------------- */

static long long count_of_kind(const struct watcher *watcher, const char *kind)
{
	long long n = 0;

	for (size_t i = 0; i < watcher->line_count; i++)
		n += !strcmp(watcher->lines[i].type, "event") &&
		     !strcmp(json_string(watcher->lines[i].json, "kind"), kind);
	return n;
}

/*
 * All of @kind that the kernel side produced was shown, but for @listeners; and
 * it left out at least @filtered.
 */
static void expect_left_out(const struct watcher *watcher, const char *kind,
			    unsigned int listeners, unsigned int filtered)
{
	yajl_val end = expect_line(watcher, "end");
	long long shown = count_of_kind(watcher, kind);
	long long produced = 0, left_out = 0;
	char path[64];

	snprintf(path, sizeof(path), "events/kinds/%s", kind);
	if (json_at(end, path)) {
		snprintf(path, sizeof(path), "events/kinds/%s/produced", kind);
		produced = json_number(end, path);
		snprintf(path, sizeof(path), "events/kinds/%s/filtered", kind);
		left_out = json_number(end, path);
	}
	EXPECT(watcher, produced >= shown && produced <= shown + listeners,
	       "%s: %lld produced, %lld shown", kind, produced, shown);
	EXPECT(watcher, left_out >= filtered, "%s: %lld left out", kind,
	       left_out);
}

/* --- cgroups ------------------------------------------------------------- */

static char above[300]; /* made by the test; "": none */

static void cgroup_mount(char *path, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *mount;

	assert_non_null(mounts);
	while ((mount = getmntent(mounts)) &&
	       strcmp(mount->mnt_type, "cgroup2") != 0)
		;
	if (!mount)
		fail_msg("these tests need cgroup v2, mounted anywhere");
	snprintf(path, size, "%s", mount->mnt_dir);
	endmntent(mounts);
}

static void write_pid(const char *cgroup, int pid)
{
	char path[400];
	FILE *file;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "%d", pid);
	assert_int_equal(fclose(file), 0);
}

static void make_cgroup(const char *name, int pid)
{
	char path[350];

	snprintf(path, sizeof(path), "%s/%s", above, name);
	assert_int_equal(mkdir(path, 0755), 0);
	write_pid(path, pid);
}

static void make_cgroups(const struct pair *pairs)
{
	char mount[256];

	cgroup_mount(mount, sizeof(mount));
	snprintf(above, sizeof(above), "%s/tcpwhy-test-%d", mount, getpid());
	assert_int_equal(mkdir(above, 0755), 0);
	make_cgroup("a-server", pairs[0].server);
	make_cgroup("d-client", pairs[3].client);
}

/* Its processes have ended. */
static int remove_cgroups(void **state)
{
	char path[350];
	int err = test_teardown(state);

	if (!*above)
		return err;
	snprintf(path, sizeof(path), "%s/a-server", above);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/d-client", above);
	rmdir(path);
	rmdir(above);
	*above = '\0';
	return err;
}

/* As /proc/PID/cgroup has it. */
static void cgroup_path(const char *name, char *path, size_t size)
{
	const char *base = strrchr(above, '/');

	if (!strcmp(name, "above"))
		snprintf(path, size, "%s", base);
	else
		snprintf(path, size, "%s/%s", base, name);
}

/* --- the scene ----------------------------------------------------------- */

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
	char values[6][350];

	for (int i = 0; filter->args[i]; i++) {
		args[i + 2] = filter->args[i];
		if (i && !strcmp(filter->args[i - 1], "-p"))
			snprintf(values[i], sizeof(values[i]), "%d",
				 pid_of(pairs, filter->args[i]));
		else if (i && !strcmp(filter->args[i - 1], "--cgroup"))
			cgroup_path(filter->args[i], values[i],
				    sizeof(values[i]));
		else
			continue;
		args[i + 2] = values[i];
	}
	*watcher = watcher_start(args);
}

static void keeps_and_drops(void **state)
{
	const struct filter *filter = *state;
	struct watcher *watcher;
	struct pair pairs[PAIRS];
	unsigned int dropped = 0;

	memcpy(pairs, cast, sizeof(pairs));
	for (int i = 0; i < PAIRS; i++)
		pair_start(&pairs[i]);
	make_cgroups(pairs);
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
		dropped += !(filter->kept & 1 << i);
	}
	/* Of each: six changes of state; those of listeners may all pass. */
	expect_left_out(watcher, "state", 2 * PAIRS, 6 * dropped);
	expect_left_out(watcher, "destroy", PAIRS, 2 * dropped);
	expect_left_out(watcher, "reset-sent", 0, dropped);
	expect_left_out(watcher, "reset-received", 0, dropped);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[COUNT(filters)];

	for (size_t i = 0; i < COUNT(filters); i++)
		tests[i] =
			(struct CMUnitTest){ filters[i].name, keeps_and_drops,
					     test_setup, remove_cgroups,
					     (void *)&filters[i] };
	return harness_main("filters", tests, COUNT(tests), argc, argv);
}
