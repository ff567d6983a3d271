// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "namespace.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

void namespace_enter(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET))
		fail_msg("unshare: %s", strerror(errno));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo))
		fail_msg("cannot bring lo up: %s", strerror(errno));
	close(fd);
}

uint32_t namespace_id(void)
{
	struct stat st;

	if (stat("/proc/self/ns/net", &st))
		fail_msg("/proc/self/ns/net: %s", strerror(errno));
	return st.st_ino;
}

void namespace_set(const char *name, int value)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	f = fopen(path, "w");
	if (!f && errno == ENOENT)
		return;
	if (!f || fprintf(f, "%d\n", value) < 0 || fclose(f))
		fail_msg("%s: %s", path, strerror(errno));
}

void namespace_firewall(const char *rules)
{
	FILE *nft = popen("nft -f -", "w");

	if (!nft || fputs(rules, nft) < 0 || pclose(nft))
		fail_msg("nft did not take: %s", rules);
}

/* Data is pushed; the limit lets the rule match one segment only. */
void namespace_drop_data(const char *hook, int port)
{
	char rules[256];

	snprintf(rules, sizeof(rules),
		 "table inet t {\n"
		 "  chain c {\n"
		 "    type filter hook %s priority 0;\n"
		 "    tcp dport %d tcp flags & psh == psh "
		 "limit rate 1/day burst 1 packets drop\n"
		 "  }\n"
		 "}\n",
		 hook, port);
	namespace_firewall(rules);
}
