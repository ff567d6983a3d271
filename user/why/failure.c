// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "failure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "stack.h"
#include "words.h"

/* The error is told right before or after the change of state. */
#define SAME_ERROR_NS 100000000ULL

/* icmp_err_convert[], tab_unreach[], and failed route lookups. */
bool failure_is_unreachable(int err)
{
	switch (err) {
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ECONNREFUSED:
	case EACCES:
	case EHOSTDOWN:
	case ENETDOWN:
	case ENONET:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case EPROTO:
		return true;
	default:
		return false;
	}
}

bool failure_is_told_by_icmp(const struct evidence_case *c)
{
	const struct segment_event *e =
		c->flow ? c->flow->symptoms->error : NULL;
	uint64_t now = c->event->time;
	struct stack stack;

	if (!e || e->tcp.err != c->sock->err ||
	    (e->h.time > now ? e->h.time - now : now - e->h.time) >
		    SAME_ERROR_NS)
		return false;
	stack_read(&stack, c->host, e);
	return stack_has(&stack, "tcp_v4_err") ||
	       stack_has(&stack, "tcp_v6_err");
}

static bool dropped_for(const struct evidence_case *c, const char *reason)
{
	const char *name =
		c->drop ? drop_reason(c->host, &c->drop->event) : NULL;

	return name && !strcmp(name, reason);
}

/* Kernels before 6.17 do not tell of segments that could not be sent. */
static bool has_no_route(const struct evidence_case *c)
{
	return c->flow && failure_is_unreachable(c->flow->symptoms->send_err);
}

void failure_add_origin(const struct evidence_case *c, struct finding *f)
{
	const char *error = words_errno(c->sock->err);
	bool by_icmp = failure_is_told_by_icmp(c);
	char place[96] = "", how[240];

	evidence_trigger(f, "icmp");
	if (dropped_for(c, "NETFILTER_DROP")) {
		evidence_add_drop(c, f, "dropped by", place, sizeof(place));
		snprintf(how, sizeof(how),
			 "%s on this host rejected it with an ICMP error",
			 place);
	} else if (dropped_for(c, "NEIGH_FAILED")) {
		evidence_add_drop(c, f, "dropped by", place, sizeof(place));
		snprintf(how, sizeof(how),
			 "the next hop does not answer to ARP or neighbour "
			 "discovery");
	} else if (by_icmp) {
		snprintf(how, sizeof(how),
			 "an ICMP error came back, from the remote host or one "
			 "on the way");
	} else if (has_no_route(c)) {
		evidence_trigger(f, "timer:rto");
		snprintf(how, sizeof(how), "this host has no route there");
	} else if (c->sock->err_soft == c->sock->err) {
		/* Noted when it came, and told when the retries were over. */
		evidence_trigger(f, "timer:rto");
		snprintf(how, sizeof(how),
			 "ICMP errors came back, and no answer until the last "
			 "retry");
	} else {
		f->confidence = CONFIDENCE_LIKELY;
		snprintf(how, sizeof(how),
			 "an ICMP error came back, or there is no route");
	}
	finding_add_string(f, "failed_with", error, "%s", error);
	finding_add_fragment(f, "how", how);
	if (by_icmp) {
		finding_add_string(f, "told_by", "icmp",
				   "told by an ICMP error");
		finding_add_event(f, c->flow->symptoms->error_seq);
	}
}
