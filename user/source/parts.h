/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Our BPF programs, and what became of each on this kernel. */
#ifndef TCPWHY_PARTS_H
#define TCPWHY_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source.h"

struct bpf_object;
struct bpf_object_skeleton;
struct btf;

struct part {
	const char *program;	/* in the skeleton */
	const char *second;	/* steps in where it is left out; or NULL */
	const char *hook;	/* "sock:inet_sock_set_state" */
	const char *tracepoint; /* its bare name; NULL for an iterator */
	const char *since; /* the first kernel that has it; NULL: before 5.10 */
	const char *lost;  /* what we cannot tell without it */
	enum event_kind kind; /* of its events */
	int err;	/* -errno of load or attach; 0: works, if wanted */
	bool needed;	/* nothing works without it */
	bool on_demand; /* runs for each packet: attached when it is worth it */
	bool present;	/* this kernel has it */
	bool attached;
	bool second_refused;
	bool rescues_all;  /* the second counts each hit that it steps in for */
	char refusal[160]; /* what the verifier had against it; or "" */
};

#define PARTS_MAX 32

struct parts {
	struct part at[PARTS_MAX];
	size_t count;
};

void parts_init(struct parts *parts);

/* In an object just opened: those that this kernel has, and did not refuse. */
void parts_choose(struct parts *parts, const struct btf *btf,
		  struct bpf_object *object);

/* The part that @program belongs to, or NULL. */
struct part *parts_find(struct parts *parts, const char *program);

/*
 * The kernel refused @program for @err, and the verifier's last words were
 * @refusal: from now on parts_choose() leaves it out.
 */
void parts_refuse(struct parts *parts, const char *program, int err,
		  const char *refusal);

/*
 * Attach all, those on demand only if @all. What fails is left out, unless it
 * is needed: then returns its error, and the part in *@failed.
 */
int parts_attach(struct parts *parts, const struct bpf_object_skeleton *s,
		 bool all, const struct part **failed);

/* The parts that look at each packet are there when they are @wanted. */
void parts_attach_on_demand(struct parts *parts,
			    const struct bpf_object_skeleton *s, bool wanted);

/* How often the kernel left out a program of that kind. */
struct part_misses {
	uint64_t count;
	bool less_rescued; /* those that the second counted were no loss */
};

void parts_misses(const struct parts *parts, const struct bpf_object *object,
		  struct part_misses misses[EVENT_KINDS]);

/* The kinds of events that come, or would on demand: 1 << EVENT_... */
uint32_t parts_kinds(const struct parts *parts);

#endif /* TCPWHY_PARTS_H */
