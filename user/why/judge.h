/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The engine: one event, at most one finding, exactly one cause. */
#ifndef TCPWHY_JUDGE_H
#define TCPWHY_JUDGE_H

#include "drops.h"
#include "finding.h"
#include "host.h"
#include "moment.h"
#include "gaps.h"
#include "resets.h"

struct judge {
	const struct host *host;
	const struct flow_table *flows;
	const struct drops *drops;
	const struct resets *resets;
	const struct gaps *gaps;
};

/* Does it call for no finding? Most events change a state, as they should. */
bool judge_is_ordinary(const struct event_header *e);

/*
 * Judge @m. Returns true with @finding filled if the event is the trigger of
 * one; false if it calls for none, or is told in the finding of another. May
 * be asked again for more detail, but of an EVENT_RETRANSMIT: what is told of
 * its need is not told twice.
 */
bool judge_moment(const struct judge *judge, const struct moment *m,
		  enum finding_detail detail, struct finding *finding);

#endif /* TCPWHY_JUDGE_H */
