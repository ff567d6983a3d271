// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A memory for stacks. The kernel's unwinder (ORC on x86) takes some 3 us, more
 * than all else in a program, and finds the same few stacks again and again. So
 * we note where on the stack each return address of a walk was, and later look
 * whether they are there once more.
 *
 * Why that is no guess: from our program's frame outwards, sizes are given by
 * the code. Where frame n is the same function, called from the same place, the
 * return address of frame n + 1 is at the same distance; if it is the same too,
 * so is frame n + 1. Where one word differs, the kernel walks again.
 *
 * The functions are global: so the verifier looks at them once for a program,
 * and not for each way that leads to them.
 */
#include "stack.bpf.h"
#include "compat.bpf.h"

#define STACK_WORDS 512 /* how far return addresses are looked for */
#define STACK_STEP  8	/* ... and how many words of that for each walk */

#define AT_END	    0xffff /* no word: not found yet, or not to be found */

static __always_inline __u64 path_mix(__u64 sum, __u64 address, __u64 at)
{
	return (sum ^ address ^ at << 48) * 0x9e3779b97f4a7c15;
}

/*
 * Loops end by what they read from memory: of a variable that is compared with
 * the loop's own the verifier would remember all values it may have had.
 */
static __always_inline bool path_matches(const struct path *path, __u64 base)
{
	__u64 sum = 0;

	if (!path->frames)
		return false;
	for (int i = 0; i < EVENT_MAX_FRAMES; i++) {
		__u64 address = path->address[i], word;
		__u16 at = path->at[i];

		if (at == AT_END)
			break;
		bpf_probe_read_kernel(&word, sizeof(word),
				      (void *)(base + at * 8));
		/* Our program's own frame is not on the stack any more. */
		if (i && word != address)
			return false;
		sum = path_mix(sum, address, at);
	}
	if (path_mix(sum, path->entry, 0) != path->check)
		return false;
	return !path->entry || path->entry == task_entry();
}

__noinline int paths_find(__u32 kind, __u64 base)
{
	struct paths *known = bpf_map_lookup_elem(&paths, &kind);

	for (int i = 0; known && i < STACK_PATHS; i++)
		if (path_matches(&known->path[i], base))
			return i;
	return -1;
}

/*
 * Look for the addresses of @path on the stack, in their order, some words
 * further than the last time. One that is there twice may be what an earlier
 * call left: then there is no telling which of them to look at the next time.
 */
static __always_inline bool path_trace(struct paths *known, struct path *path,
				       __u64 base)
{
	volatile __u32 *found = &known->found, *words = &known->words;
	__u64 word;

	for (int step = 0; step < STACK_STEP; step++) {
		__u32 last = *found, at = *words;

		if (last >= EVENT_MAX_FRAMES - 1 || last + 1 >= path->placed)
			return true;
		if (at >= STACK_WORDS ||
		    bpf_probe_read_kernel(&word, sizeof(word),
					  (void *)(base + at * 8)))
			return false;
		if (word == path->address[last + 1]) {
			path->at[last + 1] = at;
			*found = last + 1;
		} else if (word == path->address[last]) {
			return false;
		}
		*words = at + 1;
	}
	return true;
}

/*
 * All were found: is what is in @path of one walk? A softirq may have come
 * between any two lines of this file, and noted another. If it comes after the
 * last look, what it writes does not agree with the check.
 */
static __always_inline void path_close(struct paths *known, struct path *path,
				       const __u64 *walk, __u32 frames,
				       __u64 sum)
{
	__u64 check = 0;

	for (int i = 0; i < EVENT_MAX_FRAMES; i++) {
		__u16 at = path->at[i];

		if (path->address[i] != walk[i])
			return;
		if (at != AT_END)
			check = path_mix(check, walk[i], at);
		else if (walk[i] && walk[i] != path->entry)
			return;
	}
	check = path_mix(check, path->entry, 0);
	if (known->walk != sum)
		return;
	path->check = check;
	path->frames = frames;
	known->next++;
}

/*
 * The entry of a system call, the outermost frame, has no place that could be
 * found: randomize_kstack_offset puts it at any distance from the others. But
 * it is at the very end of the stack.
 */
static __always_inline void path_begin(struct paths *known, struct path *path,
				       const __u64 *walk, __u32 frames,
				       __u64 sum)
{
	__u32 last = frames - 1;

	barrier_var(last); /* or it is frames that is known as small */
	known->walk = sum;
	known->found = 0;
	known->words = 0;
	path->frames = 0;
	path->placed = frames;
	path->entry = 0;
	for (int i = 0; i < EVENT_MAX_FRAMES; i++) {
		path->address[i] = walk[i];
		path->at[i] = AT_END;
	}
	path->at[0] = 0;
	if (last < EVENT_MAX_FRAMES && path->address[last] == task_entry()) {
		path->entry = path->address[last];
		path->placed = last;
	}
}

__noinline int paths_learn(__u32 kind, __u64 base, __u64 addresses,
			   __u32 frames)
{
	struct paths *known = bpf_map_lookup_elem(&paths, &kind);
	__u64 walk[EVENT_MAX_FRAMES], sum = 0;
	struct path *path;

	if (!known || !frames ||
	    bpf_probe_read_kernel(walk, sizeof(walk), (void *)addresses))
		return 0;
	for (int i = 0; i < EVENT_MAX_FRAMES; i++) {
		sum = path_mix(sum, walk[i], 0);
		barrier_var(sum); /* one by one: the stack is small */
	}
	path = &known->path[known->next % STACK_PATHS];
	barrier_var(path); /* 5.10 forgets what is known of a spilled number */
	if (known->walk != sum)
		path_begin(known, path, walk, frames, sum);
	if (!path_trace(known, path, base))
		known->words = STACK_WORDS;
	else if (known->found + 1 == path->placed)
		path_close(known, path, walk, frames, sum);
	return 0;
}
