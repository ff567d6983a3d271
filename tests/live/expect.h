/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a run of tcpwhy must have said. What does not hold fails the test, and
 * everything that was said is printed.
 */
#ifndef TESTS_LIVE_EXPECT_H
#define TESTS_LIVE_EXPECT_H

#include "watcher.h"

/*
 * One or more findings of one cause. Processes are given by their roles, NULL
 * means that the finding must name nobody. In texts "@ROLE" stands for
 * "ROLE[PID]", "@loop" for 127.0.0.1 or [::1], "@far" for the address of the
 * remote host that a script plays.
 */
struct expected {
	const char *cause;
	unsigned int count; /* 0 means 1 */
	bool or_more;	    /* where timing decides how many */
	const char *what;
	const char *confidence; /* NULL: "certain" */
	const char *trigger;
	const char *state;
	const char *owner, *actor, *peer;
	const char *why[4];    /* words that must be in it */
	const char *effect[3]; /* the same */
	/* evidence, each "key=value"; a number or a string */
	const char *evidence[5];
};

#define EXPECT(watcher, condition, ...)                                        \
	do {                                                                   \
		if (!(condition))                                              \
			expect_failed(watcher, __FILE__, __LINE__, #condition, \
				      __VA_ARGS__);                            \
	} while (0)

__attribute__((format(printf, 5, 6))) void
expect_failed(const struct watcher *watcher, const char *file, int line,
	      const char *condition, const char *format, ...);

/*
 * All the findings of the run are those of @list (which ends with a NULL
 * cause), no more and no less, in any order. A cause may be there once for each
 * trigger.
 */
void expect_findings(const struct watcher *watcher,
		     const struct expected *list);

/* The exit status; and a beginning, an end, nothing lost, sums that agree. */
void expect_sound(const struct watcher *watcher, int status);

/* The one finding of @cause, or fails. */
yajl_val expect_one(const struct watcher *watcher, const char *cause);

/* The number of lines of @type; in @netns if that is not 0. */
unsigned int count_lines(const struct watcher *watcher, const char *type,
			 long long netns);

/* The one line of @type, or fails. */
yajl_val expect_line(const struct watcher *watcher, const char *type);

/* There was one connection, and both ends closed it. */
void expect_ended_well(const struct watcher *watcher);

/* A line of @words on stderr, and @status. */
void expect_complaint(const struct watcher *watcher, int status,
		      const char *words);

#endif
