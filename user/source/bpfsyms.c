// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpfsyms.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_FUNCTIONS 32 /* of one program: itself and what it calls */

static bool covers(int fd, uint64_t address, struct bpf_prog_info *info)
{
	uint64_t starts[MAX_FUNCTIONS];
	uint32_t lengths[MAX_FUNCTIONS];
	uint32_t size = sizeof(*info);
	uint32_t count;

	memset(info, 0, sizeof(*info));
	info->nr_jited_ksyms = MAX_FUNCTIONS;
	info->nr_jited_func_lens = MAX_FUNCTIONS;
	info->jited_ksyms = (uintptr_t)starts;
	info->jited_func_lens = (uintptr_t)lengths;
	if (bpf_obj_get_info_by_fd(fd, info, &size))
		return false;
	count = info->nr_jited_ksyms < info->nr_jited_func_lens
			? info->nr_jited_ksyms
			: info->nr_jited_func_lens;
	for (uint32_t i = 0; i < count && i < MAX_FUNCTIONS; i++)
		if (address >= starts[i] && address - starts[i] < lengths[i])
			return true;
	return false;
}

bool bpfsyms_find(uint64_t address, char *name, size_t size)
{
	struct bpf_prog_info info;
	char tag[2 * BPF_TAG_SIZE + 1];
	uint32_t id = 0;
	bool found = false;

	while (!found && !bpf_prog_get_next_id(id, &id)) {
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		found = covers(fd, address, &info);
		close(fd);
	}
	if (!found)
		return false;
	for (int i = 0; i < BPF_TAG_SIZE; i++)
		snprintf(tag + 2 * i, 3, "%02x", info.tag[i]);
	snprintf(name, size, "bpf_prog_%s%s%.*s", tag, *info.name ? "_" : "",
		 BPF_OBJ_NAME_LEN, info.name);
	return true;
}
