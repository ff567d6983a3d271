/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tcpwhy, and what it says, read from a pipe as it comes. */
#ifndef BENCH_COST_FEED_H
#define BENCH_COST_FEED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct feed;

/* With these arguments (NULL-terminated, argv[0] not among them). */
struct feed *feed_begin(const char *const *arguments);
pid_t feed_pid(const struct feed *feed);

/* The next line, valid until the next call; NULL: it has ended. */
const char *feed_line(struct feed *feed);
/* The next one that has @words; dies at the end. */
const char *feed_await(struct feed *feed, const char *words);

/* Ctrl-C; what it says then is still to be read. */
void feed_interrupt(struct feed *feed);
/* What is left is read; its status, as waitpid() gives it. */
int feed_end(struct feed *feed);

/* Of a process, in KiB: now, and the most that it was. */
double rss_kib(pid_t pid);
double peak_rss_kib(pid_t pid);

#endif
