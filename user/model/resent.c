// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "resent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow_table.h"

static void remove_waiting(struct resent *r, unsigned int at)
{
	r->waiting_count--;
	memmove(&r->waiting[at], &r->waiting[at + 1],
		(r->waiting_count - at) * sizeof(r->waiting[0]));
}

static struct resent_verdict *new_verdict(struct resent *r)
{
	if (r->verdict_count == RESENT_MAX_VERDICTS) {
		/* Nobody has asked for so long that nobody will. */
		memmove(&r->verdicts[0], &r->verdicts[1],
			--r->verdict_count * sizeof(r->verdicts[0]));
	}
	return memset(&r->verdicts[r->verdict_count++], 0,
		      sizeof(r->verdicts[0]));
}

static void decide(struct resent *r, uint64_t seq, enum resent_proof proof,
		   uint32_t needless)
{
	struct resent_verdict *v = new_verdict(r);
	unsigned int i = 0;

	v->seq = seq;
	v->proof = proof;
	while (i < r->waiting_count) {
		if (proof == PROOF_UNDO && !r->waiting[i].in_recovery) {
			i++;
			continue;
		}
		v->of[v->count++] = r->waiting[i];
		v->segments += r->waiting[i].segments;
		remove_waiting(r, i);
	}
	v->needless = needless < v->segments ? needless : v->segments;
	if (!v->count)
		r->verdict_count--;
}

static void learn_dsacks(struct resent *r, uint32_t dsacks, uint64_t seq)
{
	uint32_t more = dsacks - r->dsacks;

	r->dsacks = dsacks;
	if (more && more < UINT32_MAX / 2)
		decide(r, seq, PROOF_DSACK, more);
}

/* Only a window that was reduced for this can be given back. */
static void learn_undo(struct resent *r, const struct segment_event *e,
		       uint64_t seq)
{
	if (e->h.kind == EVENT_RECOVERY && !e->tcp.undo_marker)
		decide(r, seq, PROOF_UNDO, UINT32_MAX);
}

/*
 * A peer that was heard a whole timeout after it, and did not say that it had
 * the segment twice, had no reason to.
 */
static void forget_needed(struct resent *r, const struct segment_event *e)
{
	uint32_t heard = e->tcp.last_acked;

	while (heard && r->waiting_count &&
	       (int32_t)(heard - r->waiting[0].jiffies) > 0 &&
	       heard - r->waiting[0].jiffies > e->tcp.rto)
		remove_waiting(r, 0);
}

static void await_proof(struct resent *r, const struct segment_event *e,
			uint64_t seq)
{
	struct resent_one *one;

	if (r->waiting_count == RESENT_MAX)
		remove_waiting(r, 0);
	one = &r->waiting[r->waiting_count++];
	*one = (struct resent_one){
		.time = e->h.time,
		.seq = seq,
		.jiffies = e->tcp.jiffies,
		.in_recovery = e->tcp.undo_marker,
		.segments = e->seg.gso_segs ? e->seg.gso_segs : 1,
	};
}

static void learn_pmtu(struct resent *r, uint32_t pmtu)
{
	if (pmtu && pmtu < r->pmtu)
		r->old_pmtu = r->pmtu;
	if (pmtu)
		r->pmtu = pmtu;
}

static void remember_copy(struct resent *r, const struct segment_event *e)
{
	r->copies[r->copy_next++ % RESENT_MAX] = (struct resent_copy){
		.time = e->h.time,
		.first = e->seg.seq,
		.end = e->seg.end_seq,
		.failed = e->err,
	};
}

bool resent_because(const struct flow *flow, uint64_t dropped, uint32_t first,
		    uint32_t end, uint64_t now)
{
	const struct resent *r = flow->symptoms->resent;

	for (unsigned int i = 0; r && i < RESENT_MAX; i++) {
		const struct resent_copy *copy = &r->copies[i];

		if (!copy->time || copy->time >= now ||
		    (int32_t)(copy->first - end) >= 0 ||
		    (int32_t)(first - copy->end) >= 0)
			continue;
		if (copy->time > dropped + RESENT_OWN_NS ||
		    (copy->failed && dropped <= copy->time))
			return false;
	}
	return true;
}

int resent_segment(struct flow_table *table, struct flow *flow,
		   const struct segment_event *e, uint64_t seq)
{
	struct resent *r = flow->symptoms->resent;
	struct flow_symptoms *symptoms;

	if (!r && e->h.kind != EVENT_RETRANSMIT)
		return 0;
	if (!r) {
		symptoms = flow_symptoms(table, flow);
		if (symptoms)
			r = symptoms->resent = calloc(1, sizeof(*r));
		if (!r)
			return -ENOMEM;
		r->dsacks = e->tcp.dsacks;
	}
	learn_dsacks(r, e->tcp.dsacks, seq);
	learn_undo(r, e, seq);
	learn_pmtu(r, e->tcp.pmtu);
	if (e->h.kind != EVENT_RETRANSMIT)
		return 0;
	forget_needed(r, e);
	remember_copy(r, e);
	if (!e->err)
		await_proof(r, e, seq);
	return 0;
}

void resent_sock(struct flow *flow, const struct sock_event *e, uint64_t seq)
{
	if (flow->symptoms->resent)
		learn_dsacks(flow->symptoms->resent, e->dsacks, seq);
}

void resent_count(struct flow *flow, enum resent_kind kind)
{
	if (flow->symptoms->resent)
		flow->symptoms->resent->counts[kind]++;
}

enum resent_proof resent_take_proof(struct flow *flow, uint64_t seq)
{
	struct resent *r = flow->symptoms->resent;

	for (unsigned int i = 0; r && i < r->verdict_count; i++) {
		struct resent_verdict *v = &r->verdicts[i];

		for (unsigned int n = 0; n < v->count; n++) {
			if (v->of[n].seq != seq || v->needless < v->segments)
				continue;
			v->needless -= v->of[n].segments;
			v->segments -= v->of[n].segments;
			v->count--;
			memmove(&v->of[n], &v->of[n + 1],
				(v->count - n) * sizeof(v->of[0]));
			return v->proof;
		}
	}
	return PROOF_NONE;
}

bool resent_take_verdict(struct flow *flow, uint64_t seq,
			 struct resent_verdict *verdict)
{
	struct resent *r = flow->symptoms->resent;

	if (!r || !r->verdict_count || r->verdicts[0].seq > seq)
		return false;
	*verdict = r->verdicts[0];
	r->verdict_count--;
	memmove(&r->verdicts[0], &r->verdicts[1],
		r->verdict_count * sizeof(r->verdicts[0]));
	return true;
}

const char *resent_proof_name(enum resent_proof proof)
{
	return proof == PROOF_DSACK  ? "dsack"
	       : proof == PROOF_UNDO ? "undo"
				     : NULL;
}
