/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A finding: what happened to a connection, who did it, why, how we know. */
#ifndef TCPWHY_FINDING_H
#define TCPWHY_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "flow.h"
#include "host.h"
#include "stack.h"

enum finding_what {
	WHAT_RST_SENT,
	WHAT_RST_RECEIVED,
	WHAT_RETRANSMIT,
	WHAT_SYNACK_RETRANSMIT,
	WHAT_CONNECT_FAILED,
	WHAT_CONNECTION_FAILED,
	WHAT_STALLED,
	WHAT_COUNT,
};

enum confidence {
	CONFIDENCE_UNKNOWN,
	CONFIDENCE_LIKELY,
	CONFIDENCE_CERTAIN,
};

const char *finding_what_name(enum finding_what what); /* "rst-sent" */
const char *confidence_name(enum confidence confidence);

#define FINDING_MAX_EVIDENCE 24
#define FINDING_MAX_EVENTS   16

enum evidence_type {
	EVIDENCE_NUMBER,
	EVIDENCE_STRING,
	EVIDENCE_FRAGMENT, /* part of a sentence, for the texts alone */
};

/* How much of a finding is needed. */
enum finding_detail {
	FINDING_FULL,
	FINDING_FACTS, /* all but the phrases of its evidence */
	FINDING_BRIEF, /* what, who, where and why: neither evidence nor texts
			*/
	FINDING_NONE,  /* nobody wants to know: it need not be judged */
};

/* One piece of evidence, and how it reads. */
struct evidence {
	const char *key;
	enum evidence_type type;
	int64_t number;
	char string[256];
	char phrase[192]; /* in text; "": not there */
};

struct finding {
	uint64_t time; /* CLOCK_MONOTONIC ns, of the event that triggered it */
	uint64_t seq;  /* its number */
	enum finding_detail detail;
	enum finding_what what;
	const struct rule *rule; /* NULL: no rule explains it */
	enum confidence confidence;
	char trigger[32];
	struct event_conn conn;
	uint8_t state;	    /* of the local socket when it happened */
	struct party owner; /* basis PARTY_NONE: nobody, or not known */
	struct party actor;
	struct party peer;
	/* Of the local socket, if there are several, else NULL; the flow's own.
	 */
	const struct holders *holders;
	bool has_peer;	  /* the other end is on this host */
	bool spurious;	  /* a retransmission that is proven needless */
	bool after_loss;  /* events were lost that it may have to do with */
	struct span lost; /* ... from when to when */
	unsigned int evidence_count;
	unsigned int event_count;
	uint64_t events[FINDING_MAX_EVENTS]; /* ascending */
	/* From here on it is large; what the counts leave out is not read. */
	struct evidence evidence[FINDING_MAX_EVIDENCE];
	struct stack stack;
	char why[512];
	char effect[320];
	char advice[320];
};

#define FINDING_HEAD offsetof(struct finding, evidence)

/* Make it an empty one. */
void finding_clear(struct finding *finding);

/* "rst.linger-zero"; "unknown" without a rule. */
const char *finding_cause(const struct finding *finding);

/*
 * Add evidence. @key must outlive the finding; @phrase is a printf format for
 * the text output, NULL for none. What does not fit is left out.
 */
__attribute__((format(printf, 4, 5))) void
finding_add_number(struct finding *finding, const char *key, int64_t number,
		   const char *phrase, ...);
__attribute__((format(printf, 4, 5))) void
finding_add_string(struct finding *finding, const char *key, const char *string,
		   const char *phrase, ...);

/* Evidence that JSON tells in another way. */
__attribute__((format(printf, 2, 3))) void
finding_add_phrase(struct finding *finding, const char *phrase, ...);

/* A part of a sentence that a rule's text may name as {key}. */
void finding_add_fragment(struct finding *finding, const char *key,
			  const char *text);

/* Add an event that the finding rests on; 0 is ignored, and so are repeats. */
void finding_add_event(struct finding *finding, uint64_t seq);

#endif /* TCPWHY_FINDING_H */
