/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The processes of a scene, what they wait for, and the sockets they use. All
 * of it dies with a message when something does not work, and nothing here
 * lives longer than the scene, or than TIME_LIMIT_S.
 */
#ifndef BENCH_OWNERS_CAST_H
#define BENCH_OWNERS_CAST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define TIME_LIMIT_S 60

/* What a scene is told. */
struct cast {
	const char *address; /* of the server; with a colon it is IPv6 */
	int port;
	int rounds;	 /* how many connections */
	bool watched;	 /* there is nothing to wait for */
	bool reuse_port; /* listen_at() with SO_REUSEPORT */
};

_Noreturn void die(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* A child that plays @act, of at most 15 characters' @name, and then exits. */
pid_t enter(const char *name, void (*act)(struct cast *c), struct cast *c);
/* The same for all that is not enter(): it dies with us, and is called so. */
void begin_part(const char *name, uint64_t forked_at);
/* It has ended with this status, as waitpid() gives it. */
void leave(pid_t pid, int status);

/*
 * A gate is a counter in the kernel: opening adds one, passing takes one or
 * waits until it can. Made before the fork, it is the same for all.
 */
int gate_new(void);
void gate_open(int gate);
void gate_pass(int gate);

/* Of the scene's family, not noted; and where it listens: its length. */
int new_socket(const struct cast *c);
socklen_t address_of(const struct cast *c, struct sockaddr_storage *at);

/* Sockets that are noted in the truth. */
int listen_at(const struct cast *c);
int accept_from(int listener);
int connect_to(const struct cast *c);
/* Before: the act is noted, and after: that we hold it no more. */
void close_held(int fd);
/* The same when the other process that holds it goes on. */
void drop_held(int fd);

/* shutdown() of both ways, noted; the descriptor stays. */
void shut_held(int fd);

/* Not noted: for a child that has more than it needs. */
void close_quietly(int fd);

/* One byte, and waiting for it; for its acknowledgement; for the end. */
void send_byte(int fd);
void read_byte(int fd);
void await_end(int fd); /* end of file, or a reset */
void await_unread(int fd, int bytes);

/* Until one more byte comes, or the end. */
void await_word(int fd);

/*
 * So long that what happened before is settled by the tools, without any help
 * from what happens next. That time passes is all that there is to await.
 */
void live_on(void);

/* One byte there and back, seen from either end. */
void ask(int fd);
void answer(int fd);

/*
 * A scene's rounds, in all the ways in which a connection may end: the client's
 * part, and the server's of one. A gate says when a round is over.
 */
void request_rounds(const struct cast *c, int over);
void serve_round(int fd, int round, int over);

/* A descriptor over a Unix socket. */
void pass_fd(int channel, int fd);
int take_fd(int channel);

/*
 * Tells who started us that the tools may be started now, and waits until
 * they run. main() does it before the scene unless the scene does.
 */
void await_watch(void);

#endif
