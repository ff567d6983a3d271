// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "stalls.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <uthash.h>

#include "probes.h"
#include "scan.h"

#define LOOK_EVERY_NS 1000000000ULL
#define BUDGET_SHARE  100 /* of a CPU */

#define BATCH	      64

/* A network namespace at the last look. */
struct netns_probes {
	uint64_t inode;
	uint64_t sent; /* zero-window probes, so far */
	bool seen;     /* by this look */
	bool stalled;  /* it has connections that are; or may have */
	UT_hash_handle hh;
};

struct look {
	struct stalls *stalls;
	bool stalled; /* somebody is, in this namespace */
	int (*each)(void *arg, const struct segment_event *e);
	void *arg;
	struct segment_event records[BATCH];
};

/* So that the next look reports the end of it, and only once. */
static void remember(const struct stalls *stalls, const struct segment_event *e)
{
	int fd = bpf_map__fd(stalls->stalled);
	uint8_t one = 1;

	/* When full: that the stall is over will not be told. */
	if (e->role == STALL_SENDER)
		bpf_map_update_elem(fd, &e->h.sock, &one, BPF_ANY);
	else if (e->role == STALL_OVER)
		bpf_map_delete_elem(fd, &e->h.sock);
}

/* Read @fd to its end; a read may stop in the middle of a record. */
static int read_records(struct look *look, int fd)
{
	char *base = (char *)look->records;
	size_t have = 0;

	for (;;) {
		ssize_t len =
			read(fd, base + have, sizeof(look->records) - have);
		size_t i = 0;

		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (len < 0)
			return -errno;
		if (len == 0)
			return have ? -EIO : 0;
		have += len;
		for (; have >= sizeof(look->records[0]); i++) {
			int err;

			have -= sizeof(look->records[0]);
			remember(look->stalls, &look->records[i]);
			look->stalled |= look->records[i].role == STALL_SENDER;
			err = look->each(look->arg, &look->records[i]);
			if (err)
				return err;
		}
		memmove(base, &look->records[i], have);
	}
}

static int walk(struct look *look)
{
	int fd = bpf_iter_create(bpf_link__fd(look->stalls->link));
	int err;

	if (fd < 0)
		return -errno;
	err = read_records(look, fd);
	close(fd);
	return err;
}

static struct netns_probes *netns_at(struct stalls *stalls, uint64_t inode)
{
	struct netns_probes *netns;

	HASH_FIND(hh, stalls->netns, &inode, sizeof(inode), netns);
	if (netns)
		return netns;
	netns = calloc(1, sizeof(*netns));
	if (!netns)
		return NULL;
	netns->inode = inode;
	HASH_ADD(hh, stalls->netns, inode, sizeof(inode), netns);
	return netns;
}

static int note_netns(uint64_t inode, void *arg)
{
	struct netns_probes *netns = netns_at(arg, inode);

	if (!netns)
		return -ENOMEM;
	netns->stalled = !probes_sent(&netns->sent);
	return 0;
}

int stalls_begin(struct stalls *stalls)
{
	return stalls->program ? scan_in_each_netns(note_netns, stalls) : 0;
}

void stalls_suspect(struct stalls *stalls)
{
	for (struct netns_probes *netns = stalls->netns; netns;
	     netns = netns->hh.next)
		netns->stalled = true;
}

/* Without a probe since the last look nobody is stalled who was not. */
static int look_in_netns(uint64_t inode, void *arg)
{
	struct look *look = arg;
	struct netns_probes *netns = netns_at(look->stalls, inode);
	uint64_t sent = 0;
	bool told;
	int err;

	if (!netns)
		return -ENOMEM;
	netns->seen = true;
	told = probes_sent(&sent);
	if (told && sent == netns->sent && !netns->stalled)
		return 0;
	look->stalled = false;
	err = walk(look);
	netns->sent = sent;
	netns->stalled = look->stalled || !told || err;
	return err;
}

/* Forget those that were there at the last look, and are not now. */
static void forget_gone(struct stalls *stalls)
{
	struct netns_probes *netns, *next;

	HASH_ITER(hh, stalls->netns, netns, next)
	{
		if (!netns->seen) {
			HASH_DEL(stalls->netns, netns);
			free(netns);
		} else {
			netns->seen = false;
		}
	}
}

/* Of this thread: what a busy host makes it wait costs nobody anything. */
static uint64_t cpu_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

int stalls_look(struct stalls *stalls, uint64_t now,
		int (*each)(void *arg, const struct segment_event *e),
		void *arg)
{
	struct look *look;
	uint64_t wait, begun;
	int err;

	if (now < stalls->look_at || !stalls->program)
		return 0;
	if (!stalls->link) {
		stalls->link = bpf_program__attach_iter(stalls->program, NULL);
		if (!stalls->link) {
			stalls->program = NULL;
			return 0; /* this kernel has no such iterator */
		}
	}
	look = malloc(sizeof(*look));
	if (!look)
		return -ENOMEM;
	look->stalls = stalls;
	look->each = each;
	look->arg = arg;
	begun = cpu_time();
	err = scan_in_each_netns(look_in_netns, look);
	forget_gone(stalls);
	stalls->took_ns = cpu_time() - begun;
	free(look);
	wait = stalls->took_ns * BUDGET_SHARE;
	stalls->look_at = now + (wait > LOOK_EVERY_NS ? wait : LOOK_EVERY_NS);
	return err;
}

void stalls_free(struct stalls *stalls)
{
	forget_gone(stalls); /* none is seen between two looks: all */
	bpf_link__destroy(stalls->link);
	memset(stalls, 0, sizeof(*stalls));
}
