// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_filter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loading.h"
#include "privileges.h"
#include "tcpwhy.skel.h"

_Static_assert(FILTER_MAX == FILTERS_MAX, "as many on both sides");

static __u8 fill_ports(__u16 *out, const struct filter_ports *ports)
{
	memcpy(out, ports->values, sizeof(ports->values));
	return ports->count;
}

static void fill_host(struct filter_network *out,
		      const struct filter_host *host)
{
	uint8_t mask[16] = { 0 };
	uint64_t addr[2];

	for (unsigned int bit = 0; bit < host->bits; bit++)
		mask[bit / 8] |= 0x80 >> bit % 8;
	memcpy(out->mask, mask, sizeof(mask));
	memcpy(addr, host->addr, sizeof(addr));
	for (int i = 0; i < 2; i++)
		out->addr[i] = addr[i] & out->mask[i];
}

void kernel_filter_fill(struct bpf_filter *out, const struct filters *filters,
			bool run)
{
	memset(out, 0, sizeof(*out));
	if (!filters)
		return;
	out->port_count = fill_ports(out->ports, &filters->any);
	out->local_count = fill_ports(out->locals, &filters->local);
	out->remote_count = fill_ports(out->remotes, &filters->remote);
	for (unsigned int i = 0; i < filters->host_count; i++)
		fill_host(&out->hosts[i], &filters->hosts[i]);
	out->host_count = filters->host_count;
	memcpy(out->netns, filters->netns, sizeof(filters->netns));
	out->netns_count = filters->netns_count;
	memcpy(out->comms, filters->comms, sizeof(filters->comms));
	out->comm_count = filters->comm_count;
	out->cgroup_count = filters->cgroup_count;
	out->v4 = filters->v4;
	out->v6 = filters->v6;
	out->forks = run;
	out->processes = run || filters->pid_count;
	out->ends = out->port_count || out->local_count || out->remote_count ||
		    out->host_count || out->v4 != out->v6;
	out->tasks = out->processes || out->comm_count || out->cgroup_count;
	out->on = out->ends || out->tasks || out->netns_count;
}

/* --- cgroups --- */

/* Where cgroup v2 is mounted, be it beside v1. */
static bool find_mount(char *path, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *mount;
	bool found = false;

	if (!mounts)
		return false;
	while (!found && (mount = getmntent(mounts))) {
		found = !strcmp(mount->mnt_type, "cgroup2");
		if (found)
			snprintf(path, size, "%s", mount->mnt_dir);
	}
	endmntent(mounts);
	return found;
}

/* Its inode number is its id. */
static int find_cgroup(const char *mount, const char *cgroup, __u64 *id,
		       struct live_problem *problem)
{
	char path[2 * PATH_MAX];
	struct stat status;
	int err;

	snprintf(path, sizeof(path), "%s%s", mount, cgroup);
	err = stat(path, &status) ? -errno : 0;
	if (!err && !S_ISDIR(status.st_mode))
		err = -ENOTDIR;
	if (err)
		problem_explain(problem,
				"--cgroup: there is no cgroup '%s' (%s: %s); "
				"/proc/PID/cgroup tells that of a process",
				*cgroup ? cgroup : "/", path, strerror(-err));
	else
		*id = status.st_ino;
	return err;
}

int kernel_filter_prepare(struct bpf_filter *out, const struct filters *filters,
			  bool run, struct live_problem *problem)
{
	char mount[PATH_MAX];
	int err = 0;

	/* Else the ids of forks are not those that are known here. */
	kernel_filter_fill(out, filters, run && privileges_see_host_pids());
	if (out->cgroup_count && !find_mount(mount, sizeof(mount))) {
		problem_explain(problem,
				"--cgroup: this host has no cgroup v2 (or it "
				"is not mounted: mount -t cgroup2 none "
				"/sys/fs/cgroup); use -p or -c");
		return -ENOENT;
	}
	for (unsigned int i = 0; !err && i < out->cgroup_count; i++)
		err = find_cgroup(mount, filters->cgroups[i], &out->cgroups[i],
				  problem);
	return err;
}

/* --- maps --- */

int kernel_filter_size(struct tcpwhy_bpf *skel)
{
	const struct bpf_filter *filter = &skel->rodata->filter;
	const struct {
		struct bpf_map *map;
		bool needed;
	} maps[] = {
		{ skel->maps.watched_socks, filter->on },
		{ skel->maps.watched_conns,
		  filter->tasks || filter->netns_count },
		{ skel->maps.watched_processes, filter->processes },
		{ skel->maps.leaving_processes, filter->processes },
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(maps) / sizeof(maps[0]); i++)
		if (!maps[i].needed)
			err = bpf_map__set_max_entries(maps[i].map, 1);
	return err;
}

static int watch(const struct tcpwhy_bpf *skel, uint32_t pid)
{
	uint8_t yes = 1;

	return bpf_map_update_elem(bpf_map__fd(skel->maps.watched_processes),
				   &pid, &yes, BPF_ANY);
}

int kernel_filter_processes(struct tcpwhy_bpf *skel,
			    const struct filters *filters)
{
	const struct bpf_filter *filter = &skel->rodata->filter;
	int err = 0;

	for (unsigned int i = 0; !err && filters && i < filters->pid_count; i++)
		err = watch(skel, filters->pids[i]);
	/* The command is a child of this process, and inherits from it. */
	if (!err && filter->forks)
		err = watch(skel, getpid());
	return err;
}
