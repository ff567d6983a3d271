// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "filters.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/nsfs.h>

void filters_free(struct filters *filters)
{
	for (unsigned int i = 0; i < filters->cgroup_count; i++)
		free(filters->cgroups[i]);
}

/* --- reading --- */

static bool parse_number(const char *value, unsigned long max,
			 unsigned long *out)
{
	char *end;

	if (!*value || strspn(value, "0123456789") != strlen(value))
		return false;
	errno = 0;
	*out = strtoul(value, &end, 10);
	return !errno && *out >= 1 && *out <= max;
}

static int add_pid(struct filters *filters, const char *value,
		   const char **problem)
{
	unsigned long pid;

	*problem = "is not a process id (1 to 4194304)";
	if (!parse_number(value, 4194304, &pid))
		return -EINVAL;
	*problem = "is one process too many";
	if (filters->pid_count == FILTERS_MAX)
		return -EINVAL;
	filters->pids[filters->pid_count++] = pid;
	return 0;
}

static int add_comm(struct filters *filters, const char *value,
		    const char **problem)
{
	*problem = "is not a process name: the kernel keeps 1 to 15 bytes";
	if (!*value || strlen(value) >= EVENT_COMM_LEN)
		return -EINVAL;
	*problem = "is one name too many";
	if (filters->comm_count == FILTERS_MAX)
		return -EINVAL;
	strcpy(filters->comms[filters->comm_count++], value);
	return 0;
}

static int add_port(struct filter_ports *ports, const char *value,
		    const char **problem)
{
	unsigned long port;

	*problem = "is not a port (1 to 65535)";
	if (!parse_number(value, 65535, &port))
		return -EINVAL;
	*problem = "is one port too many";
	if (ports->count == FILTERS_MAX)
		return -EINVAL;
	ports->values[ports->count++] = port;
	return 0;
}

static int add_host(struct filters *filters, const char *value,
		    const char **problem)
{
	struct filter_host network = { .bits = 128 };
	const char *slash = strchr(value, '/');
	char addr[INET6_ADDRSTRLEN];
	unsigned long bits = 0;
	size_t len = slash ? (size_t)(slash - value) : strlen(value);
	bool v4;

	*problem = "is not an address or network, such as 192.0.2.1, "
		   "10.0.0.0/8 or 2001:db8::/32";
	if (len >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, value, len);
	addr[len] = '\0';
	v4 = inet_pton(AF_INET, addr, network.addr + 12) == 1;
	if (v4)
		network.addr[10] = network.addr[11] = 0xff;
	else if (inet_pton(AF_INET6, addr, network.addr) != 1)
		return -EINVAL;
	if (slash && strcmp(slash, "/0") != 0 &&
	    !parse_number(slash + 1, v4 ? 32 : 128, &bits))
		return -EINVAL;
	if (slash)
		network.bits = v4 ? bits + 96 : bits;
	*problem = "is one address too many";
	if (filters->host_count == FILTERS_MAX)
		return -EINVAL;
	filters->hosts[filters->host_count++] = network;
	return 0;
}

static int add_family(struct filters *filters, const char *value,
		      const char **problem)
{
	*problem = "is neither 4 nor 6";
	if (!strcmp(value, "4"))
		filters->v4 = true;
	else if (!strcmp(value, "6"))
		filters->v6 = true;
	else
		return -EINVAL;
	return 0;
}

static int add_netns(struct filters *filters, const char *value,
		     const char **problem)
{
	unsigned long inode;

	*problem = "is not the inode number of a network namespace";
	if (!parse_number(value, UINT32_MAX, &inode))
		return -EINVAL;
	*problem = "is one namespace too many";
	if (filters->netns_count == FILTERS_MAX)
		return -EINVAL;
	filters->netns[filters->netns_count++] = inode;
	return 0;
}

/* Where it is usually mounted; /proc tells paths without that. */
static const char *without_mount(const char *path)
{
	static const char *const mounts[] = { "/sys/fs/cgroup/unified",
					      "/sys/fs/cgroup" };

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		size_t len = strlen(mounts[i]);

		if (!strncmp(path, mounts[i], len) &&
		    (path[len] == '/' || !path[len]))
			return path + len;
	}
	return path;
}

static int add_cgroup(struct filters *filters, const char *value,
		      const char **problem)
{
	const char *path = without_mount(value);
	size_t len = strlen(path);
	char *copy;

	while (len && path[len - 1] == '/')
		len--;
	*problem = "is not the path of a cgroup, such as /system.slice";
	if (*value != '/' || strstr(value, "//") || strchr(value, '\n'))
		return -EINVAL;
	*problem = "is one cgroup too many";
	if (filters->cgroup_count == FILTERS_MAX)
		return -EINVAL;
	copy = strndup(path, len);
	if (!copy)
		return -ENOMEM;
	filters->cgroups[filters->cgroup_count++] = copy;
	return 0;
}

int filters_add(struct filters *filters, const char *name, const char *value,
		const char **problem)
{
	if (!strcmp(name, "pid"))
		return add_pid(filters, value, problem);
	if (!strcmp(name, "comm"))
		return add_comm(filters, value, problem);
	if (!strcmp(name, "port"))
		return add_port(&filters->any, value, problem);
	if (!strcmp(name, "local-port"))
		return add_port(&filters->local, value, problem);
	if (!strcmp(name, "remote-port"))
		return add_port(&filters->remote, value, problem);
	if (!strcmp(name, "host"))
		return add_host(filters, value, problem);
	if (!strcmp(name, "family"))
		return add_family(filters, value, problem);
	if (!strcmp(name, "netns"))
		return add_netns(filters, value, problem);
	if (!strcmp(name, "cgroup"))
		return add_cgroup(filters, value, problem);
	*problem = "belongs to no known filter";
	return -EINVAL;
}

/* --- on this host --- */

static bool is_netns(int fd)
{
	int type = ioctl(fd, NS_GET_NSTYPE);

	/* A kernel without it knows such a file by no other way. */
	return type == CLONE_NEWNET;
}

int filters_find_netns(const char *value, uint32_t *inode, const char **problem)
{
	unsigned long number;
	struct stat status;
	char path[300];
	bool ours;
	int fd;

	snprintf(path, sizeof(path), "%s%s",
		 strchr(value, '/') ? "" : "/run/netns/", value);
	fd = *value ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0 && parse_number(value, UINT32_MAX, &number)) {
		*inode = number;
		return 0;
	}
	*problem = "is no network namespace on this host: give its name (ip "
		   "netns list), a path (/proc/PID/ns/net) or its inode number";
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		*problem = "may not be looked at by this user: run as root, or "
			   "give its inode number";
	if (fd < 0)
		return -EINVAL;
	ours = is_netns(fd) && !fstat(fd, &status);
	close(fd);
	if (!ours)
		return -EINVAL;
	*inode = status.st_ino;
	return 0;
}

/* --- matching --- */

static bool port_matches(const struct filter_ports *ports, uint16_t a,
			 uint16_t b)
{
	if (!ports->count)
		return true;
	for (unsigned int i = 0; i < ports->count; i++)
		if (ports->values[i] == a || ports->values[i] == b)
			return true;
	return false;
}

static bool network_has(const struct filter_host *network,
			const uint8_t addr[16])
{
	unsigned int whole = network->bits / 8, rest = network->bits % 8;

	if (memcmp(network->addr, addr, whole) != 0)
		return false;
	return !rest || !((network->addr[whole] ^ addr[whole]) >> (8 - rest));
}

static bool host_matches(const struct filters *filters,
			 const struct event_conn *conn)
{
	if (!filters->host_count)
		return true;
	for (unsigned int i = 0; i < filters->host_count; i++)
		if (network_has(&filters->hosts[i], conn->laddr) ||
		    network_has(&filters->hosts[i], conn->raddr))
			return true;
	return false;
}

/* By what is on the wire: an IPv4-mapped address is IPv4. */
static bool family_matches(const struct filters *filters,
			   const struct event_conn *conn)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool v4 = !memcmp(conn->laddr, mapped, sizeof(mapped));

	if (filters->v4 == filters->v6)
		return true;
	return v4 ? filters->v4 : filters->v6;
}

/*
 * Local and remote port are seen from one end; the finding or event of the
 * other end of the same connection is kept too, so that both stay together.
 */
bool filters_match_ends(const struct filters *filters,
			const struct event_conn *conn, bool both_here)
{
	uint16_t l = conn->lport, r = conn->rport;
	bool as_is = port_matches(&filters->local, l, l) &&
		     port_matches(&filters->remote, r, r);
	bool turned = both_here && port_matches(&filters->local, r, r) &&
		      port_matches(&filters->remote, l, l);

	return port_matches(&filters->any, l, r) && (as_is || turned) &&
	       host_matches(filters, conn) && family_matches(filters, conn);
}

bool filters_match_netns(const struct filters *filters, uint32_t netns)
{
	bool matches = !filters->netns_count;

	for (unsigned int i = 0; i < filters->netns_count; i++)
		matches |= filters->netns[i] == netns;
	return matches;
}

bool filters_match_cgroup(const struct filters *filters, const char *path)
{
	for (unsigned int i = 0; path && i < filters->cgroup_count; i++) {
		size_t len = strlen(filters->cgroups[i]);

		if (!strncmp(path, filters->cgroups[i], len) &&
		    (path[len] == '/' || !path[len]))
			return true;
	}
	return !filters->cgroup_count;
}
