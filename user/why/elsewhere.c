// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "elsewhere.h"

#include <stdio.h>
#include <string.h>

#include "words.h"

/* Of so many at most, the newest: a scanned port must not cost more. */
#define MAX_ON_PORT 256

/* Where a listener is, as seen from a segment; the nearest first. */
enum place {
	PLACE_HERE,
	PLACE_INTERFACE,
	PLACE_IPV4_ONLY,
	PLACE_IPV6_ONLY,
	PLACE_ADDRESS,
	PLACE_NAMESPACE,
	PLACE_COUNT,
};

static const char *const names[PLACE_COUNT] = {
	[PLACE_HERE] = "here",		 [PLACE_INTERFACE] = "interface",
	[PLACE_IPV4_ONLY] = "ipv4-only", [PLACE_IPV6_ONLY] = "ipv6-only",
	[PLACE_ADDRESS] = "address",	 [PLACE_NAMESPACE] = "namespace",
};

static bool is_v4(const uint8_t addr[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(addr, prefix, sizeof(prefix));
}

static bool is_any(const uint8_t addr[16])
{
	static const uint8_t any4[16] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t any6[16] = { 0 };

	return !memcmp(addr, any4, 16) || !memcmp(addr, any6, 16);
}

/* As compute_score() decides: family, then address, then device. */
static enum place place_of(const struct event_conn *at,
			   const struct event_conn *conn)
{
	bool v4 = is_v4(conn->laddr);

	if (at->netns != conn->netns)
		return PLACE_NAMESPACE;
	if (v4 && !is_v4(at->laddr)) {
		if (!is_any(at->laddr) || at->bound & CONN_V6ONLY)
			return PLACE_IPV6_ONLY;
	} else if (!v4 && is_v4(at->laddr)) {
		return PLACE_IPV4_ONLY;
	} else if (!is_any(at->laddr) &&
		   memcmp(at->laddr, conn->laddr, 16) != 0) {
		return PLACE_ADDRESS;
	}
	return at->bound & CONN_INTERFACE ? PLACE_INTERFACE : PLACE_HERE;
}

static void say_where(const struct evidence_case *c, const struct flow *flow,
		      enum place place, char *text, size_t size)
{
	char at[WORDS_ENDPOINT_LEN];
	const char *name;

	words_endpoint(flow->conn.laddr, flow->conn.lport, at, sizeof(at));
	switch (place) {
	case PLACE_INTERFACE:
		snprintf(text, size, "on %s, for interface %u only", at,
			 flow->conn.bound & CONN_INTERFACE);
		return;
	case PLACE_IPV4_ONLY:
		snprintf(text, size, "on %s, for IPv4 only", at);
		return;
	case PLACE_IPV6_ONLY:
		snprintf(text, size, "on %s, for IPv6 only%s", at,
			 flow->conn.bound & CONN_V6ONLY ? " (IPV6_V6ONLY)"
							: "");
		return;
	case PLACE_NAMESPACE:
		name = host_netns(c->host, flow->conn.netns);
		if (name)
			snprintf(text, size, "on %s in network namespace %s",
				 at, name);
		else
			snprintf(text, size,
				 "on %s in another network namespace (%u)", at,
				 flow->conn.netns);
		return;
	default:
		snprintf(text, size, "on %s", at);
	}
}

static const struct flow *nearest(const struct evidence_case *c,
				  enum place *place, unsigned int *others)
{
	struct flow *found[MAX_ON_PORT];
	const struct flow *best = NULL;
	unsigned int count = flow_find_on_port(
		c->flows, c->conn->lport, c->event->time, found, MAX_ON_PORT);

	*place = PLACE_COUNT;
	for (unsigned int i = 0; i < count; i++) {
		enum place this = place_of(&found[i]->conn, c->conn);

		if (this < *place) {
			*place = this;
			best = found[i];
		}
	}
	*others = best ? count - 1 : 0;
	return best;
}

bool elsewhere_add(const struct evidence_case *c, struct finding *f)
{
	char who[96], where[160], more[32] = "", at[WORDS_ENDPOINT_LEN];
	const struct flow *flow;
	unsigned int others;
	enum place place;
	char text[400];

	flow = nearest(c, &place, &others);
	if (!flow)
		return true;
	words_party(flow->owner, who, sizeof(who));
	say_where(c, flow, place, where, sizeof(where));
	if (others)
		snprintf(more, sizeof(more), ", and %u more elsewhere", others);
	snprintf(text, sizeof(text), "; %s listens %s%s%s", who, where,
		 place == PLACE_HERE ? ", and yet it was not found" : "", more);
	finding_add_fragment(f, "listens_elsewhere", text);
	finding_add_string(f, "elsewhere", names[place], "%s listens %s%s", who,
			   where, more);
	finding_add_string(f, "elsewhere_by", flow->owner->comm, NULL);
	if (flow->owner->pid)
		finding_add_number(f, "elsewhere_pid", flow->owner->pid, NULL);
	words_endpoint(flow->conn.laddr, flow->conn.lport, at, sizeof(at));
	finding_add_string(f, "elsewhere_at", at, NULL);
	finding_add_event(f, flow->state_since.seq);
	return place != PLACE_HERE;
}
