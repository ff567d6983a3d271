// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "scan.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "procfs.h"

static int make_room(struct scan *scan, size_t more)
{
	size_t room = scan->room ? scan->room : 256;
	void *grown;

	while (room < scan->count + more)
		room *= 2;
	if (room == scan->room)
		return 0;
	grown = reallocarray(scan->events, room, sizeof(*scan->events));
	if (!grown)
		return -ENOMEM;
	scan->events = grown;
	scan->room = room;
	return 0;
}

/* Have taken what is there; @partial bytes of the next record follow. */
static int pass_on(struct scan *scan, size_t partial)
{
	int err;

	if (!scan->full || scan->count < SCAN_FULL)
		return 0;
	err = scan->full(scan->arg);
	memmove(scan->events, &scan->events[scan->count], partial);
	scan->count = 0;
	return err;
}

/* Read @fd to its end; a read may stop in the middle of a record. */
static int read_records(struct scan *scan, int fd)
{
	size_t partial = 0; /* bytes of the record at events[count] */

	for (;;) {
		char *base;
		ssize_t len;
		int err = pass_on(scan, partial);

		if (!err)
			err = make_room(scan, 256);
		if (err)
			return err;
		base = (char *)&scan->events[scan->count];
		len = read(fd, base + partial,
			   (scan->room - scan->count) * sizeof(*scan->events) -
				   partial);
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (len < 0)
			return -errno;
		if (len == 0)
			return partial ? -EIO : 0;
		partial += len;
		scan->count += partial / sizeof(*scan->events);
		partial %= sizeof(*scan->events);
	}
}

static int run_iterator(struct scan *scan, const struct bpf_link *link)
{
	int fd = bpf_iter_create(bpf_link__fd(link));
	int err;

	if (fd < 0)
		return -errno;
	err = read_records(scan, fd);
	close(fd);
	return err;
}

struct netns_visit {
	int (*in_netns)(uint64_t inode, void *arg);
	void *arg;
	uint64_t home; /* the inode of our own */
	bool moved;
	unsigned int visited;
	unsigned int failed;
};

static int visit_netns(int fd, uint64_t inode, void *arg)
{
	struct netns_visit *visit = arg;

	/* Where we are we may stay without any privilege. */
	if (inode != visit->home || visit->moved) {
		if (setns(fd, CLONE_NEWNET)) {
			visit->failed++;
			return 0;
		}
		visit->moved = true;
	}
	visit->visited++;
	return visit->in_netns(inode, visit->arg);
}

static int visit_each_netns(struct netns_visit *visit)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct stat status;
	int err;

	if (home < 0)
		return -errno;
	visit->home = fstat(home, &status) ? 0 : status.st_ino;
	err = procfs_each_netns(visit_netns, visit);
	if (visit->moved && setns(home, CLONE_NEWNET) && !err)
		err = -errno;
	close(home);
	return err;
}

int scan_in_each_netns(int (*in_netns)(uint64_t inode, void *arg), void *arg)
{
	struct netns_visit visit = { .in_netns = in_netns, .arg = arg };

	return visit_each_netns(&visit);
}

struct netns_scan {
	struct scan *scan;
	const struct bpf_link *link;
};

/* iter/tcp shows the namespace of the task that opens it. */
static int scan_netns(uint64_t inode, void *arg)
{
	struct netns_scan *netns = arg;

	(void)inode;
	return run_iterator(netns->scan, netns->link);
}

static int scan_each_netns(struct scan *scan, const struct bpf_link *link)
{
	struct netns_scan netns = { scan, link };
	struct netns_visit visit = { .in_netns = scan_netns, .arg = &netns };
	int err = visit_each_netns(&visit);

	scan->netns += visit.visited;
	scan->netns_failed += visit.failed;
	return err;
}

static int scan_program(struct scan *scan, const struct bpf_program *program,
			int (*run)(struct scan *, const struct bpf_link *))
{
	struct bpf_link *link;
	int err;

	if (!program || bpf_program__fd(program) < 0)
		return 0;
	link = bpf_program__attach_iter(program, NULL);
	if (!link)
		return -errno;
	err = run(scan, link);
	bpf_link__destroy(link);
	return err;
}

int scan_sockets(struct scan *scan, const struct bpf_program *by_file,
		 const struct bpf_program *by_netns)
{
	int err = scan_program(scan, by_netns, scan_each_netns);

	/* Before 5.11 these name sockets that only those describe. */
	if (!err)
		err = scan_program(scan, by_file, run_iterator);
	return err;
}

int scan_process(struct scan *scan, const struct bpf_program *program,
		 uint32_t pid)
{
	union bpf_iter_link_info info = { .task.pid = pid };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info,
		    .link_info_len = sizeof(info));
	struct bpf_link *link;
	int err;

	link = bpf_program__attach_iter(program, pid ? &opts : NULL);
	if (!link && pid && errno == ESRCH)
		return 0; /* it has exited */
	if (!link && pid)
		link = bpf_program__attach_iter(program, NULL);
	if (!link)
		return -errno;
	err = run_iterator(scan, link);
	bpf_link__destroy(link);
	return err;
}

int scan_add(struct scan *scan, const struct sock_event *event)
{
	int err = make_room(scan, 1);

	if (!err)
		scan->events[scan->count++] = *event;
	return err;
}

void scan_free(struct scan *scan)
{
	free(scan->events);
	memset(scan, 0, sizeof(*scan));
}
