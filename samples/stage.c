// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "stage.h"

/* No sample may hang a test: an actor that waits longer is stuck. */
#define TIME_LIMIT_S 30

static const char *my_name;

_Noreturn void die(const char *fmt, ...)
{
	const char *name = my_name ? my_name : program_invocation_short_name;
	va_list ap;

	fprintf(stderr, "%s: ", name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

/* One line, in one write: two processes share the terminal. */
void say(const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("%s: %s\n", my_name, text);
	fflush(stdout);
}

void sleep_ms(int ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

static void print_usage(FILE *to, const struct program *program)
{
	const char *const *v;

	fprintf(to, "usage: %s [-6] [-p PORT] [--fast]",
		program_invocation_short_name);
	for (v = program->variants; v && *v; v++)
		fprintf(to, " [--%s]", *v);
	fprintf(to, "%s%s\n%s\n", program->scripts ? " " : "",
		program->scripts ? program->scripts : "", program->about);
}

static _Noreturn void wrong_usage(const struct program *program)
{
	print_usage(stderr, program);
	exit(2);
}

static int parse_port(const char *text, const struct program *program)
{
	char *end;
	long port = strtol(text, &end, 10);

	if (end == text || *end || port < 1 || port > 65535) {
		fprintf(stderr, "%s: not a port: %s\n",
			program_invocation_short_name, text);
		wrong_usage(program);
	}
	return port;
}

void stage_options(struct stage *s, int argc, char **argv,
		   const struct program *program)
{
	enum { OPT_FAST = 256, OPT_HELP, OPT_VARIANT };
	struct option options[16] = {
		{ "fast", no_argument, NULL, OPT_FAST },
		{ "help", no_argument, NULL, OPT_HELP },
	};
	const char *const *v;
	int c, n = 2;

	for (v = program->variants; v && *v && n < 15; v++)
		options[n++] =
			(struct option){ *v, no_argument, NULL, OPT_VARIANT };

	*s = (struct stage){ .family = AF_INET, .port = program->port };
	while ((c = getopt_long(argc, argv, "6p:", options, &n)) != -1) {
		if (c == '6')
			s->family = AF_INET6;
		else if (c == 'p')
			s->port = parse_port(optarg, program);
		else if (c == OPT_FAST)
			s->fast = true;
		else if (c == OPT_VARIANT)
			s->variant = options[n].name;
		else if (c == OPT_HELP) {
			print_usage(stdout, program);
			exit(EXIT_SUCCESS);
		} else
			wrong_usage(program);
	}
	if (program->scripts && optind < argc)
		s->script = argv[optind++];
	if (optind < argc || (program->scripts && !s->script))
		wrong_usage(program);
}

bool stage_variant(const struct stage *s, const char *name)
{
	return s->variant && !strcmp(s->variant, name);
}

static void write_byte(int fd)
{
	if (write(fd, "", 1) != 1)
		die("cannot write to a pipe: %s", strerror(errno));
}

static void read_byte(int fd, const char *from)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		die("%s ended too early", from);
}

void stage_ready(struct stage *s)
{
	write_byte(s->ready[1]);
}

_Noreturn void stage_await_kill(struct stage *s)
{
	write_byte(s->ready[1]);
	for (;;)
		pause();
}

void note_send(struct stage *s)
{
	write_byte(s->note[1]);
}

void note_wait(struct stage *s)
{
	read_byte(s->note[0], "the other end");
}

static pid_t enter(struct stage *s, const struct role *role)
{
	pid_t pid = fork();

	if (pid < 0)
		die("cannot fork: %s", strerror(errno));
	if (pid)
		return pid;

	/* Nobody stays behind when the program is interrupted. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, role->name);
	my_name = role->name;
	signal(SIGPIPE, SIG_IGN);
	alarm(TIME_LIMIT_S);
	printf("role %s %d\n", role->name, getpid());
	fflush(stdout);
	/* A pipe's end is seen only when all copies are closed. */
	if (role == s->third) {
		close(s->cue[1]);
		read_byte(s->cue[0], "the stage");
	} else {
		close(s->ready[0]);
	}
	role->act(s);
	exit(EXIT_SUCCESS);
}

/* @expected is what waitpid() reports when all went well. */
static bool leave(pid_t pid, const struct role *role, int expected)
{
	int status;

	if (waitpid(pid, &status, 0) < 0)
		die("cannot wait for %s: %s", role->name, strerror(errno));
	if (status == expected)
		return true;
	if (WIFSIGNALED(status))
		fprintf(stderr, "%s: ended by signal %d (%s)\n", role->name,
			WTERMSIG(status),
			WTERMSIG(status) == SIGALRM ? "too slow" : "why?");
	return false;
}

void stage_third(struct stage *s, const struct role *role)
{
	if (pipe(s->cue))
		die("cannot make a pipe: %s", strerror(errno));
	s->third = role;
	s->third_pid = enter(s, role);
	close(s->cue[0]);
}

void cue_third(struct stage *s)
{
	write_byte(s->cue[1]);
}

int stage_play(struct stage *s, const struct role *first,
	       const struct role *second)
{
	bool kill_first = first && stage_variant(s, "kill");
	pid_t first_pid = 0, second_pid = 0;
	bool good = true;

	if (pipe(s->ready) || pipe(s->note))
		die("cannot make a pipe: %s", strerror(errno));

	if (first) {
		first_pid = enter(s, first);
		close(s->ready[1]);
		read_byte(s->ready[0], first->name);
	}
	if (second)
		second_pid = enter(s, second);
	if (kill_first) {
		read_byte(s->ready[0], first->name);
		kill(first_pid, SIGKILL);
	}

	if (first)
		good &= leave(first_pid, first, kill_first ? SIGKILL : 0);
	if (second)
		good &= leave(second_pid, second, 0);
	if (s->third) {
		close(s->cue[1]);
		good &= leave(s->third_pid, s->third, 0);
	}
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
