/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The scenes of bench/owners under the eyes of tcpwhy, and how much of what it
 * says of them is right, by bench/owners/judge.
 */
#ifndef TESTS_LIVE_OWNER_SCENE_H
#define TESTS_LIVE_OWNER_SCENE_H

#include <stdint.h>
#include <sys/types.h>

#include "process.h"
#include "watcher.h"

struct owner_count {
	unsigned int right, wrong, unknown;
	unsigned int unjudged; /* what the truth says nothing of */
};

struct owner_counts {
	struct owner_count states, findings, connections;
	char *not_right; /* what the judge says of each that is not */
	const struct watcher *watcher; /* who said it; ended */
	const char *truth;	       /* the path of the file */
};

/* A program of bench/owners: "scenes". */
const char *owner_program(const char *name);

/* A file that takes the truth; its descriptor, and its path. */
int owner_truth(const char **path);

/*
 * Starts a scene (@argv[0] may be NULL: the program), and returns when it is
 * ready for the watch; in the namespace of @space's process if that is not 0.
 */
struct process *owner_start(const char *const *argv, int truth, pid_t space);

/* Lets it go on, and awaits its end, which must be a good one. */
void owner_go(struct process *scene);
void owner_end(struct process *scene, const struct watcher *watcher);

/* What the watcher, which has ended, said of @netns (0: of all). */
struct owner_counts owner_judge(const struct watcher *watcher,
				const char *truth, uint32_t netns);

/* All of these for one scene in this namespace. */
struct owner_counts owner_play_on(const char *scene, const char *address);
/* The same for one of bench/owners/programs. */
struct owner_counts owner_play_program(const char *name, const char *address);
/* Nothing is wrong, or unknown. */
void owner_expect_right(const struct owner_counts *counts);

#endif
