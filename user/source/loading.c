// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "loading.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"
#include "kernel_filter.h"
#include "privileges.h"
#include "ring.h"
#include "tcpwhy.skel.h"

/*
 * The kernel wakes us no more often than this: when a young process appears,
 * when the ring fills, and else. For a small ring more often, before events
 * that come at 500 MB/s fill it.
 */
#define WAKE_YOUNG_NS	 1000000ULL
#define WAKE_FULL_NS	 8000000ULL
#define WAKE_NS_PER_BYTE 2

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void set_wakeups(struct bpf_config *config, uint32_t ring_bytes)
{
	uint64_t filled = (uint64_t)ring_bytes * WAKE_NS_PER_BYTE;

	config->wakeup_ns = RING_WAKE_NS;
	config->wakeup_full_ns = least(filled, WAKE_FULL_NS);
	config->wakeup_young_ns = least(filled, WAKE_YOUNG_NS);
	config->wakeup_bytes = ring_bytes / 4;
}

void problem_explain(struct live_problem *problem, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(problem->text, sizeof(problem->text), format, args);
	va_end(args);
}

/* --- what libbpf says --- */

/*
 * Which program the kernel refused, and why, libbpf tells nobody but who reads
 * its warnings. Its callback has no argument of ours, so this is static.
 */
static struct {
	char program[64];  /* that the last warning was about; or "" */
	char refusal[160]; /* the last words of the verifier; or "" */
} refused;

#define ABOUT_PROGRAM "libbpf: prog '%s': "

static void keep_last_words(const char *log)
{
	for (const char *line = log; line && *line;) {
		const char *end = strchrnul(line, '\n');

		/* What follows the reason is statistics. */
		if (end != line && strncmp(line, "processed ", 10) != 0 &&
		    strncmp(line, "verification time ", 18) != 0 &&
		    strncmp(line, "stack depth ", 12) != 0)
			snprintf(refused.refusal, sizeof(refused.refusal),
				 "%.*s", (int)(end - line), line);
		line = *end ? end + 1 : end;
	}
}

/* Our messages say what to do; TCPWHY_LIBBPF=1 shows libbpf's as well. */
static int on_print(enum libbpf_print_level level, const char *format,
		    va_list args)
{
	const char *verbose = getenv("TCPWHY_LIBBPF");
	va_list copy;

	if (level == LIBBPF_WARN &&
	    !strncmp(format, ABOUT_PROGRAM, strlen(ABOUT_PROGRAM))) {
		va_copy(copy, args);
		snprintf(refused.program, sizeof(refused.program), "%s",
			 va_arg(copy, const char *));
		if (strstr(format, "BEGIN PROG LOAD LOG"))
			keep_last_words(va_arg(copy, const char *));
		va_end(copy);
	}
	return verbose && *verbose ? vfprintf(stderr, format, args) : 0;
}

/* --- why nothing works --- */

/*
 * What reads the kernel's memory is forbidden there (security/lockdown); the
 * verifier then does not know the helper, and libbpf tries the older one.
 */
static bool is_locked_down(void)
{
	return strstr(refused.refusal, "bpf_probe_read") != NULL;
}

static void explain_refusal(struct live_problem *problem, int err)
{
	char why[400];

	if (err == -EPERM) {
		privileges_explain_bpf(why, sizeof(why));
		problem_explain(
			problem,
			"this kernel refused to load a BPF program (%s): %s",
			strerror(-err), why);
	} else if (err == -ENOMEM) {
		problem_explain(problem,
				"no memory for the ring buffer: try a smaller "
				"--ring-size, or raise \"ulimit -l\"");
	} else if (err == -ENOSYS) {
		problem_explain(problem, "this kernel has no bpf(): tcpwhy "
					 "needs one built with "
					 "CONFIG_BPF_SYSCALL=y");
	} else if (is_locked_down()) {
		problem_explain(problem,
				"this kernel lets no BPF program read its "
				"memory: it is locked down for confidentiality "
				"(/sys/kernel/security/lockdown); boot it with "
				"lockdown=integrity or none");
	} else if (*refused.program) {
		problem_explain(problem,
				"the verifier of this kernel refused %s, "
				"without which tcpwhy cannot tell anything: "
				"%s (%s)",
				refused.program,
				*refused.refusal ? refused.refusal
						 : "it does not say why",
				strerror(-err));
	} else {
		problem_explain(problem, "cannot load the BPF programs: %s",
				strerror(-err));
	}
}

/* Each program that reads a socket calls it: 5.9. */
#define NEWEST_HELPER "skc_to_tcp_sock"

static int need_what_is_needed(const struct parts *parts, const struct btf *btf,
			       struct live_problem *problem)
{
	if (!kernel_has_helper(btf, NEWEST_HELPER)) {
		problem_explain(
			problem,
			"this kernel is too old: it has no bpf_" NEWEST_HELPER
			"(); tcpwhy needs 5.10 or newer");
		return -ENOSYS;
	}
	for (size_t i = 0; i < parts->count; i++) {
		const struct part *part = &parts->at[i];

		if (part->needed && !part->present) {
			problem_explain(
				problem,
				"this kernel has no tracepoint %s, without "
				"which tcpwhy cannot tell anything; is CONFIG_"
				"TRACEPOINTS set?",
				part->hook);
			return -ENOENT;
		}
	}
	return 0;
}

/* --- loading --- */

static int try_to_load(struct tcpwhy_bpf *skel, const struct btf *btf,
		       const struct live_options *options,
		       const struct bpf_filter *filter)
{
	uint32_t ring_bytes = options->ring_bytes;
	int err;

	kernel_shapes(btf, &skel->rodata->config);
	set_wakeups(&skel->rodata->config, ring_bytes);
	/* Else that id may be another's. */
	if (privileges_see_host_pids())
		skel->rodata->config.self = getpid();
	skel->rodata->filter = *filter;
	err = bpf_map__set_max_entries(skel->maps.events, ring_bytes);
	if (!err)
		err = kernel_filter_size(skel);
	if (!err)
		err = tcpwhy_bpf__load(skel);
	return err ? err : kernel_filter_processes(skel, options->filters);
}

/*
 * Can it do without what it refused? Not if it refused us, or has no memory,
 * or has refused this before.
 */
static bool leave_out_refused(struct parts *parts, int err)
{
	const struct part *part = parts_find(parts, refused.program);
	bool is_second;

	if (!part || err == -EPERM || err == -ENOMEM)
		return false;
	is_second = strcmp(part->program, refused.program) != 0;
	if (is_second ? part->second_refused : part->needed || part->err)
		return false;
	parts_refuse(parts, refused.program, err, refused.refusal);
	return true;
}

int load_programs(struct tcpwhy_bpf **out, const struct btf *btf,
		  struct parts *parts, const struct live_options *options,
		  struct live_problem *problem)
{
	struct tcpwhy_bpf *skel;
	struct bpf_filter filter;
	int err;

	err = kernel_filter_prepare(&filter, options->filters, options->run,
				    problem);
	if (err)
		return err;
	libbpf_set_print(on_print);
	/* An object that did not load is of no use: each try has its own. */
	do {
		memset(&refused, 0, sizeof(refused));
		skel = tcpwhy_bpf__open();
		if (!skel) {
			err = -errno;
			explain_refusal(problem, err);
			return err;
		}
		parts_choose(parts, btf, skel->obj);
		err = need_what_is_needed(parts, btf, problem);
		if (err) {
			tcpwhy_bpf__destroy(skel);
			return err;
		}
		err = try_to_load(skel, btf, options, &filter);
		if (err)
			tcpwhy_bpf__destroy(skel);
	} while (err && leave_out_refused(parts, err));
	if (err)
		explain_refusal(problem, err);
	else
		*out = skel;
	return err;
}
