// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "parts.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"

static const struct part template[] = {
	{ .program = "on_state",
	  .second = "on_state_missed",
	  .kind = EVENT_STATE,
	  .hook = "sock:inet_sock_set_state",
	  .tracepoint = "inet_sock_set_state",
	  .lost = "everything",
	  .needed = true },
	{ .program = "on_send_reset",
	  .second = "on_send_reset_missed",
	  .kind = EVENT_RESET_SENT,
	  .hook = "tcp:tcp_send_reset",
	  .tracepoint = "tcp_send_reset",
	  .lost = "who sent a RST, and why" },
	{ .program = "on_receive_reset",
	  .second = "on_receive_reset_missed",
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
	  .since = "5.19",
	  .lost = "soon after it, that a retransmission was needless" },
	{ .program = "on_retransmit_synack",
	  .kind = EVENT_RETRANSMIT_SYNACK,
	  .hook = "tcp:tcp_retransmit_synack",
	  .tracepoint = "tcp_retransmit_synack",
	  .lost = "SYN-ACK retransmissions" },
	{ .program = "on_drop",
	  .second = "on_drop_missed",
	  .kind = EVENT_DROP,
	  .hook = "skb:kfree_skb",
	  .tracepoint = "kfree_skb",
	  .lost = "segments dropped on this host (firewall, queues)" },
	{ .program = "on_error",
	  .kind = EVENT_ERROR,
	  .hook = "sock:inet_sk_error_report",
	  .tracepoint = "inet_sk_error_report",
	  .since = "5.14",
	  .lost = "whether an error came by ICMP" },
	{ .program = "on_destroy",
	  .second = "on_destroy_missed",
	  .kind = EVENT_DESTROY,
	  .hook = "tcp:tcp_destroy_sock",
	  .tracepoint = "tcp_destroy_sock",
	  .lost = "when a process lets go of its socket" },
	{ .program = "on_fork",
	  .second = "on_fork_missed",
	  .rescues_all = true,
	  .kind = EVENT_FORK,
	  .hook = "sched:sched_process_fork",
	  .tracepoint = "sched_process_fork",
	  .lost = "who inherits sockets; the children of a command" },
	{ .program = "on_exec",
	  .second = "on_exec_missed",
	  .rescues_all = true,
	  .kind = EVENT_EXEC,
	  .hook = "sched:sched_process_exec",
	  .tracepoint = "sched_process_exec",
	  .lost = "the new name of a process after exec" },
	{ .program = "on_exit",
	  .second = "on_exit_missed",
	  .rescues_all = true,
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
	  .kind = EVENT_HOLDER,
	  .hook = "iter/task_file (by socket)",
	  .lost = "who accepted a connection, where several may have" },
	{ .program = "on_task_file",
	  .kind = EVENT_HOLDER,
	  .hook = "iter/task_file",
	  .lost = "who holds the sockets that were there before" },
	{ .program = "on_tcp",
	  .kind = EVENT_EXISTING,
	  .hook = "iter/tcp",
	  .lost = "sockets without a descriptor that were there before" },
	{ .program = "on_tcp_stalled",
	  .kind = EVENT_STALLED,
	  .hook = "iter/tcp (stalled)",
	  .lost = "connections that a closed window holds up" },
};

#define COUNT (sizeof(template) / sizeof(template[0]))

_Static_assert(COUNT <= PARTS_MAX, "they have room");

void parts_init(struct parts *parts)
{
	memset(parts, 0, sizeof(*parts));
	memcpy(parts->at, template, sizeof(template));
	parts->count = COUNT;
}

static struct bpf_program *find_program(const struct bpf_object *object,
					const char *name)
{
	return name ? bpf_object__find_program_by_name(object, name) : NULL;
}

void parts_choose(struct parts *parts, const struct btf *btf,
		  struct bpf_object *object)
{
	for (size_t i = 0; i < parts->count; i++) {
		struct part *part = &parts->at[i];
		struct bpf_program *second = find_program(object, part->second);

		part->present = !part->tracepoint ||
				kernel_has_tracepoint(btf, part->tracepoint);
		if (!part->present)
			part->err = -ENOENT;
		if (part->err)
			bpf_program__set_autoload(
				find_program(object, part->program), false);
		if (second && (part->err || part->second_refused))
			bpf_program__set_autoload(second, false);
	}
}

struct part *parts_find(struct parts *parts, const char *program)
{
	for (size_t i = 0; i < parts->count; i++) {
		struct part *part = &parts->at[i];

		if (!strcmp(part->program, program) ||
		    (part->second && !strcmp(part->second, program)))
			return part;
	}
	return NULL;
}

void parts_refuse(struct parts *parts, const char *program, int err,
		  const char *refusal)
{
	struct part *part = parts_find(parts, program);

	if (!part)
		return;
	snprintf(part->refusal, sizeof(part->refusal), "%s", refusal);
	if (strcmp(part->program, program) != 0)
		part->second_refused = true;
	else
		part->err = err;
}

/* --- attaching --- */

/* The skeleton detaches and frees the links it is given. */
static void keep_link(const struct bpf_object_skeleton *s, const char *program,
		      struct bpf_link *link)
{
	for (int i = 0; i < s->prog_cnt; i++) {
		if (!strcmp(s->progs[i].name, program)) {
			bpf_link__destroy(*s->progs[i].link);
			*s->progs[i].link = link;
		}
	}
}

static int attach_program(const struct bpf_object_skeleton *s, const char *name)
{
	struct bpf_link *link =
		bpf_program__attach(find_program(*s->obj, name));

	if (!link)
		return -errno;
	keep_link(s, name, link);
	return 0;
}

/* The order matters: see bpf/turn.bpf.h. */
static int attach_part(const struct bpf_object_skeleton *s, struct part *part)
{
	part->err = attach_program(s, part->program);
	if (!part->err && part->second && !part->second_refused &&
	    attach_program(s, part->second))
		part->second_refused = true;
	part->attached = !part->err;
	return part->err;
}

static void detach_part(const struct bpf_object_skeleton *s, struct part *part)
{
	if (part->second)
		keep_link(s, part->second, NULL);
	keep_link(s, part->program, NULL);
	part->attached = false;
}

int parts_attach(struct parts *parts, const struct bpf_object_skeleton *s,
		 bool all, const struct part **failed)
{
	/*
	 * Changes of state last: what they call for is there by then, and the
	 * act of a process that is missed came before the watch.
	 */
	for (size_t i = parts->count; i-- > 0;) {
		struct part *part = &parts->at[i];

		if (part->err || (part->on_demand && !all))
			continue;
		/* Iterators are attached when they are read. */
		if (!part->tracepoint)
			part->attached = true;
		else if (attach_part(s, part) && part->needed) {
			*failed = part;
			return part->err;
		}
	}
	return 0;
}

void parts_attach_on_demand(struct parts *parts,
			    const struct bpf_object_skeleton *s, bool wanted)
{
	for (size_t i = 0; i < parts->count; i++) {
		struct part *part = &parts->at[i];

		if (!part->on_demand || part->err || part->attached == wanted)
			continue;
		if (wanted)
			attach_part(s, part);
		else
			detach_part(s, part);
	}
}

/* --- what came of it --- */

static uint64_t misses_of(const struct part *part,
			  const struct bpf_object *object)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	int fd = bpf_program__fd(find_program(object, part->program));

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return 0;
	return info.recursion_misses;
}

/*
 * The kernel does not run a program again on a CPU on which it is running: a
 * softirq that interrupts it there finds its tracepoint silent. It counts
 * that, and we count it as lost, unless a second program stepped in. Iterators
 * run by themselves.
 */
void parts_misses(const struct parts *parts, const struct bpf_object *object,
		  struct part_misses misses[EVENT_KINDS])
{
	memset(misses, 0, EVENT_KINDS * sizeof(*misses));
	for (size_t i = 0; i < parts->count; i++) {
		const struct part *part = &parts->at[i];
		bool has_second = part->second && !part->second_refused;

		if (!part->attached || !part->tracepoint ||
		    (has_second && !part->rescues_all))
			continue;
		misses[part->kind].count += misses_of(part, object);
		misses[part->kind].less_rescued = has_second;
	}
}

uint32_t parts_kinds(const struct parts *parts)
{
	uint32_t kinds = 0;

	for (size_t i = 0; i < parts->count; i++)
		if (!parts->at[i].err)
			kinds |= 1U << parts->at[i].kind;
	return kinds;
}
