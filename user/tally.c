// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tally.h"

#include <stdlib.h>
#include <string.h>

/* How many processes, or addresses, findings are counted for. */
#define MAX_RANKED 512

struct tally {
	uint64_t findings;
	struct cause_count causes[SUMMARY_MAX_CAUSES];
	unsigned int cause_count;
	struct ranking *by_process, *by_remote;
};

struct tally *tally_new(void)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (!tally)
		return NULL;
	tally->by_process = ranking_new(MAX_RANKED);
	tally->by_remote = ranking_new(MAX_RANKED);
	if (tally->by_process && tally->by_remote)
		return tally;
	tally_free(tally);
	return NULL;
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	ranking_free(tally->by_process);
	ranking_free(tally->by_remote);
	free(tally);
}

/* Ids are constants of the catalogue: mostly the pointers tell. */
static bool is_same(const char *a, const char *b)
{
	return a == b || !strcmp(a, b);
}

static void count_cause(struct tally *t, const char *cause)
{
	unsigned int i = 0;

	while (i < t->cause_count && !is_same(t->causes[i].cause, cause))
		i++;
	if (i == SUMMARY_MAX_CAUSES)
		return;
	if (i == t->cause_count) {
		t->causes[i].cause = cause;
		t->cause_count++;
	}
	t->causes[i].count++;
	/* Most frequent first. */
	while (i && t->causes[i - 1].count < t->causes[i].count) {
		struct cause_count more = t->causes[i];

		t->causes[i] = t->causes[i - 1];
		t->causes[--i] = more;
	}
}

/* The process of this end; where there is none, of the other. */
static const struct party *whose(const struct finding *f)
{
	if (f->owner.pid)
		return &f->owner;
	return f->actor.pid || !f->has_peer ? &f->actor : &f->peer;
}

void tally_add(struct tally *tally, const struct finding *f)
{
	tally->findings++;
	count_cause(tally, finding_cause(f));
	ranking_add_process(tally->by_process, whose(f));
	ranking_add_address(tally->by_remote, f->conn.raddr);
}

void tally_sum(struct tally *tally, struct summary *s)
{
	s->findings = tally->findings;
	memcpy(s->causes, tally->causes, sizeof(s->causes));
	s->cause_count = tally->cause_count;
	s->by_process = ranking_list(tally->by_process, &s->process_count,
				     &s->process_others);
	s->by_remote = ranking_list(tally->by_remote, &s->remote_count,
				    &s->remote_others);
}
