// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "census.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cast.h"
#include "truth.h"

#define MAX_SOCKETS 8192

struct row {
	unsigned long inode;
	char ends[200];
};

static struct row rows[MAX_SOCKETS];
static int row_count;

/* "0100007F:1F90", words in the host's byte order. */
static void read_end(const char *hex, char *text, size_t size)
{
	unsigned int port, words[4];
	char address[INET6_ADDRSTRLEN];
	const char *shown = address;
	struct in6_addr v6;

	if (strchr(hex, ':') - hex == 8) {
		sscanf(hex, "%8X:%X", &words[0], &port);
		inet_ntop(AF_INET, &words[0], address, sizeof(address));
	} else {
		sscanf(hex, "%8X%8X%8X%8X:%X", &words[0], &words[1], &words[2],
		       &words[3], &port);
		memcpy(&v6, words, sizeof(v6));
		inet_ntop(AF_INET6, &v6, address, sizeof(address));
		if (IN6_IS_ADDR_V4MAPPED(&v6))
			shown = strrchr(address, ':') + 1;
	}
	snprintf(text, size, "%s\t%u", shown, port);
}

static void read_sockets(const char *path)
{
	char line[512], local[64], remote[64], here[80], there[80];
	FILE *f = fopen(path, "r");
	unsigned long inode;

	if (!f)
		return; /* no IPv6 here */
	while (fgets(line, sizeof(line), f) && row_count < MAX_SOCKETS) {
		struct row *row = &rows[row_count];

		if (sscanf(line, " %*d: %63s %63s %*s %*s %*s %*s %*s %*s %lu",
			   local, remote, &inode) != 3 ||
		    !inode)
			continue;
		read_end(local, here, sizeof(here));
		read_end(remote, there, sizeof(there));
		row->inode = inode;
		snprintf(row->ends, sizeof(row->ends), "%s\t%s", here, there);
		row_count++;
	}
	fclose(f);
}

static bool is_here(const char *pid)
{
	struct stat ours, theirs;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/ns/net", pid);
	return !stat("/proc/self/ns/net", &ours) && !stat(path, &theirs) &&
	       ours.st_ino == theirs.st_ino;
}

static void tell_names(const char *pid)
{
	char path[320], name[64];
	struct dirent *task;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%.20s/task", pid);
	tasks = opendir(path);
	while (tasks && (task = readdir(tasks))) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%.20s/task/%s/comm", pid,
			 task->d_name);
		f = isdigit(task->d_name[0]) ? fopen(path, "r") : NULL;
		if (f && fgets(name, sizeof(name), f)) {
			name[strcspn(name, "\n")] = '\0';
			truth_name_of(atoi(pid), name);
		}
		if (f)
			fclose(f);
	}
	if (tasks)
		closedir(tasks);
}

static void tell_holder(const char *pid)
{
	char path[320], target[64];
	struct dirent *entry;
	bool known = false;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	fds = opendir(path);
	while (fds && (entry = readdir(fds))) {
		unsigned long inode;
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/%.20s/fd/%s", pid,
			 entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) != 1)
			continue;
		for (int i = 0; i < row_count; i++) {
			if (rows[i].inode != inode)
				continue;
			truth_hold_of(rows[i].ends, atoi(pid));
			known = true;
		}
	}
	if (fds)
		closedir(fds);
	if (known)
		tell_names(pid);
}

void census(void)
{
	struct dirent *entry;
	DIR *proc;

	row_count = 0;
	read_sockets("/proc/self/net/tcp");
	read_sockets("/proc/self/net/tcp6");
	proc = opendir("/proc");
	if (!proc)
		die("/proc");
	while ((entry = readdir(proc)))
		if (isdigit(entry->d_name[0]) && is_here(entry->d_name))
			tell_holder(entry->d_name);
	closedir(proc);
}
