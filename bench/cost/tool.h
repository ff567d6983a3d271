/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs of this benchmark share. */
#ifndef BENCH_COST_TOOL_H
#define BENCH_COST_TOOL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Says what could not be done, and why (errno, unless that is 0), and exits. */
_Noreturn void die(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* CLOCK_MONOTONIC, nanoseconds. */
uint64_t now_ns(void);
void sleep_until(uint64_t ns);

/* A number of the environment, or @otherwise; dies if it is none. */
unsigned int setting(const char *name, unsigned int otherwise);

/* Seconds of CPU time that @pid has used so far. */
double cpu_s_of(pid_t pid);

/* A child that dies with us, called @name; on @cpu, unless that is -1. */
pid_t begin_child(const char *name, int cpu);

/* A child tells that it is ready; @who is there for the message. */
void tell_ready(int pipe);
void await_ready(int pipe, const char *who);

/* Kills and awaits. */
void end_child(pid_t pid);

/*
 * Network and mount namespaces of our own, with loopback up and tracefs where
 * it belongs, as many descriptors as we may have, and for files an empty tmpfs
 * as the working directory. All that goes away with us.
 */
void enter_own_space(void);

/* Of the namespace that we are in. */
void loopback_up(void);

#endif
