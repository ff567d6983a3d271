// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "flow_parts.h"

#include <errno.h>
#include <stdlib.h>

const struct flow_past flow_no_past = {
	.act.who = &party_nobody,
	.let_go_by = &party_nobody,
};
const struct flow_resets flow_no_resets = { .killer = &party_nobody };
const struct flow_symptoms flow_no_symptoms;

int flow_parts_init(struct flow_parts *parts)
{
	slab_init(&parts->pasts, sizeof(struct flow_past));
	slab_init(&parts->resets, sizeof(struct flow_resets));
	slab_init(&parts->symptoms, sizeof(struct flow_symptoms));
	parts->parties = parties_new();
	return parts->parties ? 0 : -ENOMEM;
}

void flow_parts_free(struct flow_parts *parts)
{
	slab_free(&parts->pasts);
	slab_free(&parts->resets);
	slab_free(&parts->symptoms);
	parties_free(parts->parties);
}

struct flow_past *flow_parts_past(struct flow_parts *parts, struct flow *flow)
{
	struct flow_past *past = (struct flow_past *)flow->past;
	uint32_t number;

	if (past != &flow_no_past)
		return past;
	past = slab_take(&parts->pasts, &number);
	if (!past)
		return NULL;
	*past = flow_no_past;
	past->number = number;
	flow->past = past;
	return past;
}

struct flow_resets *flow_parts_resets(struct flow_parts *parts,
				      struct flow *flow)
{
	struct flow_resets *resets = (struct flow_resets *)flow->resets;
	uint32_t number;

	if (resets != &flow_no_resets)
		return resets;
	resets = slab_take(&parts->resets, &number);
	if (!resets)
		return NULL;
	*resets = flow_no_resets;
	resets->number = number;
	flow->resets = resets;
	return resets;
}

struct flow_symptoms *flow_parts_symptoms(struct flow_parts *parts,
					  struct flow *flow)
{
	struct flow_symptoms *symptoms = (struct flow_symptoms *)flow->symptoms;
	uint32_t number;

	if (symptoms != &flow_no_symptoms)
		return symptoms;
	symptoms = slab_take(&parts->symptoms, &number);
	if (!symptoms)
		return NULL;
	symptoms->number = number;
	flow->symptoms = symptoms;
	return symptoms;
}

static void holders_free(struct flow_parts *parts, struct holders *holders)
{
	for (unsigned int i = 0; holders && i < holders->count; i++)
		parties_unset(parts->parties, &holders->who[i]);
	free(holders);
}

void flow_parts_drop(struct flow_parts *parts, struct flow *flow)
{
	struct flow_past *past = (struct flow_past *)flow->past;
	struct flow_resets *resets = (struct flow_resets *)flow->resets;
	struct flow_symptoms *symptoms = (struct flow_symptoms *)flow->symptoms;

	parties_unset(parts->parties, &flow->owner);
	holders_free(parts, (struct holders *)flow->holders);
	if (past != &flow_no_past) {
		parties_unset(parts->parties, &past->act.who);
		parties_unset(parts->parties, &past->let_go_by);
		slab_give(&parts->pasts, past, past->number);
	}
	if (resets != &flow_no_resets) {
		parties_unset(parts->parties, &resets->killer);
		slab_give(&parts->resets, resets, resets->number);
	}
	if (symptoms != &flow_no_symptoms) {
		free(symptoms->error);
		free(symptoms->resent);
		slab_give(&parts->symptoms, symptoms, symptoms->number);
	}
}
