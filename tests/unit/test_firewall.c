// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Messages of nftables: which bring a rule that rejects with a TCP RST? */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>
#include <linux/netlink.h>

#include "firewall_rules.h"

struct message {
	_Alignas(struct nlmsghdr) char bytes[1024];
	size_t len;
};

static void begin(struct message *m, uint16_t type, uint8_t family)
{
	struct nlmsghdr head = { .nlmsg_type =
					 NFNL_SUBSYS_NFTABLES << 8 | type };
	struct nfgenmsg rule = { .nfgen_family = family };

	memset(m, 0, sizeof(*m));
	memcpy(m->bytes, &head, sizeof(head));
	memcpy(m->bytes + NLMSG_HDRLEN, &rule, sizeof(rule));
	m->len = NLMSG_SPACE(sizeof(rule));
}

static void end(struct message *m)
{
	((struct nlmsghdr *)m->bytes)->nlmsg_len = m->len;
}

/* Returns where the attribute is, for nest_end(). */
static size_t put(struct message *m, uint16_t type, const void *value,
		  size_t size)
{
	struct nlattr attr = { .nla_type = type, .nla_len = NLA_HDRLEN + size };
	size_t at = m->len;

	memcpy(m->bytes + at, &attr, sizeof(attr));
	if (size)
		memcpy(m->bytes + at + NLA_HDRLEN, value, size);
	m->len += NLA_ALIGN(attr.nla_len);
	return at;
}

static size_t nest(struct message *m, uint16_t type)
{
	return put(m, type | NLA_F_NESTED, NULL, 0);
}

static void nest_end(struct message *m, size_t at)
{
	((struct nlattr *)(m->bytes + at))->nla_len = m->len - at;
}

/* A rule of two expressions: a counter, and @name with @data. */
static void make_rule(struct message *m, uint8_t family, const char *name,
		      void (*data)(struct message *m, uint32_t with),
		      uint32_t with)
{
	size_t list, expression, inner;

	begin(m, NFT_MSG_NEWRULE, family);
	put(m, NFTA_RULE_TABLE, "t", 2);
	list = nest(m, NFTA_RULE_EXPRESSIONS);
	expression = nest(m, NFTA_LIST_ELEM);
	put(m, NFTA_EXPR_NAME, "counter", 8);
	nest_end(m, expression);
	expression = nest(m, NFTA_LIST_ELEM);
	put(m, NFTA_EXPR_NAME, name, strlen(name) + 1);
	inner = nest(m, NFTA_EXPR_DATA);
	data(m, with);
	nest_end(m, inner);
	nest_end(m, expression);
	nest_end(m, list);
	end(m);
}

static void reject_data(struct message *m, uint32_t type)
{
	uint32_t number = htonl(type);

	put(m, NFTA_REJECT_TYPE, &number, sizeof(number));
}

static void target_data(struct message *m, uint32_t with)
{
	put(m, NFTA_TARGET_NAME, "REJECT", 7);
	put(m, NFTA_TARGET_INFO, &with, sizeof(with));
}

static bool brings(const struct message *m)
{
	bool last, brings;
	/* As exact as what was received: sanitizers see reads beyond. */
	void *copy = malloc(m->len ? m->len : 1);

	assert_non_null(copy);
	memcpy(copy, m->bytes, m->len);
	brings = nftables_brings_reject(copy, m->len, &last);
	free(copy);
	return brings;
}

static void rejects(void **state)
{
	struct message m;

	(void)state;
	make_rule(&m, NFPROTO_INET, "reject", reject_data, NFT_REJECT_TCP_RST);
	assert_true(brings(&m));
	make_rule(&m, AF_INET, "target", target_data, IPT_TCP_RESET);
	assert_true(brings(&m));
	make_rule(&m, AF_INET6, "target", target_data, IP6T_TCP_RESET);
	assert_true(brings(&m));
}

static void rejects_otherwise(void **state)
{
	struct message m;

	(void)state;
	make_rule(&m, NFPROTO_INET, "reject", reject_data,
		  NFT_REJECT_ICMPX_UNREACH);
	assert_false(brings(&m));
	/* The numbers of the two families overlap. */
	make_rule(&m, AF_INET6, "target", target_data, IPT_TCP_RESET);
	assert_false(brings(&m));
	make_rule(&m, AF_INET, "target", target_data, IP6T_TCP_RESET);
	assert_false(brings(&m));
	make_rule(&m, AF_INET, "objref", reject_data, NFT_REJECT_TCP_RST);
	assert_false(brings(&m));
}

static void a_rule_that_goes(void **state)
{
	struct message m;

	(void)state;
	make_rule(&m, NFPROTO_INET, "reject", reject_data, NFT_REJECT_TCP_RST);
	((struct nlmsghdr *)m.bytes)->nlmsg_type =
		NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELRULE;
	assert_false(brings(&m));
}

static void the_second_message(void **state)
{
	struct message one, two;
	struct nlmsghdr done = { .nlmsg_type = NLMSG_DONE,
				 .nlmsg_len = sizeof(done) };
	bool last;

	(void)state;
	make_rule(&one, NFPROTO_INET, "counter", reject_data, 0);
	make_rule(&two, NFPROTO_INET, "reject", reject_data,
		  NFT_REJECT_TCP_RST);
	assert_false(nftables_brings_reject(one.bytes, one.len, &last));
	assert_false(last);
	memcpy(one.bytes + one.len, two.bytes, two.len);
	assert_true(
		nftables_brings_reject(one.bytes, one.len + two.len, &last));
	memcpy(one.bytes + one.len, &done, sizeof(done));
	assert_false(nftables_brings_reject(one.bytes, one.len + sizeof(done),
					    &last));
	assert_true(last);
}

/* Whatever the lengths say, nothing outside is read. */
static void damaged(void **state)
{
	struct message m, bad;

	(void)state;
	make_rule(&m, AF_INET, "target", target_data, IPT_TCP_RESET);
	for (size_t len = 0; len < m.len; len++) {
		bad = m;
		bad.len = len;
		assert_false(brings(&bad));
		if (len >= sizeof(struct nlmsghdr)) {
			((struct nlmsghdr *)bad.bytes)->nlmsg_len = len;
			brings(&bad);
		}
	}
	for (size_t at = 0; at < m.len; at++) {
		for (int bit = 0; bit < 8; bit++) {
			bad = m;
			bad.bytes[at] ^= 1 << bit;
			brings(&bad);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rejects),
		cmocka_unit_test(rejects_otherwise),
		cmocka_unit_test(a_rule_that_goes),
		cmocka_unit_test(the_second_message),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
