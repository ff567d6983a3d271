// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "catalogue.h"

#include <string.h>

/* In the order in which they are tried; one a line, for merges. */
/* clang-format off */
const struct rule_family *const catalogue[] = {
	&reset_act_rules,
	&reset_listener_rules,
	&reset_resources_rules,
	&reset_timer_rules,
	&reset_killed_rules,
	&reset_mptcp_rules,
	&reset_answer_rules,
	&reset_handshake_rules,
	&reset_outside_rules,
	&reset_received_rules,
	&retransmit_rules,
	&recovery_rules,
	&synack_rules,
	&connect_rules,
	&connection_rules,
	&stall_rules,
	NULL,
};
/* clang-format on */

const struct rule *catalogue_find(const char *id)
{
	for (unsigned int i = 0; catalogue[i]; i++)
		for (unsigned int r = 0; r < catalogue[i]->count; r++)
			if (!strcmp(catalogue[i]->rules[r].id, id))
				return &catalogue[i]->rules[r];
	return NULL;
}
