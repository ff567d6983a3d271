// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "firewall.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "facts.h"
#include "firewall_rules.h"
#include "procfs.h"

/* Looking takes no more than this part of a CPU. */
#define CPU_SHARE 50

/* Soon: a script changes many rules at once. */
#define SOON_NS 100000000ULL

/* However quick it is, no more often than that without a rule to be found ...
 */
#define REST_NS 1000000000ULL

/* ... and so often while there is one: namespaces go without a word. */
#define AGAIN_NS 10000000000ULL

#define NEVER	 UINT64_MAX

struct firewall {
	int changes; /* a netlink socket; -1: the kernel does not tell */
	bool rejects;
	uint64_t look_at;    /* when to look next, ns; or NEVER */
	uint64_t not_before; /* the budget does not allow it, ns */
};

/* --- looking --- */

/* 1: found, stop looking. */
static int look_in(int fd, uint64_t inode, void *arg)
{
	bool *moved = arg;

	(void)inode;
	if (setns(fd, CLONE_NEWNET))
		return 0;
	*moved = true;
	return nftables_rejects() || iptables_rejects();
}

/* A namespace that routes needs no process in it. */
static int look_in_named(uint64_t inode, const char *name, void *arg)
{
	int dir = open("/run/netns", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = dir < 0 ? -1 : openat(dir, name, O_RDONLY | O_CLOEXEC);
	int found = 0;

	if (fd >= 0) {
		found = look_in(fd, inode, arg);
		close(fd);
	}
	if (dir >= 0)
		close(dir);
	return found;
}

static bool look_everywhere(void)
{
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	bool moved = false;
	int found;

	if (home < 0)
		return false;
	found = procfs_each_netns(look_in, &moved);
	if (found != 1)
		found = procfs_each_named_netns(look_in_named, &moved);
	/* Else nothing we do from now on would be about our own namespace. */
	if (moved && setns(home, CLONE_NEWNET))
		abort();
	close(home);
	return found == 1;
}

static void look(struct firewall *fw)
{
	uint64_t start = facts_now(), end;

	fw->rejects = look_everywhere();
	end = facts_now();
	fw->not_before = end + (end - start) * CPU_SHARE;
	fw->look_at = fw->rejects ? end + AGAIN_NS : NEVER;
	if (!fw->rejects && fw->not_before < end + REST_NS)
		fw->not_before = end + REST_NS;
}

/* --- listening --- */

static void look_soon(struct firewall *fw, uint64_t when)
{
	if (when < fw->not_before)
		when = fw->not_before;
	if (when < fw->look_at)
		fw->look_at = when;
}

/* True: something was said, or so much that not all of it could be. */
static bool hear(struct firewall *fw)
{
	_Alignas(struct nlmsghdr) static char room[NFTABLES_ROOM];
	bool heard = false, last;

	for (;;) {
		ssize_t len =
			recv(fw->changes, room, sizeof(room), MSG_DONTWAIT);

		if (len > 0 && nftables_brings_reject(room, len, &last))
			fw->rejects = true;
		else if (!len || (len < 0 && errno != ENOBUFS))
			return heard;
		heard = true;
	}
}

static int listen_to_changes(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	int group = NFNLGRP_NFTABLES, on = 1;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
		       sizeof(group))) {
		close(fd);
		return -1;
	}
	/* Of the namespaces that are linked to ours, too. */
	setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof(on));
	return fd;
}

struct firewall *firewall_new(void)
{
	struct firewall *fw = calloc(1, sizeof(*fw));

	if (fw)
		fw->changes = listen_to_changes();
	return fw;
}

void firewall_free(struct firewall *fw)
{
	if (!fw)
		return;
	if (fw->changes >= 0)
		close(fw->changes);
	free(fw);
}

int firewall_fd(const struct firewall *fw)
{
	return fw->changes;
}

void firewall_dropped(struct firewall *fw)
{
	if (!fw->rejects)
		look_soon(fw, 0);
}

bool firewall_rejects(struct firewall *fw, uint64_t now)
{
	bool before = fw->rejects;

	if (fw->changes >= 0 && hear(fw))
		look_soon(fw,
			  now + (fw->rejects == before ? SOON_NS : AGAIN_NS));
	if (now >= fw->look_at)
		look(fw);
	return fw->rejects;
}
