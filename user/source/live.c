// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "live.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/membarrier.h>

#include "config.h"
#include "decode.h"
#include "facts.h"
#include "firewall.h"
#include "holders.h"
#include "kernel.h"
#include "scan.h"
#include "stalls.h"
#include "tcpwhy.skel.h"

/* Look at the ring this often even if the kernel does not wake us. */
#define POLL_MS 10

/* The kernel wakes us no more often than this, unless the ring fills. */
#define WAKE_EVERY_NS 1000000ULL

/* An event may be stamped a little before it is visible in the ring. */
#define TICK_LAG_NS 2000000ULL

/* How often the kernel is asked who holds what. */
#define ASK_EVERY_NS 10000000ULL

/* At the end the kernel is asked as if so much later. */
#define LAST_LOOK_NS 1000000000ULL

/* How often losses are looked for. */
#define LOSS_CHECK_NS 500000000ULL

static const struct live_part parts_template[] = {
	{ .program = "on_state",
	  .kind = EVENT_STATE,
	  .hook = "sock:inet_sock_set_state",
	  .tracepoint = "inet_sock_set_state",
	  .lost = "everything",
	  .needed = true },
	{ .program = "on_send_reset",
	  .kind = EVENT_RESET_SENT,
	  .hook = "tcp:tcp_send_reset",
	  .tracepoint = "tcp_send_reset",
	  .lost = "who sent a RST, and why" },
	{ .program = "on_receive_reset",
	  .kind = EVENT_RESET_RECEIVED,
	  .hook = "tcp:tcp_receive_reset",
	  .tracepoint = "tcp_receive_reset",
	  .lost = "RSTs from other hosts, and what they did here" },
	{ .program = "on_retransmit",
	  .kind = EVENT_RETRANSMIT,
	  .hook = "tcp:tcp_retransmit_skb",
	  .tracepoint = "tcp_retransmit_skb",
	  .lost = "retransmissions" },
	{ .program = "on_recovery",
	  .kind = EVENT_RECOVERY,
	  .hook = "tcp:tcp_cong_state_set",
	  .tracepoint = "tcp_cong_state_set",
	  .lost = "soon after it, that a retransmission was needless" },
	{ .program = "on_retransmit_synack",
	  .kind = EVENT_RETRANSMIT_SYNACK,
	  .hook = "tcp:tcp_retransmit_synack",
	  .tracepoint = "tcp_retransmit_synack",
	  .lost = "SYN-ACK retransmissions" },
	{ .program = "on_drop",
	  .kind = EVENT_DROP,
	  .hook = "skb:kfree_skb",
	  .tracepoint = "kfree_skb",
	  .lost = "segments dropped on this host (firewall, queues)" },
	{ .program = "on_error",
	  .kind = EVENT_ERROR,
	  .hook = "sock:inet_sk_error_report",
	  .tracepoint = "inet_sk_error_report",
	  .lost = "whether an error came by ICMP" },
	{ .program = "on_destroy",
	  .kind = EVENT_DESTROY,
	  .hook = "tcp:tcp_destroy_sock",
	  .tracepoint = "tcp_destroy_sock",
	  .lost = "when a process lets go of its socket" },
	{ .program = "on_fork",
	  .kind = EVENT_FORK,
	  .hook = "sched:sched_process_fork",
	  .tracepoint = "sched_process_fork",
	  .lost = "who inherits sockets; the children of a command" },
	{ .program = "on_exec",
	  .kind = EVENT_EXEC,
	  .hook = "sched:sched_process_exec",
	  .tracepoint = "sched_process_exec",
	  .lost = "the new name of a process after exec" },
	{ .program = "on_exit",
	  .kind = EVENT_EXIT,
	  .hook = "sched:sched_process_exit",
	  .tracepoint = "sched_process_exit",
	  .lost = "nothing but memory" },
	{ .program = "on_packet",
	  .kind = EVENT_PACKET,
	  .hook = "net:net_dev_queue",
	  .tracepoint = "net_dev_queue",
	  .lost = "RSTs of firewalls and raw sockets, and forwarded ones",
	  .on_demand = true },
	{ .program = "on_task_file_wanted",
	  .hook = "iter/task_file (by socket)",
	  .lost = "who accepted a connection, where several may have" },
	{ .program = "on_task_file",
	  .hook = "iter/task_file",
	  .lost = "who holds the sockets that were there before" },
	{ .program = "on_tcp",
	  .hook = "iter/tcp",
	  .lost = "sockets without a descriptor that were there before" },
	{ .program = "on_tcp_stalled",
	  .hook = "iter/tcp (stalled)",
	  .lost = "connections that a closed window holds up" },
};

#define PART_COUNT (sizeof(parts_template) / sizeof(parts_template[0]))

struct live {
	struct tcpwhy_bpf *skel;
	struct btf *btf;
	struct ring_buffer *ring;
	struct facts *facts;
	struct live_part parts[PART_COUNT];
	struct firewall *firewall;
	bool all_resets;
	bool detached;	       /* it is over */
	int32_t firewall_drop; /* the reason; EVENT_NO_REASON: none is given */
	struct holders holders;
	struct stalls stalls;
	uint64_t ask_at; /* when to ask about owners next, ns */
	struct scan scan;
	size_t scanned;	    /* how many of scan were delivered */
	uint64_t delivered; /* scanned ones included */
	uint64_t from_scan;
	uint64_t bad;
	uint64_t lost_told;	  /* as of the last FACT_COUNTS */
	uint64_t attached_at;	  /* from when on all programs are there */
	uint64_t stopped_at;	  /* until when they were; 0: still are */
	uint64_t loss_check;	  /* when to look next, CLOCK_MONOTONIC ns */
	bool (*go_on)(void *arg); /* during live_run(); NULL: empty the ring */
	void *go_on_arg;
	unsigned int since_asked; /* records since go_on() was asked */
	const struct source_handler *handler; /* during live_run() */
	int err;			      /* of the handler */
};

__attribute__((format(printf, 2, 3))) static void
explain(struct live_problem *problem, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(problem->text, sizeof(problem->text), format, args);
	va_end(args);
}

static void explain_load(struct live_problem *problem, int err)
{
	if (err == -EPERM || err == -EACCES)
		explain(problem,
			"this kernel refused to load a BPF program (%s): run "
			"tcpwhy as root, or give it CAP_BPF, CAP_PERFMON and "
			"CAP_SYS_RESOURCE; on kernels before 5.11 also raise "
			"\"ulimit -l\"",
			strerror(-err));
	else if (err == -ENOMEM)
		explain(problem, "no memory for the ring buffer: try a smaller "
				 "--ring-size, or raise \"ulimit -l\"");
	else
		explain(problem, "cannot load the BPF programs: %s",
			strerror(-err));
}

/* What does the work of @part's program when that was left out; or NULL. */
static struct bpf_program *second_program(const struct live *live,
					  const struct live_part *part)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_missed", part->program);
	return bpf_object__find_program_by_name(live->skel->obj, name);
}

static void leave_out_missing(struct live *live)
{
	for (size_t i = 0; i < PART_COUNT; i++) {
		struct live_part *part = &live->parts[i];
		struct bpf_program *program;

		part->present =
			!part->tracepoint ||
			kernel_has_tracepoint(live->btf, part->tracepoint);
		program = bpf_object__find_program_by_name(live->skel->obj,
							   part->program);
		if (!part->present) {
			bpf_program__set_autoload(program, false);
			program = second_program(live, part);
			if (program)
				bpf_program__set_autoload(program, false);
			part->err = -ENOENT;
		}
	}
}

/* The skeleton detaches and frees the links it is given. */
static void keep_link(struct live *live, const char *program,
		      struct bpf_link *link)
{
	const struct bpf_object_skeleton *skeleton = live->skel->skeleton;

	for (int i = 0; i < skeleton->prog_cnt; i++) {
		if (!strcmp(skeleton->progs[i].name, program)) {
			bpf_link__destroy(*skeleton->progs[i].link);
			*skeleton->progs[i].link = link;
		}
	}
}

static int attach_program(struct live *live, const struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach(program);

	if (!link)
		return -errno;
	keep_link(live, bpf_program__name(program), link);
	return 0;
}

/* The order matters: see bpf/turn.bpf.h. */
static int attach_part(struct live *live, struct live_part *part)
{
	const struct bpf_program *second = second_program(live, part);

	part->err =
		attach_program(live, bpf_object__find_program_by_name(
					     live->skel->obj, part->program));
	if (!part->err && second)
		part->err = attach_program(live, second);
	if (part->err)
		return part->err;
	part->attached = true;
	return 0;
}

/* The parts that look at each packet are there when they are @wanted. */
static void attach_on_demand(struct live *live, bool wanted)
{
	for (size_t i = 0; i < PART_COUNT; i++) {
		struct live_part *part = &live->parts[i];

		if (!part->on_demand || !part->present || part->err ||
		    part->attached == wanted)
			continue;
		if (wanted) {
			attach_part(live, part);
		} else {
			keep_link(live, part->program, NULL);
			part->attached = false;
		}
	}
}

static int attach_parts(struct live *live, struct live_problem *problem)
{
	for (size_t i = 0; i < PART_COUNT; i++) {
		struct live_part *part = &live->parts[i];
		const struct bpf_program *program;

		program = bpf_object__find_program_by_name(live->skel->obj,
							   part->program);
		if (!bpf_program__autoload(program) || !part->tracepoint) {
			part->attached = bpf_program__autoload(program);
			continue;
		}
		if (part->on_demand && !live->all_resets)
			continue;
		if (attach_part(live, part) && part->needed) {
			explain(problem, "cannot attach to %s: %s", part->hook,
				strerror(-part->err));
			return part->err;
		}
	}
	return 0;
}

static int on_record(void *arg, void *data, size_t size);

static int load(struct live *live, const struct live_options *options,
		struct live_problem *problem)
{
	int err;

	kernel_shapes(live->btf, &live->skel->rodata->config);
	live->skel->rodata->config.wakeup_bytes = options->ring_bytes / 8;
	live->skel->rodata->config.wakeup_ns = WAKE_EVERY_NS;
	live->firewall_drop = kernel_drop_reason(live->btf, "NETFILTER_DROP");
	err = bpf_map__set_max_entries(live->skel->maps.events,
				       options->ring_bytes);
	if (!err)
		err = tcpwhy_bpf__load(live->skel);
	if (err) {
		explain_load(problem, err);
		return err;
	}
	live->ring = ring_buffer__new(bpf_map__fd(live->skel->maps.events),
				      on_record, live, NULL);
	if (!live->ring) {
		err = -errno;
		explain(problem, "cannot map the ring buffer: %s",
			strerror(errno));
		return err;
	}
	live->holders.wanted = live->skel->maps.wanted;
	live->holders.program = live->skel->progs.on_task_file_wanted;
	live->stalls.program = live->skel->progs.on_tcp_stalled;
	live->stalls.stalled = live->skel->maps.stalled;
	err = attach_parts(live, problem);
	live->attached_at = facts_now();
	return err;
}

static int open_skeleton(struct live *live, struct live_problem *problem)
{
	int err = kernel_btf_load(&live->btf);

	if (err) {
		explain(problem,
			"this kernel does not describe its types (no "
			"usable /sys/kernel/btf/vmlinux); tcpwhy needs a "
			"kernel built with CONFIG_DEBUG_INFO_BTF=y, 5.10 or "
			"newer");
		return err;
	}
	live->skel = tcpwhy_bpf__open();
	if (!live->skel) {
		err = -errno;
		explain_load(problem, err);
		return err;
	}
	leave_out_missing(live);
	for (size_t i = 0; i < PART_COUNT; i++) {
		if (live->parts[i].needed && !live->parts[i].present) {
			explain(problem,
				"this kernel has no tracepoint %s, without "
				"which tcpwhy cannot tell anything; is CONFIG_"
				"TRACEPOINTS set?",
				live->parts[i].hook);
			return -ENOENT;
		}
	}
	return 0;
}

static int silent(enum libbpf_print_level level, const char *format,
		  va_list args)
{
	const char *verbose = getenv("TCPWHY_LIBBPF");

	(void)level;
	return verbose && *verbose ? vfprintf(stderr, format, args) : 0;
}

int live_open(struct live **out, const struct live_options *options,
	      struct live_problem *problem)
{
	struct live *live = calloc(1, sizeof(*live));
	int err;

	explain(problem, "out of memory");
	if (!live)
		return -ENOMEM;
	memcpy(live->parts, parts_template, sizeof(live->parts));
	libbpf_set_print(silent); /* our messages say what to do; see check */
	live->facts = facts_new(options->cmdlines);
	live->firewall = firewall_new();
	live->all_resets = options->all_resets;
	err = live->facts && live->firewall ? open_skeleton(live, problem)
					    : -ENOMEM;
	if (!err)
		err = load(live, options, problem);
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
	ring_buffer__free(live->ring);
	stalls_free(&live->stalls);
	tcpwhy_bpf__destroy(live->skel);
	kernel_btf_free(live->btf);
	facts_free(live->facts);
	firewall_free(live->firewall);
	scan_free(&live->scan);
	free(live);
}

const struct live_part *live_parts(const struct live *live, size_t *count)
{
	*count = PART_COUNT;
	return live->parts;
}

void live_part_shape(const struct live *live, const struct live_part *part,
		     char *text, size_t size)
{
	text[0] = '\0';
	if (part->tracepoint)
		kernel_tracepoint_shape(live->btf, part->tracepoint, text,
					size);
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
		live->bad++;
		return 0;
	}
	live->delivered++;
	if (is_half(live, event))
		return 0;
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
		live->from_scan++;
		err = deliver(live, event, sizeof(*event));
		if (err)
			return err;
	}
	scan_free(&live->scan);
	live->scanned = 0;
	return 0;
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

	if (now < live->ask_at || live->scan.count || !live->holders.program)
		return 0;
	live->ask_at = now + ASK_EVERY_NS;
	if (!live->handler->wants(live->handler->arg, now, &query))
		return 0;
	err = holders_ask(&live->holders, &query, now, patient, &answers);
	for (size_t i = 0; !err && i < answers.count; i++) {
		live->from_scan++;
		err = deliver(live, &answers.events[i],
			      sizeof(answers.events[i]));
	}
	scan_free(&answers);
	return err;
}

/* Do we read events as they come? Else more are waiting in the ring. */
static bool is_current(uint64_t time)
{
	return facts_now() < time + 2 * POLL_MS * 1000000ULL;
}

static int on_record(void *arg, void *data, size_t size)
{
	struct live *live = arg;
	int err = 0;

	if (size >= sizeof(struct event_header)) {
		uint64_t time = ((struct event_header *)data)->time;

		if (live->scan.count)
			err = deliver_scan(live, time);
		if (!err)
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

	attach_on_demand(live,
			 live->all_resets ||
				 firewall_rejects(live->firewall, facts_now()));
	facts_read_symbols(live->facts);
	err = facts_host(handler);
	if (!err)
		err = kernel_names(live->btf, handler);
	if (!err)
		err = scan_sockets(&live->scan, live->skel->progs.on_task_file,
				   live->skel->progs.on_tcp);
	return err;
}

/*
 * The kernel does not run a program again on a CPU on which it is running: a
 * softirq that interrupts it there finds its tracepoint silent. It counts
 * that, and we count it as lost. Iterators run by themselves.
 */
static void add_misses(const struct live *live, struct event_count *kinds)
{
	for (size_t i = 0; i < PART_COUNT; i++) {
		const struct live_part *part = &live->parts[i];
		const struct bpf_program *program;
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (!part->attached || part->kind == EVENT_NONE)
			continue;
		program = bpf_object__find_program_by_name(live->skel->obj,
							   part->program);
		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info,
					   &size))
			continue;
		kinds[part->kind].produced += info.recursion_misses;
		kinds[part->kind].lost += info.recursion_misses;
	}
}

static uint64_t read_counts(const struct live *live, struct event_count *kinds)
{
	int cpus = libbpf_num_possible_cpus();
	struct event_count *percpu = calloc(cpus, sizeof(*percpu));
	int fd = bpf_map__fd(live->skel->maps.counts);
	uint64_t lost = 0;

	for (uint32_t kind = 0; percpu && kind < EVENT_KINDS; kind++) {
		if (bpf_map_lookup_elem(fd, &kind, percpu))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++) {
			kinds[kind].produced += percpu[cpu].produced;
			kinds[kind].lost += percpu[cpu].lost;
		}
	}
	free(percpu);
	add_misses(live, kinds);
	for (uint32_t kind = 0; kind < EVENT_KINDS; kind++)
		lost += kinds[kind].lost;
	return lost;
}

static int deliver_counts(struct live *live, bool only_new_losses)
{
	struct fact fact = { .kind = FACT_COUNTS };
	uint64_t lost = read_counts(live, fact.counts.kinds);

	if (only_new_losses && lost == live->lost_told)
		return 0;
	live->lost_told = lost;
	fact.counts.decoded = live->delivered - live->from_scan;
	fact.counts.bad = live->bad;
	return live->handler->fact(live->handler->arg, &fact);
}

static int deliver_stalled(void *arg, const struct segment_event *e)
{
	struct live *live = arg;

	live->from_scan++;
	return deliver(live, e, sizeof(*e));
}

static int drain(struct live *live)
{
	uint64_t now = facts_now();
	int err = ring_buffer__consume(live->ring);

	if (live->err)
		return live->err;
	if (err < 0 && err != -EINTR)
		return err;
	if (!live->all_resets && !live->stopped_at)
		attach_on_demand(live, firewall_rejects(live->firewall, now));
	err = deliver_scan(live, now);
	if (!err)
		err = ask_holders(live, now, true);
	if (!err && live->go_on)
		err = stalls_look(&live->stalls, facts_now(), deliver_stalled,
				  live);
	if (!err && now >= live->loss_check) {
		live->loss_check = now + LOSS_CHECK_NS;
		err = deliver_counts(live, true);
	}
	if (!err)
		err = live->handler->tick(live->handler->arg,
					  now - TICK_LAG_NS);
	return err;
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

	live->handler = handler;
	live->go_on = go_on;
	live->go_on_arg = arg;
	while (!err && go_on(arg)) {
		err = ring_buffer__poll(live->ring, POLL_MS);
		if (live->err)
			err = live->err;
		else if (err >= 0 || err == -EINTR)
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
	if (!err) /* about all that still waits */
		err = ask_holders(live, facts_now() + LAST_LOOK_NS, true);
	counts_err = deliver_counts(live, false); /* whatever went wrong */
	return err ? err : counts_err;
}
