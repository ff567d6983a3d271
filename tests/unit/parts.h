/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parts of flows that a test makes without a table. */
#ifndef TCPWHY_TEST_PARTS_H
#define TCPWHY_TEST_PARTS_H

#include "flow.h"

/* What a flow names outlives the test that names it. */
static inline const struct party *kept_party(struct party party)
{
	static struct party kept[64];
	static unsigned int next;
	struct party *place = &kept[next++ % 64];

	*place = party;
	return place;
}

static inline const struct flow_past *kept_past(struct flow_past past)
{
	static struct flow_past kept[64];
	static unsigned int next;
	struct flow_past *place = &kept[next++ % 64];

	if (!past.act.who)
		past.act.who = &party_nobody;
	if (!past.let_go_by)
		past.let_go_by = &party_nobody;
	*place = past;
	return place;
}

#endif /* TCPWHY_TEST_PARTS_H */
