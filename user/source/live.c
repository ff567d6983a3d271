// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "live.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/membarrier.h>

#include "balance.h"
#include "decode.h"
#include "facts.h"
#include "firewall.h"
#include "holders.h"
#include "kernel.h"
#include "loading.h"
#include "parts.h"
#include "priority.h"
#include "ring.h"
#include "scan.h"
#include "stalls.h"
#include "tcpwhy.skel.h"

/* An event may be stamped a little before it is visible in the ring. */
#define TICK_LAG_NS 2000000ULL

/* How often the kernel is asked who holds what. */
#define ASK_EVERY_NS 10000000ULL

/* At the end the kernel is asked as if so much later. */
#define LAST_LOOK_NS 1000000000ULL

/* How often losses are looked for that leave no gap in the ring. */
#define LOSS_CHECK_NS 500000000ULL

/*
 * How often, in time of events, a gap in the ring is told while it grows: well
 * within the settling window, so that findings which it touches say so.
 */
#define GAP_CHECK_NS 10000000ULL

struct live {
	struct tcpwhy_bpf *skel;
	struct btf *btf;
	struct ring ring;
	struct facts *facts;
	struct parts parts;
	struct firewall *firewall;
	bool all_resets;
	bool rejects;	       /* a firewall, as we began */
	int32_t firewall_drop; /* the reason; EVENT_NO_REASON: none is given */
	struct holders holders;
	struct stalls stalls;
	uint64_t ask_at; /* when to ask about owners next, ns */
	struct scan scan;
	size_t scanned; /* how many of scan were delivered */
	struct balance balance;
	uint64_t gap_check;	  /* a gap is told when events are so late */
	uint64_t attached_at;	  /* from when on all programs are there */
	uint64_t stopped_at;	  /* until when they were; 0: still are */
	uint64_t loss_check;	  /* when to look next, CLOCK_MONOTONIC ns */
	bool (*go_on)(void *arg); /* during live_run(); NULL: empty the ring */
	void *go_on_arg;
	unsigned int since_asked; /* records since go_on() was asked */
	const struct source_handler *handler; /* during live_run() */
	int err;			      /* of the handler */
};

static int on_record(void *arg, void *data, size_t size);

/* A program that the kernel refused is asked nothing. */
static struct bpf_program *if_loaded(struct bpf_program *program)
{
	return bpf_program__fd(program) < 0 ? NULL : program;
}

static int open_ring(struct live *live)
{
	int changes = firewall_fd(live->firewall);
	int err = ring_open(&live->ring, live->skel->maps.events, on_record,
			    live);

	if (!err && changes >= 0)
		err = ring_listen(&live->ring, changes);
	return err;
}

static int attach(struct live *live, struct live_problem *problem)
{
	const struct part *failed;
	int err;

	err = open_ring(live);
	if (err) {
		problem_explain(problem, "cannot map the ring buffer: %s",
				strerror(-err));
		return err;
	}
	live->firewall_drop = kernel_drop_reason(live->btf, "NETFILTER_DROP");
	live->rejects = firewall_rejects(live->firewall, facts_now());
	/* From the first attached on, events wait until all this is done. */
	facts_await_symbols(live->facts);
	live->holders.gauge = &live->ring.gauge;
	live->holders.wanted = live->skel->maps.wanted;
	live->holders.program =
		if_loaded(live->skel->progs.on_task_file_wanted);
	live->stalls.program = if_loaded(live->skel->progs.on_tcp_stalled);
	live->stalls.stalled = live->skel->maps.stalled;
	err = parts_attach(&live->parts, live->skel->skeleton, live->all_resets,
			   &failed);
	if (err)
		problem_explain(problem, "cannot attach to %s: %s",
				failed->hook, strerror(-err));
	live->attached_at = facts_now();
	live->balance.drawn_at = live->attached_at;
	return err;
}

static int load(struct live *live, const struct live_options *options,
		struct live_problem *problem)
{
	int err = kernel_btf_load(&live->btf);

	if (err) {
		problem_explain(
			problem,
			"this kernel does not describe its types (no "
			"usable /sys/kernel/btf/vmlinux; is /sys mounted?); "
			"tcpwhy needs a "
			"kernel built with CONFIG_DEBUG_INFO_BTF=y, 5.10 or "
			"newer");
		return err;
	}
	return load_programs(&live->skel, live->btf, &live->parts, options,
			     problem);
}

int live_open(struct live **out, const struct live_options *options,
	      struct live_problem *problem)
{
	struct live *live = calloc(1, sizeof(*live));
	int err;

	problem_explain(problem, "out of memory");
	if (!live)
		return -ENOMEM;
	live->ring = RING_NONE;
	parts_init(&live->parts);
	live->facts = facts_new(options->cmdlines);
	live->firewall = firewall_new();
	live->all_resets = options->all_resets;
	if (live->facts)
		facts_begin_symbols(live->facts);
	err = live->facts && live->firewall ? load(live, options, problem)
					    : -ENOMEM;
	if (!err)
		err = attach(live, problem);
	if (err) {
		live_close(live);
		return err;
	}
	*out = live;
	return 0;
}

void live_close(struct live *live)
{
	if (!live)
		return;
	ring_close(&live->ring);
	stalls_free(&live->stalls);
	tcpwhy_bpf__destroy(live->skel);
	kernel_btf_free(live->btf);
	facts_free(live->facts);
	firewall_free(live->firewall);
	scan_free(&live->scan);
	free(live);
}

const struct parts *live_parts(const struct live *live)
{
	return &live->parts;
}

const struct btf *live_btf(const struct live *live)
{
	return live->btf;
}

/* A dozen MiB, of no use once all is loaded and named. */
static void drop_btf(struct live *live)
{
	kernel_btf_free(live->btf);
	live->btf = NULL;
	malloc_trim(0);
}

/* --- counting --- */

static int deliver_counts(struct live *live, bool only_new_losses)
{
	struct fact fact;

	if (!balance_draw(&live->balance, live->skel, &live->parts, facts_now(),
			  &fact) &&
	    only_new_losses)
		return 0;
	return live->handler->fact(live->handler->arg, &fact);
}

/*
 * Before an event of @time: the pipeline has to know of a gap before it shows
 * what that may have to do with.
 */
static int tell_gap(struct live *live, uint64_t time)
{
	if (!balance_has_gap(&live->balance, live->skel) ||
	    time < live->gap_check)
		return 0;
	live->gap_check = time + GAP_CHECK_NS;
	return deliver_counts(live, true);
}

/* --- delivering --- */

/*
 * Our programs come and go one by one: while not all are there, an event may
 * lack the other that explains it. What it was about is found by the scan.
 */
static bool is_half(const struct live *live, const struct event_header *e)
{
	if (e->kind == EVENT_EXISTING || e->kind == EVENT_HOLDER ||
	    !event_conn(e))
		return false;
	return e->time < live->attached_at ||
	       (live->stopped_at && e->time > live->stopped_at);
}

/* Only what drops may also reject. */
static void watch_firewall(struct live *live, const struct event_header *event)
{
	if (event->kind == EVENT_DROP &&
	    event_segment(event)->reason == live->firewall_drop)
		firewall_dropped(live->firewall);
}

static int deliver(struct live *live, const void *data, size_t size)
{
	const struct event_header *event;
	const char *problem;
	int err;

	event = event_decode(data, size, &problem);
	if (!event) {
		live->balance.bad++;
		return 0;
	}
	if (is_half(live, event)) {
		live->balance.left_out[event->kind]++;
		return 0;
	}
	live->balance.delivered++;
	live->balance.received[event->kind]++;
	watch_firewall(live, event);
	err = facts_for(live->facts, event, live->handler);
	return err ? err : live->handler->event(live->handler->arg, event);
}

/* What the scan saw up to @time comes before the ring's events after it. */
static int deliver_scan(struct live *live, uint64_t time)
{
	while (live->scanned < live->scan.count) {
		const struct sock_event *event =
			&live->scan.events[live->scanned];
		int err;

		if (event->h.time > time)
			return 0;
		live->scanned++;
		live->balance.aside++;
		err = deliver(live, event, sizeof(*event));
		if (err)
			return err;
	}
	return 0;
}

static int read_ring(struct live *live)
{
	int err = ring_read(&live->ring);

	return live->err ? live->err : err;
}

/* So much of the scan was read until now: the ring has what came before. */
static int deliver_chunk(void *arg)
{
	struct live *live = arg;
	int err;

	live->scanned = 0;
	err = read_ring(live);
	return err ? err : deliver_scan(live, UINT64_MAX);
}

/* Not at every event, nor before all is known that was there before. */
static bool may_ask(const struct live *live, uint64_t now)
{
	return now >= live->ask_at && !live->scan.count &&
	       live->holders.program;
}

/*
 * Between two events, so that the answers have a fixed place among them: a
 * replay then knows as much at each event as the live run did.
 */
static int ask_holders(struct live *live, uint64_t now, bool patient)
{
	struct holder_query query;
	struct scan answers = { 0 };
	int err = 0;

	live->ask_at = now + ASK_EVERY_NS;
	if (!live->handler->wants(live->handler->arg, now, &query))
		return 0;
	err = holders_ask(&live->holders, &query, now, patient, &answers);
	for (size_t i = 0; !err && i < answers.count; i++) {
		live->balance.aside++;
		err = deliver(live, &answers.events[i],
			      sizeof(answers.events[i]));
	}
	scan_free(&answers);
	return err;
}

/* Do we read events as they come? Else more are waiting in the ring. */
static bool is_current(uint64_t time)
{
	return facts_now() < time + 2 * RING_WAKE_NS;
}

static int on_record(void *arg, void *data, size_t size)
{
	struct live *live = arg;
	int err = 0;

	if (size >= sizeof(struct event_header)) {
		uint64_t time = ((struct event_header *)data)->time;

		err = tell_gap(live, time);
		if (!err && live->scan.count)
			err = deliver_scan(live, time);
		if (!err && may_ask(live, time))
			err = ask_holders(live, time, is_current(time));
	}
	if (!err)
		err = deliver(live, data, size);
	live->err = err;
	/*
	 * Under load the ring never runs empty: look up now and then. This
	 * record is done with, the next is not taken.
	 */
	if (!err && live->go_on && ++live->since_asked == 1024) {
		live->since_asked = 0;
		if (!live->go_on(live->go_on_arg))
			return -ECANCELED;
	}
	return err;
}

int live_start(struct live *live, const struct source_handler *handler)
{
	int err;

	parts_attach_on_demand(&live->parts, live->skel->skeleton,
			       live->all_resets || live->rejects);
	err = facts_host(handler, live->attached_at);
	if (!err)
		err = kernel_names(live->btf, handler);
	drop_btf(live);
	return err;
}

int live_scan(struct live *live, const struct source_handler *handler)
{
	int err;

	live->handler = handler;
	live->scan.full = deliver_chunk;
	live->scan.arg = live;
	err = stalls_begin(&live->stalls);
	if (!err)
		err = scan_sockets(&live->scan, live->skel->progs.on_task_file,
				   live->skel->progs.on_tcp);
	if (!err)
		err = deliver_chunk(live);
	if (live->skel->bss->held_up_before)
		stalls_suspect(&live->stalls);
	scan_free(&live->scan);
	/* From here on the kernel side knows which of them are in scope. */
	live->skel->bss->filter_ready = 1;
	priority_raise();
	return err;
}

static int deliver_stalled(void *arg, const struct segment_event *e)
{
	struct live *live = arg;

	live->balance.aside++;
	return deliver(live, e, sizeof(*e));
}

static int drain(struct live *live)
{
	uint64_t now = facts_now();
	int err = read_ring(live);

	if (err)
		return err;
	if (!live->all_resets && !live->stopped_at)
		parts_attach_on_demand(&live->parts, live->skel->skeleton,
				       firewall_rejects(live->firewall, now));
	err = may_ask(live, now) ? ask_holders(live, now, true) : 0;
	if (!err && live->go_on)
		err = stalls_look(&live->stalls, facts_now(), deliver_stalled,
				  live);
	if (!err && now >= live->loss_check) {
		live->loss_check = now + LOSS_CHECK_NS;
		err = deliver_counts(live, true);
	} else if (!err) {
		err = tell_gap(live, now);
	}
	if (!err)
		err = live->handler->tick(live->handler->arg,
					  now - TICK_LAG_NS);
	return err;
}

static int await_events(struct live *live)
{
	uint64_t woken = *(volatile __u64 *)&live->skel->bss->last_wakeup;
	uint64_t due = live->handler->due(live->handler->arg);
	uint64_t now = facts_now();

	/* What is due at a time is done by a tick that is later. */
	if (due < UINT64_MAX - TICK_LAG_NS)
		due += TICK_LAG_NS;
	return ring_wait(&live->ring, ring_pause_ms(now, woken, due));
}

/*
 * Detached or not, a program that runs on another CPU goes on to its end. All
 * run as RCU readers, and this returns when those of now are done.
 */
static void await_programs(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

int live_run(struct live *live, const struct source_handler *handler,
	     bool (*go_on)(void *arg), void *arg)
{
	int counts_err, err = 0;
	uint64_t last;

	live->handler = handler;
	live->go_on = go_on;
	live->go_on_arg = arg;
	while (!err && go_on(arg)) {
		err = await_events(live);
		if (!err)
			err = drain(live);
		if (err == -ECANCELED)
			err = 0;
	}
	/* No more can come once the programs are detached. */
	live->stopped_at = facts_now();
	tcpwhy_bpf__detach(live->skel);
	await_programs();
	live->go_on = NULL;
	if (!err)
		err = drain(live);
	last = facts_now() + LAST_LOOK_NS;
	if (!err && may_ask(live, last)) /* about all that still waits */
		err = ask_holders(live, last, true);
	counts_err = deliver_counts(live, false); /* whatever went wrong */
	return err ? err : counts_err;
}
