/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rules: how each cause is recognised, and what is said about it. A family of
 * rules is one file with one const table; catalogue.c lists the families.
 */
#ifndef TCPWHY_RULE_H
#define TCPWHY_RULE_H

#include "drops.h"
#include "finding.h"
#include "flow.h"
#include "host.h"
#include "kernel.h"
#include "resets.h"
#include "stack.h"

/* All that is known when an event is judged, its settling window over. */
struct evidence_case {
	const struct host *host;
	const struct flow_table *flows;
	const struct drops *drops;
	const struct resets *resets;
	const struct event_header *event;
	uint64_t seq;
	const struct sock_event *sock;	     /* by kind, else NULL */
	const struct segment_event *segment; /* by kind, else NULL */
	const struct event_conn *conn;
	const struct flow *flow;   /* this end; NULL: no socket */
	uint8_t state;		   /* of flow, at the event; 0: no flow */
	const struct flow *peer;   /* the other end; NULL: not on this host */
	const struct stack *stack; /* empty without a segment */
	const char *reason;	   /* of the kernel, by name; "": none given */
	bool concluded; /* that there was a RST: this kernel did not tell */
	const struct drop *drop; /* the earlier copy, dropped here; or NULL */
	bool after_loss; /* events were lost, in @lost, while it lived */
	struct span lost;
	bool drop_missed; /* there may have been one that tcpwhy knows not of */
	/*
	 * A RST was received here, and sent here, but not by a socket: conn,
	 * flow and peer are its sender's, segment->tcp still its receiver's.
	 */
	bool turned;
	struct event_conn turned_conn; /* conn, then */
};

/*
 * Texts are templates: {owner}, {actor}, {peer}, {act}, ... are filled in
 * from the case (words.c has the list).
 */
struct rule {
	const char *id;
	enum finding_what what;
	uint32_t triggers; /* 1 << EVENT_..., of all that can match */
	/*
	 * What it takes besides, so that "check" can say what a kernel costs:
	 * other events (1 << EVENT_...), and what not every kernel tells (enum
	 * kernel_tells). Without one that it needs it never matches, without
	 * one that it wants some of its cases at least are no more than likely.
	 */
	uint32_t needs;
	uint32_t needs_told;
	uint32_t wants;
	uint32_t wants_told;
	/*
	 * Does the case show this cause? If so fill what is particular:
	 * confidence (CERTAIN unless set), trigger, actor, evidence.
	 */
	bool (*match)(const struct evidence_case *c, struct finding *f);
	const char *meaning; /* one line, for the catalogue */
	const char *why;
	const char *effect;
	const char *advice;
	const char *reference; /* RFC section, kernel function */
};

struct rule_family {
	const char *title;
	const struct rule *rules;
	unsigned int count;
};

extern const struct rule_family reset_act_rules;
extern const struct rule_family reset_listener_rules;
extern const struct rule_family reset_resources_rules;
extern const struct rule_family reset_timer_rules;
extern const struct rule_family reset_killed_rules;
extern const struct rule_family reset_mptcp_rules;
extern const struct rule_family reset_answer_rules;
extern const struct rule_family reset_handshake_rules;
extern const struct rule_family reset_outside_rules;
extern const struct rule_family reset_received_rules;
extern const struct rule_family retransmit_rules;
extern const struct rule_family recovery_rules;
extern const struct rule_family synack_rules;
extern const struct rule_family connect_rules;
extern const struct rule_family connection_rules;
extern const struct rule_family stall_rules;

#define RULE_FAMILY(name, heading, table)                  \
	const struct rule_family name = {                  \
		.title = heading,                          \
		.rules = table,                            \
		.count = sizeof(table) / sizeof(table[0]), \
	}

#endif /* TCPWHY_RULE_H */
