/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The scenes that there are; a file per family. */
#ifndef BENCH_OWNERS_SCENE_H
#define BENCH_OWNERS_SCENE_H

#include "cast.h"

struct scene {
	const char *name;
	void (*play)(struct cast *c);
	bool begins_before; /* it calls await_watch() itself */
};

/* Left out, and why: this host cannot play it. */
_Noreturn void leave_out(const char *why);
#define STATUS_LEFT_OUT 77

/* Families: each ends with a NULL name. */
extern const struct scene simple_scenes[];
extern const struct scene server_scenes[];
extern const struct scene handover_scenes[];
extern const struct scene ending_scenes[];
extern const struct scene loop_scenes[];
extern const struct scene uring_scenes[];
extern const struct scene older_scenes[];
extern const struct scene far_scenes[];
extern const struct scene shared_scenes[];

/* What the scenes exec: @part plays with the socket that is descriptor @fd. */
void exec_main(const char *part, int fd, int count);

#endif
