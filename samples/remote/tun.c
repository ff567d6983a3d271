// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/ipv6.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "../stage.h"
#include "tun.h"

#define OWN_NAMESPACE_HINT "try: unshare -n (or ip netns exec)"

static bool interface_is_up(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifr = { 0 };
	bool up;

	if (fd < 0)
		die("cannot make a socket: %s", strerror(errno));
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	up = !ioctl(fd, SIOCGIFFLAGS, &ifr) && ifr.ifr_flags & IFF_UP;
	close(fd);
	return up;
}

void require_own_namespace(void)
{
	struct if_nameindex *all, *i;
	struct stat mine, init;

	if (stat("/proc/self/ns/net", &mine))
		die("/proc/self/ns/net: %s", strerror(errno));
	/* Not readable in some containers: then the next test must do. */
	if (!stat("/proc/1/ns/net", &init) && mine.st_dev == init.st_dev &&
	    mine.st_ino == init.st_ino)
		die("refused in the initial network "
		    "namespace; " OWN_NAMESPACE_HINT);

	/* A namespace that is connected to anything is not ours to change. */
	all = if_nameindex();
	if (!all)
		die("cannot list the interfaces: %s", strerror(errno));
	for (i = all; i->if_name; i++)
		if (strcmp(i->if_name, "lo") != 0 &&
		    interface_is_up(i->if_name))
			die("refused in a network namespace with an interface "
			    "%s; " OWN_NAMESPACE_HINT,
			    i->if_name);
	if_freenameindex(all);
}

static void device_ioctl(int fd, unsigned long request, void *arg,
			 const char *what)
{
	if (ioctl(fd, request, arg))
		die("%s: %s: %s", TUN_DEVICE, what, strerror(errno));
}

static void set_address4(int fd, struct ifreq *ifr)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };

	inet_pton(AF_INET, TUN_LOCAL4, &addr.sin_addr);
	memcpy(&ifr->ifr_addr, &addr, sizeof(addr));
	device_ioctl(fd, SIOCSIFADDR, ifr, "IPv4 address");

	addr.sin_addr.s_addr = htonl(0xffffff00);
	memcpy(&ifr->ifr_netmask, &addr, sizeof(addr));
	device_ioctl(fd, SIOCSIFNETMASK, ifr, "netmask");
}

/*
 * Without duplicate address detection: until that is over the kernel takes
 * another source address, and connects from where the peer does not look.
 * Only rtnetlink(7) has a flag for it.
 */
static bool set_address6(void)
{
	struct {
		struct nlmsghdr nl;
		struct ifaddrmsg ifa;
		struct rtattr attr;
		struct in6_addr addr;
	} request = {
		.nl = { .nlmsg_len = sizeof(request),
			.nlmsg_type = RTM_NEWADDR,
			.nlmsg_flags =
				NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE },
		.ifa = { .ifa_family = AF_INET6,
			 .ifa_prefixlen = 64,
			 .ifa_flags = IFA_F_NODAD,
			 .ifa_index = if_nametoindex(TUN_DEVICE) },
		.attr = { .rta_len = sizeof(struct rtattr) +
				     sizeof(struct in6_addr),
			  .rta_type = IFA_LOCAL },
	};
	struct {
		struct nlmsghdr nl;
		struct nlmsgerr error;
		char rest[512];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	inet_pton(AF_INET6, TUN_LOCAL6, &request.addr);
	if (fd < 0 || send(fd, &request, sizeof(request), 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		die("IPv6 address: %s", strerror(errno));
	/* A host without IPv6 can still play the IPv4 scripts. */
	if (answer.error.error && answer.error.error != -EOPNOTSUPP &&
	    answer.error.error != -EAFNOSUPPORT)
		die("IPv6 address: %s", strerror(-answer.error.error));
	close(fd);
	return !answer.error.error;
}

#define MAX_TICKS 10000 /* of a millisecond */

/*
 * The kernel adds the route that makes the address its own a little later, in
 * a work queue; until then what the peer sends is dropped.
 */
static void await_address6(void)
{
	struct in6_addr local;
	char wanted[40], line[256];
	bool found = false;
	int ticks = 0;

	inet_pton(AF_INET6, TUN_LOCAL6, &local);
	for (int i = 0; i < 16; i++)
		sprintf(wanted + 2 * i, "%02x", local.s6_addr[i]);
	strcat(wanted, " 80 ");
	while (!found) {
		FILE *f = fopen("/proc/net/ipv6_route", "r");

		if (!f || ++ticks > MAX_TICKS)
			die("%s does not become an address of ours",
			    TUN_LOCAL6);
		while (!found && fgets(line, sizeof(line), f))
			found = !strncmp(line, wanted, strlen(wanted));
		fclose(f);
		if (!found)
			sleep_ms(1);
	}
}

int tun_open(void)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC), fd;

	if (tun < 0)
		die("/dev/net/tun: %s", strerror(errno));
	strcpy(ifr.ifr_name, TUN_DEVICE);
	device_ioctl(tun, TUNSETIFF, &ifr, "cannot create it");

	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		die("cannot make a socket: %s", strerror(errno));
	set_address4(fd, &ifr);
	device_ioctl(fd, SIOCGIFFLAGS, &ifr, "flags");
	ifr.ifr_flags |= IFF_UP;
	device_ioctl(fd, SIOCSIFFLAGS, &ifr, "cannot bring it up");
	close(fd);
	if (set_address6())
		await_address6();
	return tun;
}

bool set_ipv4_setting(const char *name, int value)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	f = fopen(path, "w");
	if (!f && errno == ENOENT)
		return false;
	if (!f || fprintf(f, "%d\n", value) < 0 || fclose(f))
		die("%s: %s", path, strerror(errno));
	return true;
}

void set_firewall(const char *rules)
{
	FILE *nft = popen("nft -f -", "w");

	if (!nft || fputs(rules, nft) < 0 || pclose(nft))
		die("nft did not take the rules");
}

void run_command(const char *command)
{
	if (system(command))
		die("failed: %s", command);
}
