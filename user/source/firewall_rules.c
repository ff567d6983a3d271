// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * libmnl and libiptc would do this, but Debian has neither for a static link,
 * and what is needed of them is little.
 */
#include "firewall_rules.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>
#include <linux/netlink.h>

#define NEW_RULE (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE)
#define GET_RULE (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE)

/* --- attributes of netlink --- */

/* Some bytes that hold attributes one after the other, or one's value. */
struct bytes {
	const char *at;
	size_t left;
};

/* Takes the next attribute from @list; false: there is none, or no whole one.
 */
static bool next_attr(struct bytes *list, unsigned int *type,
		      struct bytes *value)
{
	struct nlattr attr;
	size_t step;

	if (list->left < sizeof(attr))
		return false;
	memcpy(&attr, list->at, sizeof(attr));
	if (attr.nla_len < sizeof(attr) || attr.nla_len > list->left)
		return false;
	*type = attr.nla_type & NLA_TYPE_MASK;
	*value = (struct bytes){ list->at + NLA_HDRLEN,
				 attr.nla_len - NLA_HDRLEN };
	step = NLA_ALIGN(attr.nla_len);
	if (step > list->left)
		step = list->left;
	list->at += step;
	list->left -= step;
	return true;
}

static bool find_attr(struct bytes list, unsigned int wanted,
		      struct bytes *value)
{
	unsigned int type;

	while (next_attr(&list, &type, value))
		if (type == wanted)
			return true;
	return false;
}

static bool is_text(struct bytes value, const char *text)
{
	return value.left == strlen(text) + 1 &&
	       !memcmp(value.at, text, value.left);
}

/* --- nftables --- */

/* "reject with tcp reset" */
static bool is_reject(struct bytes data)
{
	struct bytes type;
	uint32_t number;

	if (!find_attr(data, NFTA_REJECT_TYPE, &type) ||
	    type.left < sizeof(number))
		return false;
	memcpy(&number, type.at, sizeof(number));
	return ntohl(number) == NFT_REJECT_TCP_RST;
}

/* The one member of ipt_reject_info, and of its IPv6 kin. */
static bool sends_reset(const void *info, bool six)
{
	uint32_t with;

	memcpy(&with, info, sizeof(with));
	return with == (uint32_t)(six ? IP6T_TCP_RESET : IPT_TCP_RESET);
}

/* "-j REJECT --reject-with tcp-reset", by iptables-nft */
static bool is_reject_target(struct bytes data, bool six)
{
	struct bytes name, info;

	return find_attr(data, NFTA_TARGET_NAME, &name) &&
	       is_text(name, "REJECT") &&
	       find_attr(data, NFTA_TARGET_INFO, &info) &&
	       info.left >= sizeof(uint32_t) && sends_reset(info.at, six);
}

static bool expression_rejects(struct bytes expression, bool six)
{
	struct bytes name, data;

	if (!find_attr(expression, NFTA_EXPR_NAME, &name) ||
	    !find_attr(expression, NFTA_EXPR_DATA, &data))
		return false;
	return (is_text(name, "reject") && is_reject(data)) ||
	       (is_text(name, "target") && is_reject_target(data, six));
}

static bool message_rejects(const struct nlmsghdr *message)
{
	const struct nfgenmsg *rule = NLMSG_DATA(message);
	size_t head = NLMSG_SPACE(sizeof(*rule));
	struct bytes list, expressions, expression;
	unsigned int type;

	if (message->nlmsg_type != NEW_RULE || message->nlmsg_len < head)
		return false;
	list = (struct bytes){ (const char *)message + head,
			       message->nlmsg_len - head };
	if (!find_attr(list, NFTA_RULE_EXPRESSIONS, &expressions))
		return false;
	while (next_attr(&expressions, &type, &expression))
		if (expression_rejects(expression,
				       rule->nfgen_family == AF_INET6))
			return true;
	return false;
}

bool nftables_brings_reject(const void *data, size_t size, bool *last)
{
	const struct nlmsghdr *message = data;
	size_t step;

	*last = false;
	while (size >= sizeof(*message) && message->nlmsg_len <= size &&
	       message->nlmsg_len >= sizeof(*message)) {
		if (message->nlmsg_type == NLMSG_DONE ||
		    message->nlmsg_type == NLMSG_ERROR)
			*last = true;
		if (message_rejects(message))
			return true;
		step = NLMSG_ALIGN((size_t)message->nlmsg_len);
		if (step >= size)
			return false;
		size -= step;
		message = (const void *)((const char *)message + step);
	}
	return false;
}

static bool dump_rejects(int fd)
{
	_Alignas(struct nlmsghdr) static char room[NFTABLES_ROOM];
	struct {
		struct nlmsghdr netlink;
		struct nfgenmsg family;
	} request = {
		.netlink = { .nlmsg_len = sizeof(request),
			     .nlmsg_type = GET_RULE,
			     .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.family = { .nfgen_family = AF_UNSPEC, /* all */
			    .version = NFNETLINK_V0 },
	};
	bool last = false;

	if (send(fd, &request, sizeof(request), 0) < 0)
		return false;
	while (!last) {
		ssize_t len = recv(fd, room, sizeof(room), 0);

		if (len <= 0)
			return false;
		if (nftables_brings_reject(room, len, &last))
			return true; /* one is enough */
	}
	return false;
}

bool nftables_rejects(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	bool rejects;

	if (fd < 0)
		return false;
	rejects = dump_rejects(fd);
	close(fd);
	return rejects;
}

/* --- legacy iptables --- */

/* The two families of it: the same thing twice, with structures of their own.
 */
struct family {
	bool six;
	int level;
	const char *names; /* of the tables that are loaded here */
	size_t entries;	   /* where they begin in what the kernel returns */
	size_t target_offset, next_offset; /* in an entry */
};

static const struct family families[] = {
	{ false, IPPROTO_IP, "/proc/thread-self/net/ip_tables_names",
	  offsetof(struct ipt_get_entries, entrytable),
	  offsetof(struct ipt_entry, target_offset),
	  offsetof(struct ipt_entry, next_offset) },
	{ true, IPPROTO_IPV6, "/proc/thread-self/net/ip6_tables_names",
	  offsetof(struct ip6t_get_entries, entrytable),
	  offsetof(struct ip6t_entry, target_offset),
	  offsetof(struct ip6t_entry, next_offset) },
};

/* REJECT is for this table alone; asking for it is what would load it. */
static bool has_filter_table(const char *path)
{
	FILE *names = fopen(path, "re");
	char name[64];
	bool found = false;

	if (!names)
		return false;
	while (!found && fgets(name, sizeof(name), names))
		found = !strcmp(name, "filter\n");
	fclose(names);
	return found;
}

/* The structures of IPv4 and IPv6 are alike up to the entries. */
static char *read_table(const struct family *family, int fd, size_t *size)
{
	struct ipt_getinfo info = { .name = "filter" };
	socklen_t len = sizeof(info);
	struct ipt_get_entries *table;

	_Static_assert(sizeof(info) == sizeof(struct ip6t_getinfo),
		       "one table is not read like the other");
	if (getsockopt(fd, family->level, IPT_SO_GET_INFO, &info, &len))
		return NULL;
	*size = family->entries + info.size;
	table = calloc(1, *size);
	if (!table)
		return NULL;
	strcpy(table->name, "filter");
	table->size = info.size;
	len = *size;
	/* EAGAIN: it has changed in between. There will be a next time. */
	if (getsockopt(fd, family->level, IPT_SO_GET_ENTRIES, table, &len)) {
		free(table);
		return NULL;
	}
	return (char *)table;
}

static bool table_rejects(const struct family *family, const char *table,
			  size_t size)
{
	size_t at = family->entries;

	while (at + family->next_offset + sizeof(uint16_t) <= size) {
		struct xt_entry_target target;
		uint16_t own, next;

		memcpy(&own, table + at + family->target_offset, sizeof(own));
		memcpy(&next, table + at + family->next_offset, sizeof(next));
		if (!next || at + next > size)
			return false;
		if (own + sizeof(target) + sizeof(uint32_t) <= next) {
			memcpy(&target, table + at + own, sizeof(target));
			if (!strcmp(target.u.user.name, "REJECT") &&
			    sends_reset(table + at + own + sizeof(target),
					family->six))
				return true;
		}
		at += next;
	}
	return false;
}

static bool family_rejects(const struct family *family)
{
	bool rejects = false;
	size_t size;
	char *table;
	int fd;

	if (!has_filter_table(family->names))
		return false;
	fd = socket(family->six ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC,
		    IPPROTO_RAW);
	if (fd < 0)
		return false;
	table = read_table(family, fd, &size);
	if (table)
		rejects = table_rejects(family, table, size);
	free(table);
	close(fd);
	return rejects;
}

bool iptables_rejects(void)
{
	return family_rejects(&families[0]) || family_rejects(&families[1]);
}
