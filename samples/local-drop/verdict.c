// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <sys/syscall.h>

#include "obstacle.h"

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

int attach_verdict(uint32_t type, uint32_t hook, int target, int verdict,
		   uint32_t flags)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = verdict },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr load = {
		.prog_type = type,
		.expected_attach_type = hook,
		.insns = (uintptr_t)program,
		.insn_cnt = 2,
		.license = (uintptr_t) "GPL",
	};
	union bpf_attr link = { 0 };
	int fd;

	link.link_create.prog_fd = bpf(BPF_PROG_LOAD, &load);
	link.link_create.target_fd = target; /* or _ifindex: a union */
	link.link_create.attach_type = hook;
	link.link_create.flags = flags;
	fd = bpf(BPF_LINK_CREATE, &link);
	if (fd < 0)
		die("cannot attach a BPF program: %s", strerror(errno));
	return fd;
}
