/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the sample programs share: a stage with two actors, usually a server
 * and a client, each in a process of its own and named so that it can be told
 * apart in any output.
 *
 * Nothing here returns an error: a sample that cannot go on dies with a
 * message, and the program exits with status 1. A sample exits with status 0
 * only if everything happened that it wants to show.
 *
 * Every actor prints one line "role NAME PID" when it enters, so that a test
 * knows the truth without asking the tool it tests.
 */
#ifndef SAMPLES_STAGE_H
#define SAMPLES_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <netinet/in.h>

struct stage {
	int family;	     /* AF_INET, or AF_INET6 after -6 */
	int protocol;	     /* 0: TCP; IPPROTO_MPTCP */
	int port;	     /* after -p, or the sample's own */
	const char *address; /* NULL: 127.0.0.1 or ::1 */
	bool fast;	     /* after --fast: sleep less */
	const char *script;  /* the program's argument; NULL: none given */
	int backlog;	     /* of listen_on(); 0: enough */
	const char *variant; /* "exit" after --exit; NULL: none given */
	int ready[2];	     /* pipe, first actor to parent: you may go on */
	int note[2];	     /* pipe between the actors, beside TCP */
	void *props;	     /* what a sample gives its actors to play with */
	int cue[2];	     /* pipe, to the third actor: do it now */
	int third_pid;	     /* 0: there is none */
	const struct role *third;
};

/* An actor: a name of at most 15 characters and what it does. */
struct role {
	const char *name;
	void (*act)(struct stage *s);
};

/* What a program takes beside -6, -p and --fast. */
struct program {
	const char *about;
	int port;
	const char *const *variants; /* NULL-terminated names, or NULL */
	const char *scripts;	     /* how the argument is called, or NULL */
};

/* Fills @s from the command line; --help and mistakes end the program. */
void stage_options(struct stage *s, int argc, char **argv,
		   const struct program *program);
bool stage_variant(const struct stage *s, const char *name);

/*
 * Lets both play, @second only once @first has called stage_ready() (which
 * listen_on() does), and waits for both. Either may be NULL. Returns the exit
 * status for main().
 */
int stage_play(struct stage *s, const struct role *first,
	       const struct role *second);
void stage_ready(struct stage *s);

/*
 * A third actor, a child of neither of the two: it enters before them, and
 * plays when one of them calls cue_third().
 */
void stage_third(struct stage *s, const struct role *role);
void cue_third(struct stage *s);

/* For the first actor of a "kill" variant: never returns. */
_Noreturn void stage_await_kill(struct stage *s);

/* A word from one actor to the other that TCP knows nothing of. */
void note_send(struct stage *s);
void note_wait(struct stage *s);

void sleep_ms(int ms);
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
