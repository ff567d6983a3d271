// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "procfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000ULL

static bool read_text(uint32_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, size - 1);
	close(fd);
	if (len < 0)
		return false;
	text[len] = '\0';
	return true;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

/*
 * Field 22 of /proc/PID/stat counts from boot, time in suspend included; the
 * events' clock stands still in suspend. So the process may have started up
 * to all of the suspended time later, by this clock, than the events say.
 */
static bool started_at(const char *stat, uint64_t start_time)
{
	const uint64_t tick = NSEC_PER_SEC / sysconf(_SC_CLK_TCK);
	uint64_t suspended =
		clock_ns(CLOCK_BOOTTIME) - clock_ns(CLOCK_MONOTONIC);
	const char *field = strrchr(stat, ')'); /* the name may hold spaces */
	uint64_t started;

	for (int i = 2; field && i < 22; i++)
		field = strchr(field + 1, ' ');
	if (!field)
		return false;
	started = strtoull(field, NULL, 10) * tick;
	return started + tick >= start_time &&
	       started <= start_time + suspended + tick;
}

/* "PID (NAME) ...", where the name may hold anything. */
static void read_comm(const char *stat, char *comm, size_t size)
{
	const char *begin = strchr(stat, '('), *end = strrchr(stat, ')');

	if (begin && end > begin)
		snprintf(comm, size, "%.*s", (int)(end - begin - 1), begin + 1);
}

static void read_exe(uint32_t pid, char *exe, size_t size)
{
	char path[32];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	len = readlink(path, exe, size - 1);
	exe[len > 0 ? len : 0] = '\0';
}

/*
 * Lines are "ID:CONTROLLERS:PATH". That of cgroup v2 (ID 0) is the one, but
 * where v1 is in use too it may be just the root: then the first that says
 * more.
 */
static void read_cgroup(uint32_t pid, char *cgroup, size_t size)
{
	char text[4096];
	char *line = text, *next;

	cgroup[0] = '\0';
	if (!read_text(pid, "cgroup", text, sizeof(text)))
		return;
	for (; line && *line; line = next) {
		char *path = strchr(line, ':');
		bool v2 = !strncmp(line, "0::", 3);

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		path = path ? strchr(path + 1, ':') : NULL;
		if (!path++)
			continue;
		if (!*cgroup || !strcmp(cgroup, "/") ||
		    (v2 && strcmp(path, "/") != 0))
			snprintf(cgroup, size, "%s", path);
	}
}

static void read_cmdline(uint32_t pid, char *cmdline, size_t size)
{
	char path[32];
	ssize_t len;
	int fd;

	cmdline[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = read(fd, cmdline, size - 1);
	close(fd);
	while (len > 0 && !cmdline[len - 1])
		len--;
	for (ssize_t i = 0; i < len; i++)
		if (!cmdline[i])
			cmdline[i] = ' ';
	cmdline[len > 0 ? len : 0] = '\0';
}

bool procfs_read(uint32_t pid, uint64_t start_time, bool cmdline,
		 struct procfs_process *out)
{
	char text[1024];
	char path[32];
	struct stat status;

	memset(out, 0, sizeof(*out));
	if (!read_text(pid, "stat", text, sizeof(text)) ||
	    !started_at(text, start_time))
		return false;
	snprintf(path, sizeof(path), "/proc/%u", pid);
	out->uid = stat(path, &status) ? (uint32_t)-1 : status.st_uid;
	read_comm(text, out->comm, sizeof(out->comm));
	read_exe(pid, out->exe, sizeof(out->exe));
	read_cgroup(pid, out->cgroup, sizeof(out->cgroup));
	if (cmdline)
		read_cmdline(pid, out->cmdline, sizeof(out->cmdline));
	return true;
}

struct seen {
	uint64_t *inodes;
	size_t count;
};

static bool seen_before(struct seen *seen, uint64_t inode)
{
	uint64_t *grown;

	for (size_t i = 0; i < seen->count; i++) {
		if (seen->inodes[i] == inode)
			return true;
	}
	grown = reallocarray(seen->inodes, seen->count + 1, sizeof(inode));
	if (grown) {
		seen->inodes = grown;
		seen->inodes[seen->count++] = inode;
	}
	return false;
}

static int visit(const char *pid, struct seen *seen,
		 int (*each)(int fd, uint64_t inode, void *arg), void *arg)
{
	struct stat status;
	char path[300];
	int result;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	if (stat(path, &status) || seen_before(seen, status.st_ino))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0; /* gone, or not ours to see */
	result = each(fd, status.st_ino, arg);
	close(fd);
	return result;
}

int procfs_each_netns(int (*each)(int fd, uint64_t inode, void *arg), void *arg)
{
	struct seen seen = { 0 };
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	int result;

	if (!proc)
		return -errno;
	result = visit("self", &seen, each, arg);
	while (!result && (entry = readdir(proc))) {
		if (isdigit((unsigned char)entry->d_name[0]))
			result = visit(entry->d_name, &seen, each, arg);
	}
	closedir(proc);
	free(seen.inodes);
	return result;
}

/* Where ip(8) keeps them. */
#define NETNS_NAMES "/run/netns"

bool procfs_netns_renamed(struct timespec *when)
{
	struct stat status;

	if (stat(NETNS_NAMES, &status))
		return false;
	*when = status.st_mtim;
	return true;
}

int procfs_each_named_netns(int (*each)(uint64_t inode, const char *name,
					void *arg),
			    void *arg)
{
	DIR *names = opendir(NETNS_NAMES);
	struct dirent *entry;
	struct stat status;
	int result = 0;

	if (!names)
		return 0; /* none was ever named */
	while (!result && (entry = readdir(names))) {
		if (entry->d_name[0] != '.' &&
		    !fstatat(dirfd(names), entry->d_name, &status, 0))
			result = each(status.st_ino, entry->d_name, arg);
	}
	closedir(names);
	return result;
}
