// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "privileges.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "kallsyms.h"

/* include/linux/proc_ns.h: the namespaces that the kernel starts with. */
#define FIRST_USER_NS 0xEFFFFFFD
#define FIRST_PID_NS  0xEFFFFFFC

static bool is_namespace(const char *path, ino_t inode)
{
	struct stat status;

	return stat(path, &status) || status.st_ino == inode;
}

struct status {
	uint64_t capabilities; /* effective */
	bool filtered;	       /* by seccomp */
};

static void read_status(struct status *status)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];

	memset(status, 0, sizeof(*status));
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "CapEff:", 7))
			status->capabilities = strtoull(line + 7, NULL, 16);
		else if (!strncmp(line, "Seccomp:", 8))
			status->filtered = strtoul(line + 8, NULL, 10) == 2;
	}
	if (file)
		fclose(file);
}

/* --- trying --- */

/*
 * Of kernel threads there is no executable to be seen: that is no refusal. Nor
 * do we lack anything if one process is hidden from all, by a security module.
 */
static int try_processes(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	struct stat status;
	struct status own;
	int err = 0;

	if (!proc || stat("/proc/self", &status)) {
		err = -ENOENT;
	} else if (stat("/proc/1", &status)) {
		err = -EPERM; /* hidepid= */
	}
	while (!err && (entry = readdir(proc))) {
		char path[300], exe[2];

		snprintf(path, sizeof(path), "/proc/%s/exe", entry->d_name);
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    readlink(path, exe, sizeof(exe)) < 0 &&
		    (errno == EACCES || errno == EPERM))
			err = -errno;
	}
	if (proc)
		closedir(proc);
	read_status(&own);
	if (err == -EACCES && own.capabilities >> CAP_SYS_PTRACE & 1)
		err = 0;
	return err;
}

/* To enter the one that we are in takes as much as any other. */
static int try_namespaces(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = setns(fd, CLONE_NEWNET) ? -errno : 0;
	close(fd);
	return err;
}

static int try_firewall(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	int group = NFNLGRP_NFTABLES;
	int err = 0;

	if (fd < 0) /* no netfilter, no rule of it */
		return errno == EPROTONOSUPPORT ? 0 : -errno;
	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
		       sizeof(group)))
		err = -errno;
	close(fd);
	return err;
}

static int try_programs(void)
{
	uint32_t id;

	if (bpf_prog_get_next_id(0, &id) && errno != ENOENT)
		return -errno;
	return 0;
}

/* Events name processes by the ids that they have in the first namespace. */
bool privileges_see_host_pids(void)
{
	return is_namespace("/proc/self/ns/pid", FIRST_PID_NS);
}

static int try_pids(void)
{
	return privileges_see_host_pids() ? 0 : -EXDEV;
}

static const struct {
	int (*try)(void);
	struct privilege privilege;
} tries[PRIVILEGE_COUNT] = {
	{ kallsyms_try,
	  { .name = "symbols",
	    .what = "names of kernel functions (/proc/kallsyms)",
	    .lost = "what the stacks show: most causes are only likely, or "
		    "unknown",
	    .way_out = "run as root, or with CAP_SYSLOG; kernel.kptr_restrict "
		       "must be 0 or 1" } },
	{ try_processes,
	  { .name = "processes",
	    .what = "executables and namespaces of others' processes "
		    "(/proc/PID)",
	    .lost = "exe of other users' processes; sockets in network "
		    "namespaces where only these are",
	    .way_out = "run as root, or with CAP_SYS_PTRACE" } },
	{ try_namespaces,
	  { .name = "namespaces",
	    .what = "other network namespaces (setns)",
	    .lost = "there: sockets without a descriptor that were there "
		    "before, stall.zero-window, firewall rules",
	    .way_out = "run as root, or with CAP_SYS_ADMIN" } },
	{ try_firewall,
	  { .name = "firewall",
	    .what = "rules of the firewall (nftables, iptables)",
	    .lost = "whether one rejects with a RST: without --all-resets "
		    "rst.firewall-reject to another host, rst.raw and "
		    "rst.forwarded",
	    .way_out = "run as root, or with CAP_NET_ADMIN and CAP_NET_RAW" } },
	{ try_programs,
	  { .name = "programs",
	    .what = "names of others' BPF programs",
	    .lost = "which one dropped a segment or destroyed a socket",
	    .way_out = "run as root, or with CAP_SYS_ADMIN" } },
	{ try_pids,
	  { .name = "pids",
	    .what = "process ids of the host",
	    .lost = "exe, uid, cgroup and container of processes, the scope "
		    "of \"run\"",
	    .way_out = "run in the host's PID namespace (containers: "
		       "--pid=host)" } },
};

void privileges_try(struct privilege tried[PRIVILEGE_COUNT])
{
	for (int i = 0; i < PRIVILEGE_COUNT; i++) {
		tried[i] = tries[i].privilege;
		tried[i].err = tries[i].try();
	}
	/* Nobody is shown them, then. */
	if (tried[0].err == -ENOENT)
		tried[0].way_out = "mount /proc; the kernel needs "
				   "CONFIG_KALLSYMS";
	if (tried[1].err == -ENOENT)
		tried[1].way_out = "mount /proc";
}

/* --- why bpf() is refused --- */

static bool has(const struct status *status, int capability)
{
	return status->capabilities >> capability & 1 ||
	       status->capabilities >> CAP_SYS_ADMIN & 1;
}

void privileges_explain_bpf(char *text, size_t size)
{
	struct status status;
	bool bpf, perfmon;

	read_status(&status);
	bpf = has(&status, CAP_BPF);
	perfmon = has(&status, CAP_PERFMON);
	if (!is_namespace("/proc/self/ns/user", FIRST_USER_NS))
		snprintf(
			text, size,
			"privileges in a user namespace (a rootless container) "
			"do not count: run tcpwhy on the host as root, or in "
			"a container of root's with CAP_BPF, CAP_PERFMON and "
			"--pid=host");
	else if (!bpf || !perfmon)
		snprintf(text, size,
			 "it lacks %s%s%s: run tcpwhy as root, or give it "
			 "CAP_BPF, CAP_PERFMON and, before 5.11, "
			 "CAP_SYS_RESOURCE (setcap, systemd's "
			 "AmbientCapabilities, a container's --cap-add); what "
			 "kernel.unprivileged_bpf_disabled allows is not "
			 "enough",
			 bpf ? "" : "CAP_BPF", !bpf && !perfmon ? " and " : "",
			 perfmon ? "" : "CAP_PERFMON");
	else if (status.filtered)
		snprintf(text, size,
			 "it has CAP_BPF and CAP_PERFMON, but a seccomp "
			 "filter: in a container allow bpf() (--security-opt "
			 "seccomp=unconfined)");
	else
		snprintf(text, size,
			 "although it has CAP_BPF and CAP_PERFMON: a security "
			 "module may forbid it; or, before 5.11, give it "
			 "CAP_SYS_RESOURCE or raise \"ulimit -l\"");
}
