// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_RING_BYTES (4U << 20)
#define DEFAULT_SOCKETS	   262144U
#define MIN_SOCKETS	   1024U
#define MAX_SOCKETS	   (1U << 24)
#define MIN_RING_KIB	   4
#define MAX_RING_KIB	   (1U << 20)

enum {
	KEY_JSON = 0x100,
	KEY_WHY_ONLY,
	KEY_UTC,
	KEY_RELATIVE,
	KEY_PORT,
	KEY_LOCAL_PORT,
	KEY_REMOTE_PORT,
	KEY_HOST,
	KEY_NETNS,
	KEY_CGROUP,
	KEY_RING_SIZE,
	KEY_MARKDOWN,
	KEY_CMDLINE,
	KEY_NO_FOLD,
	KEY_ALL_RESETS,
	KEY_MAX_SOCKETS,
};

struct parse {
	struct options *options;
	int min_arguments;
	int max_arguments;
	const char *usage;
	int groups; /* of options: our argp's children */
};

/* Not before a key is known: argp asks its children first without input. */
static struct options *options_of(const struct argp_state *state)
{
	return ((struct parse *)state->input)->options;
}

static void set_max_sockets(struct argp_state *state, const char *arg)
{
	unsigned long count = strtoul(arg, NULL, 10);

	if (!*arg || strspn(arg, "0123456789") != strlen(arg) ||
	    count < MIN_SOCKETS || count > MAX_SOCKETS)
		argp_error(state,
			   "--max-sockets: '%s' is not a number from %u to %u",
			   arg, MIN_SOCKETS, MAX_SOCKETS);
	options_of(state)->max_sockets = count;
}

static error_t parse_output(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	switch (key) {
	case KEY_JSON:
		options_of(state)->json = true;
		return 0;
	case KEY_WHY_ONLY:
		options_of(state)->why_only = true;
		return 0;
	case KEY_NO_FOLD:
		options_of(state)->no_fold = true;
		return 0;
	case KEY_MAX_SOCKETS:
		set_max_sockets(state, arg);
		return 0;
	case KEY_MARKDOWN:
		options_of(state)->markdown = true;
		return 0;
	case KEY_UTC:
		options_of(state)->clock = SINK_UTC;
		return 0;
	case KEY_RELATIVE:
		options_of(state)->clock = SINK_RELATIVE;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void add_filter(struct argp_state *state, const char *name,
		       const char *value)
{
	struct options *options = options_of(state);
	const char *problem;
	int err = scope_add(options->scope, name, value, &problem);

	if (err == -EINVAL)
		argp_error(state, "--%s: '%s' %s", name, value, problem);
	else if (err)
		argp_failure(state, EXIT_FAILED, -err, "--%s", name);
}

/* Recordings and the kernel know a namespace by its number. */
static void add_netns(struct argp_state *state, const char *value)
{
	const char *problem;
	uint32_t inode = 0;
	char number[16];

	if (filters_find_netns(value, &inode, &problem))
		argp_error(state, "--netns: '%s' %s", value, problem);
	snprintf(number, sizeof(number), "%u", inode);
	add_filter(state, "netns", number);
}

static error_t parse_filter(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'p':
		add_filter(state, "pid", arg);
		return 0;
	case 'c':
		add_filter(state, "comm", arg);
		return 0;
	case KEY_PORT:
		add_filter(state, "port", arg);
		return 0;
	case KEY_LOCAL_PORT:
		add_filter(state, "local-port", arg);
		return 0;
	case KEY_REMOTE_PORT:
		add_filter(state, "remote-port", arg);
		return 0;
	case KEY_HOST:
		add_filter(state, "host", arg);
		return 0;
	case KEY_NETNS:
		add_netns(state, arg);
		return 0;
	case KEY_CGROUP:
		add_filter(state, "cgroup", arg);
		return 0;
	case '4':
		add_filter(state, "family", "4");
		return 0;
	case '6':
		add_filter(state, "family", "6");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* A power of two of KiB: the kernel takes no other size. */
static void set_ring_size(struct argp_state *state, const char *arg)
{
	struct options *options = options_of(state);
	char *end;
	unsigned long kib = strtoul(arg, &end, 10);

	if (*end || strspn(arg, "0123456789") == 0 || kib < MIN_RING_KIB ||
	    kib > MAX_RING_KIB || (kib & (kib - 1)))
		argp_error(state,
			   "--ring-size: '%s' is not a power of two from %u "
			   "to %u (KiB)",
			   arg, MIN_RING_KIB, MAX_RING_KIB);
	options->ring_bytes = kib << 10;
}

static void check_quiet(struct argp_state *state)
{
	const struct options *options = options_of(state);

	if (!options->quiet)
		return;
	if (!options->record)
		argp_error(state, "--quiet: nothing would be left; it is for "
				  "--write=FILE");
	if (options->json)
		argp_error(state, "--quiet and --json: which of the two?");
}

static error_t parse_live(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'w':
		options_of(state)->record = arg;
		return 0;
	case 'q':
		options_of(state)->quiet = true;
		return 0;
	case ARGP_KEY_END:
		check_quiet(state);
		return 0;
	case KEY_CMDLINE:
		options_of(state)->cmdlines = true;
		return 0;
	case KEY_ALL_RESETS:
		options_of(state)->all_resets = true;
		return 0;
	case KEY_RING_SIZE:
		set_ring_size(state, arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option output_options[] = {
	{ NULL, 0, NULL, 0, "Output:", 1 },
	{ "json", KEY_JSON, NULL, 0, "JSON, one object a line", 1 },
	{ "why-only", KEY_WHY_ONLY, NULL, 0,
	  "findings only: no state changes, no closing lines", 1 },
	{ "no-fold", KEY_NO_FOLD, NULL, 0,
	  "every finding in full; else, when more than 3 of one cause, process "
	  "and port come within a second, the others are counted, a line a "
	  "second (JSON always has all)",
	  1 },
	{ "max-sockets", KEY_MAX_SOCKETS, "N", 0,
	  "how many sockets are remembered (default 262144: about 85 MiB when "
	  "all are in use); beyond that closed ones are forgotten, then the "
	  "oldest, and those are counted",
	  1 },
	{ "utc", KEY_UTC, NULL, 0, "times in UTC, not local", 1 },
	{ "relative", KEY_RELATIVE, NULL, 0, "times in seconds since start",
	  1 },
	{ 0 },
};

static const struct argp_option markdown_options[] = {
	{ "markdown", KEY_MARKDOWN, NULL, 0, "as docs/causes.md", 1 },
	{ 0 },
};

static const struct argp_option json_options[] = {
	{ "json", KEY_JSON, NULL, 0, "JSON, one object", 1 },
	{ 0 },
};

static const struct argp_option filter_options[] = {
	{ NULL, 0, NULL, 0,
	  "Filters (repeat one to widen it, combine them to narrow):", 2 },
	{ "pid", 'p', "PID", 0, "connections of this process, both ends", 2 },
	{ "comm", 'c', "NAME", 0, "connections of processes of this name", 2 },
	{ "port", KEY_PORT, "N", 0, "local or remote port", 2 },
	{ "local-port", KEY_LOCAL_PORT, "N", 0, "local port", 2 },
	{ "remote-port", KEY_REMOTE_PORT, "N", 0, "remote port", 2 },
	{ "host", KEY_HOST, "ADDR[/LEN]", 0, "local or remote address", 2 },
	{ "netns", KEY_NETNS, "NETNS", 0,
	  "network namespace: its name, path or inode number", 2 },
	{ "cgroup", KEY_CGROUP, "PATH", 0,
	  "connections of processes in this cgroup (v2), or below it", 2 },
	{ NULL, '4', NULL, 0, "IPv4 only", 2 },
	{ NULL, '6', NULL, 0, "IPv6 only", 2 },
	{ 0 },
};

static const struct argp_option live_options[] = {
	{ NULL, 0, NULL, 0, "Watching:", 3 },
	{ "write", 'w', "FILE", 0, "record to FILE, for replay", 3 },
	{ "quiet", 'q', NULL, 0,
	  "with --write: record, and explain nothing; costs less", 3 },
	{ "cmdline", KEY_CMDLINE, NULL, 0,
	  "show (and record) full command lines: they may hold secrets", 3 },
	{ "all-resets", KEY_ALL_RESETS, NULL, 0,
	  "RSTs of raw sockets and forwarded ones too: looks at each packet",
	  3 },
	{ "ring-size", KEY_RING_SIZE, "KIB", 0,
	  "room for events on their way (default 4096)", 3 },
	{ 0 },
};

static const struct argp output_argp = { .options = output_options,
					 .parser = parse_output };
static const struct argp markdown_argp = { .options = markdown_options,
					   .parser = parse_output };
static const struct argp json_argp = { .options = json_options,
				       .parser = parse_output };
static const struct argp filter_argp = { .options = filter_options,
					 .parser = parse_filter };
static const struct argp live_argp = { .options = live_options,
				       .parser = parse_live };

static error_t parse_arguments(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;
	struct options *options = parse->options;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		for (int i = 0; i < parse->groups; i++)
			state->child_inputs[i] = parse;
		return 0;
	case ARGP_KEY_ARGS:
		options->arguments = state->argv + state->next;
		options->argument_count = state->argc - state->next;
		if (parse->max_arguments >= 0 &&
		    options->argument_count > parse->max_arguments)
			argp_error(state, "unexpected argument '%s'",
				   options->arguments[parse->max_arguments]);
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (options->argument_count < parse->min_arguments)
			argp_error(state, "%s is missing", parse->usage);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void init(struct options *options)
{
	memset(options, 0, sizeof(*options));
	options->ring_bytes = DEFAULT_RING_BYTES;
	options->max_sockets = DEFAULT_SOCKETS;
	options->scope = scope_new();
	if (!options->scope) {
		fprintf(stderr, "tcpwhy: out of memory\n");
		exit(EXIT_FAILED);
	}
}

void options_parse(struct options *options, const char *name, int argc,
		   char **argv, unsigned int groups, const char *usage,
		   const char *text, int min_arguments, int max_arguments)
{
	struct argp_child children[6] = { { NULL, 0, NULL, 0 } };
	struct parse parse = {
		.options = options,
		.min_arguments = min_arguments,
		.max_arguments = max_arguments,
		.usage = usage,
	};
	struct argp argp = {
		.parser = parse_arguments,
		.args_doc = usage,
		.doc = text,
		.children = children,
	};
	char program[64];
	int child = 0;

	init(options);
	if (groups & OPTIONS_OUTPUT)
		children[child++].argp = &output_argp;
	if (groups & OPTIONS_MARKDOWN)
		children[child++].argp = &markdown_argp;
	if (groups & OPTIONS_JSON)
		children[child++].argp = &json_argp;
	if (groups & OPTIONS_FILTERS)
		children[child++].argp = &filter_argp;
	if (groups & OPTIONS_LIVE)
		children[child++].argp = &live_argp;
	parse.groups = child;
	snprintf(program, sizeof(program), *name ? "tcpwhy %s" : "tcpwhy%s",
		 name);
	argv[0] = program;
	argp_err_exit_status = EXIT_USAGE;
	/* What follows a command's name is the command's own. */
	argp_parse(&argp, argc, argv, max_arguments < 0 ? ARGP_IN_ORDER : 0,
		   NULL, &parse);
}

void options_free(struct options *options)
{
	scope_free(options->scope);
}
