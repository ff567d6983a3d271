// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "balance.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "tcpwhy.skel.h"

struct drawn {
	uint64_t lost;	 /* the ring had no room for them */
	uint64_t missed; /* programs were left out */
};

static void read_kind(struct kind_count *count, const struct event_count *cpus,
		      int cpu_count, const struct part_misses *misses,
		      struct drawn *drawn)
{
	uint64_t rescued = 0, missed = misses->count;

	for (int cpu = 0; cpu < cpu_count; cpu++) {
		count->produced += cpus[cpu].produced;
		count->lost += cpus[cpu].lost;
		count->filtered += cpus[cpu].filtered;
		rescued += cpus[cpu].rescued;
	}
	if (misses->less_rescued)
		missed -= rescued < missed ? rescued : missed;
	drawn->lost += count->lost;
	drawn->missed += missed;
	count->produced += missed;
	count->lost += missed;
}

static struct drawn read_counts(const struct balance *balance,
				const struct tcpwhy_bpf *skel,
				const struct parts *parts,
				struct kind_count *kinds)
{
	int cpus = libbpf_num_possible_cpus();
	struct event_count *percpu = calloc(cpus, sizeof(*percpu));
	struct part_misses misses[EVENT_KINDS];
	int fd = bpf_map__fd(skel->maps.counts);
	struct drawn drawn = { 0 };

	/* These first: what is rescued was missed before. */
	parts_misses(parts, skel->obj, misses);
	for (uint32_t kind = 0; percpu && kind < EVENT_KINDS; kind++)
		if (!bpf_map_lookup_elem(fd, &kind, percpu))
			read_kind(&kinds[kind], percpu, cpus, &misses[kind],
				  &drawn);
	free(percpu);
	for (uint32_t kind = 0; kind < EVENT_KINDS; kind++) {
		kinds[kind].produced -= balance->left_out[kind];
		kinds[kind].received = balance->received[kind];
	}
	return drawn;
}

bool balance_has_gap(const struct balance *balance,
		     const struct tcpwhy_bpf *skel)
{
	uint64_t to = __atomic_load_n(&skel->bss->gap.to, __ATOMIC_RELAXED);

	return to != balance->gap_told;
}

/* Takes it: what is lost from now on is another gap. */
static struct event_gap take_gap(struct balance *balance,
				 struct tcpwhy_bpf *skel)
{
	struct event_gap *gap = &skel->bss->gap;
	struct event_gap taken;

	taken.from = __atomic_exchange_n(&gap->from, 0, __ATOMIC_ACQ_REL);
	taken.to = __atomic_load_n(&gap->to, __ATOMIC_ACQUIRE);
	if (taken.to == balance->gap_told)
		return (struct event_gap){ 0 };
	/* Between those two, or noted by another CPU just before. */
	if (!taken.from || taken.from > taken.to)
		taken.from = balance->gap_told;
	balance->gap_told = taken.to;
	return taken;
}

bool balance_draw(struct balance *balance, struct tcpwhy_bpf *skel,
		  const struct parts *parts, uint64_t now, struct fact *fact)
{
	struct event_gap gap = take_gap(balance, skel);
	uint64_t told = balance->lost_told;
	struct drawn drawn;

	memset(fact, 0, sizeof(*fact));
	fact->kind = FACT_COUNTS;
	drawn = read_counts(balance, skel, parts, fact->counts.kinds);
	if (drawn.missed > balance->missed_told) { /* nobody knows when */
		gap.from = balance->drawn_at;
		gap.to = now;
	}
	fact->counts.decoded = balance->delivered - balance->aside;
	fact->counts.bad = balance->bad;
	fact->counts.gap_from = gap.from;
	fact->counts.gap_to = gap.to;
	balance->drawn_at = now;
	balance->missed_told = drawn.missed;
	balance->lost_told = drawn.lost + drawn.missed;
	return gap.to || balance->lost_told != told;
}
