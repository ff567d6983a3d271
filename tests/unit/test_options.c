// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The command line. options_parse() exits, so each try is a child's. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "options.h"

#define MAX_WORDS 24

/* What a child found: how it ended, and what it printed. */
struct
try {
	int status; /* 100: options_parse() returned and check() was happy */
	char out[8192];
	char err[4096];
};

#define RETURNED 100

static void read_back(int fd, char *text, size_t size)
{
	ssize_t len = pread(fd, text, size - 1, 0);

	assert_true(len >= 0);
	text[len] = '\0';
	close(fd);
}

static void parse_in_child(char *line, unsigned int groups, int min, int max,
			   void (*check)(const struct options *options))
{
	char *words[MAX_WORDS] = { "tcpwhy" };
	struct options options;
	int count = 1;

	while (count < MAX_WORDS - 1 &&
	       (words[count] = strtok_r(line, "|", &line)))
		count++;
	options_parse(&options, "watch", count, words, groups, "", "Watch.",
		      min, max);
	if (check)
		check(&options);
	options_free(&options);
	exit(RETURNED);
}

/* Parse @line, words separated by '|', and look at the result with @check. */
static struct try try_line(const char *line, unsigned int groups, int min,
			   int max,
			   void (*check)(const struct options *options))
{
	int out = memfd_create("out", 0), err = memfd_create("err", 0);
	struct try try = { 0 };
	int status;
	pid_t child;

	assert_true(out >= 0 && err >= 0);
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		char copy[1024];

		signal(SIGSEGV, SIG_DFL); /* cmocka's handler is for tests */
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		strncpy(copy, line, sizeof(copy) - 1);
		copy[sizeof(copy) - 1] = '\0';
		parse_in_child(copy, groups, min, max, check);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	read_back(out, try.out, sizeof(try.out));
	read_back(err, try.err, sizeof(try.err));
	if (!WIFEXITED(status))
		fail_msg("%s: %s", line, try.err);
	try.status = WEXITSTATUS(status);
	return try;
}

#define WATCH (OPTIONS_OUTPUT | OPTIONS_FILTERS | OPTIONS_LIVE)

static void assert_accepted(const char *line,
			    void (*check)(const struct options *options))
{
	struct try try = try_line(line, WATCH, 0, 0, check);

	if (try.status != RETURNED)
		fail_msg("%s: exit status %d: %s", line, try.status, try.err);
	assert_string_equal(try.err, "");
}

/* Wrong usage: 2, with a word about what is wrong, and nothing on stdout. */
static void assert_refused(const char *line, const char *word)
{
	struct try try = try_line(line, WATCH, 0, 0, NULL);

	assert_int_equal(try.status, EXIT_USAGE);
	assert_string_equal(try.out, "");
	if (!strstr(try.err, word))
		fail_msg("%s: no '%s' in: %s", line, word, try.err);
	assert_non_null(strstr(try.err, "tcpwhy"));
}

/* In the child, where cmocka's own asserts would jump out of the test. */
static void must(bool condition)
{
	if (!condition)
		exit(1);
}

static void check_defaults(const struct options *o)
{
	must(!o->json && !o->why_only && !o->no_fold && !o->record);
	must(o->clock == SINK_LOCAL);
	must(o->ring_bytes == 4 << 20);
	must(o->argument_count == 0);
	must(*scope_text(o->scope) == '\0');
}

static void defaults(void **state)
{
	(void)state;
	assert_accepted("", check_defaults);
}

static void check_output(const struct options *o)
{
	must(o->json && o->why_only && o->no_fold);
	must(o->clock == SINK_RELATIVE); /* the last one wins */
	must(o->max_sockets == 2000);
}

static void output_options(void **state)
{
	(void)state;
	assert_accepted("--json|--why-only|--no-fold|--utc|--relative|"
			"--max-sockets=2000",
			check_output);
	assert_accepted("--max-sockets=1024", NULL);
	assert_accepted("--max-sockets=16777216", NULL);
}

static void check_live(const struct options *o)
{
	must(o->record && !strcmp(o->record, "some file"));
	must(o->ring_bytes == 64 << 10);
}

static void live_options(void **state)
{
	(void)state;
	assert_accepted("-w|some file|--ring-size|64", check_live);
	assert_accepted("--write=some file|--ring-size=64", check_live);
	assert_accepted("--ring-size=4", NULL);
	assert_accepted("--ring-size=1048576", NULL);
}

static void check_filters(const struct options *o)
{
	must(!strcmp(scope_text(o->scope),
		     "pid=7\ncomm=a b\nport=1\nlocal-port=2\n"
		     "remote-port=65535\nhost=10.0.0.0/8\nfamily=4\n"));
}

static void check_number(const struct options *o)
{
	must(!strcmp(scope_text(o->scope), "netns=4026531840\n"));
}

/* A recording knows it by its number alone. */
static void check_own(const struct options *o)
{
	struct stat status;
	char text[64];

	must(!stat("/proc/self/ns/net", &status));
	snprintf(text, sizeof(text), "netns=%lu\n",
		 (unsigned long)status.st_ino);
	must(!strcmp(scope_text(o->scope), text));
}

static void namespaces(void **state)
{
	(void)state;
	assert_accepted("--netns=4026531840", check_number);
	assert_accepted("--netns|/proc/self/ns/net", check_own);
}

static void filters(void **state)
{
	(void)state;
	assert_accepted("-p|7|-c|a b|--port|1|--local-port=2|"
			"--remote-port|65535|--host|10.0.0.0/8|-4",
			check_filters);
	assert_accepted("--pid=7|--comm=a b|--port=1|--local-port|2|"
			"--remote-port=65535|--host=10.0.0.0/8|-4",
			check_filters);
}

static void bad_filters(void **state)
{
	(void)state;
	assert_refused("--port|0", "port");
	assert_refused("--port=65536", "65536");
	assert_refused("--port=abc", "abc");
	assert_refused("--local-port=-1", "-1");
	assert_refused("--remote-port=", "remote-port");
	assert_refused("-p|0", "pid");
	assert_refused("-p|init", "init");
	assert_refused("-c|a-name-that-is-too-long", "15");
	assert_refused("--host=example.org", "example.org");
	assert_refused("--host=10.0.0.0/33", "10.0.0.0/33");
	assert_refused("--netns=no-such", "'no-such' is no network namespace");
	assert_refused("--netns=", "is no network namespace");
	assert_refused("--netns=/proc/self/ns/mnt", "is no network namespace");
	assert_refused("--netns=4294967296", "is no network namespace");
	assert_refused("--cgroup=system.slice", "is not the path of a cgroup");
	assert_refused("--cgroup=/a//b", "is not the path of a cgroup");
}

static void bad_ring_sizes(void **state)
{
	static const char *const sizes[] = {
		"3000", "0", "1",   "2",       "-4",
		"4k",	"",  "abc", "2097152", "18446744073709551616",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char line[64];

		snprintf(line, sizeof(line), "--ring-size=%s", sizes[i]);
		assert_refused(line, "power of two");
	}
}

static void bad_socket_counts(void **state)
{
	static const char *const counts[] = {
		"",	    "0",  "1023",  "-1",
		"16777217", "4k", " 5000", "99999999999999999999"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		char line[64];

		snprintf(line, sizeof(line), "--max-sockets=%s", counts[i]);
		assert_refused(line, "not a number from 1024");
	}
}

static void unknown_options(void **state)
{
	(void)state;
	assert_refused("--nonsense", "nonsense");
	assert_refused("-x", "x");
	assert_refused("--port", "port"); /* its argument is missing */
	assert_refused("-w", "w");
	assert_refused("--json=yes", "json");
}

static void options_of_other_commands(void **state)
{
	struct try try = try_line("--port=80", OPTIONS_OUTPUT, 0, 0, NULL);

	(void)state;
	assert_int_equal(try.status, EXIT_USAGE);
	try = try_line("-w|file", OPTIONS_OUTPUT | OPTIONS_FILTERS, 0, 0, NULL);
	assert_int_equal(try.status, EXIT_USAGE);
	try = try_line("--json", 0, 0, 0, NULL);
	assert_int_equal(try.status, EXIT_USAGE);
}

static void check_command(const struct options *o)
{
	must(o->json);
	must(o->argument_count == 3);
	must(!strcmp(o->arguments[0], "nc"));
	must(!strcmp(o->arguments[1], "--json"));
	must(!strcmp(o->arguments[2], "-x"));
	must(!o->arguments[3]);
}

/* What follows the command is the command's own. */
static void command_keeps_its_options(void **state)
{
	struct try try;

	(void)state;
	try = try_line("--json|--|nc|--json|-x", WATCH, 1, -1, check_command);
	assert_int_equal(try.status, RETURNED);
	try = try_line("--json|nc|--json|-x", WATCH, 1, -1, check_command);
	assert_int_equal(try.status, RETURNED);
}

static void argument_counts(void **state)
{
	struct try try = try_line("", WATCH, 1, 1, NULL);

	(void)state;
	assert_int_equal(try.status, EXIT_USAGE);
	assert_true(strlen(try.err) > 10);
	try = try_line("one", WATCH, 1, 1, NULL);
	assert_int_equal(try.status, RETURNED);
	try = try_line("one|two", WATCH, 1, 1, NULL);
	assert_int_equal(try.status, EXIT_USAGE);
	assert_non_null(strstr(try.err, "two"));
}

static void check_file(const struct options *o)
{
	must(o->json && o->clock == SINK_UTC);
	must(o->argument_count == 1);
	must(!strcmp(o->arguments[0], "file"));
}

static void options_after_the_argument(void **state)
{
	struct try try = try_line("--utc|file|--json", WATCH, 1, 1, check_file);

	(void)state;
	assert_int_equal(try.status, RETURNED);
}

static void help(void **state)
{
	static const char *const names[] = {
		"--json",	"--why-only",	 "--no-fold", "--utc",
		"--relative",	"--pid",	 "--comm",    "--port",
		"--local-port", "--remote-port", "--host",    "-4",
		"-6",		"--netns",	 "--cgroup",  "--write",
		"--ring-size",	"--max-sockets",
	};
	struct try try = try_line("--help", WATCH, 0, 0, NULL);

	(void)state;
	assert_int_equal(try.status, 0);
	assert_string_equal(try.err, "");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(strstr(try.out, names[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(output_options),
		cmocka_unit_test(live_options),
		cmocka_unit_test(filters),
		cmocka_unit_test(namespaces),
		cmocka_unit_test(bad_filters),
		cmocka_unit_test(bad_ring_sizes),
		cmocka_unit_test(bad_socket_counts),
		cmocka_unit_test(unknown_options),
		cmocka_unit_test(options_of_other_commands),
		cmocka_unit_test(command_keeps_its_options),
		cmocka_unit_test(argument_counts),
		cmocka_unit_test(options_after_the_argument),
		cmocka_unit_test(help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
