/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What really happened, told by those who did it: lines of text, fields apart
 * by tabs, one write() each, from any number of processes into one file. See
 * README.md for what each line means and how a tool is judged by them.
 *
 * Times are taken on the side that errs in favour of the holder: before what
 * begins, after what ends. A socket is known here by its descriptor; its ends
 * are noted when it is first held, since a reset socket forgets them.
 */
#ifndef BENCH_OWNERS_TRUTH_H
#define BENCH_OWNERS_TRUTH_H

#include <stdint.h>
#include <sys/types.h>

/* Where to write; and the first line. Dies when it cannot. */
void truth_open(int fd);

/* CLOCK_MONOTONIC, in nanoseconds. */
uint64_t truth_now(void);

/* This process has a descriptor of a connection, or of a listener, since. */
void truth_hold(int fd, uint64_t since);
/* ... and will have none from now on; while others may. */
void truth_drop(int fd);

/*
 * What is about to happen to the connection, by this thread: the trigger as
 * docs/output.md has it. The first line for an end is the one that counts.
 */
void truth_act(int fd, const char *trigger);
/* ... by all of the process of @pid. */
void truth_act_of(int fd, const char *trigger, pid_t pid);

/* This process has its parent's name; it may since this time. */
void truth_born(uint64_t since);
/* This process is called so from now on, and not as before. */
void truth_called(const char *name);
/* One thread of it is called so as well; an extended regular expression. */
void truth_name(const char *name);

/* Of others, as found; @ends as in the lines: four fields. */
void truth_hold_of(const char *ends, pid_t pid);
void truth_name_of(pid_t pid, const char *name);

/*
 * For ends that are not each other's mirror: how this end calls itself, to be
 * sent to the other, and what the other end was told.
 */
void truth_describe(int fd, char *text, size_t size);
void truth_pair(int fd, const char *other);

#endif
