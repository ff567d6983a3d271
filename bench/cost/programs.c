// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "programs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

int programs_begin(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	if (fd < 0)
		die("the kernel's statistics of BPF programs");
	return fd;
}

void programs_end(int statistics)
{
	close(statistics);
}

/* 0: this descriptor is no program. */
static __u32 id_of(int pid, const char *fd)
{
	char path[300], line[128];
	__u32 id = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f) &&
	       sscanf(line, "prog_id: %u", &id) != 1)
		;
	if (f)
		fclose(f);
	return id;
}

/* The kernel keeps 15 characters of a name; its BTF has all. */
static void full_name(int fd, struct program *program)
{
	struct bpf_func_info first = { 0 };
	struct bpf_prog_info info = {
		.nr_func_info = 1,
		.func_info_rec_size = sizeof(first),
		.func_info = (uintptr_t)&first,
	};
	__u32 size = sizeof(info);
	const struct btf_type *type;
	struct btf *btf;

	if (bpf_obj_get_info_by_fd(fd, &info, &size) || !info.btf_id)
		return;
	btf = btf__load_from_kernel_by_id(info.btf_id);
	type = btf ? btf__type_by_id(btf, first.type_id) : NULL;
	if (type)
		snprintf(program->name, sizeof(program->name), "%s",
			 btf__name_by_offset(btf, type->name_off));
	btf__free(btf);
}

static void add(struct programs *programs, __u32 id)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	struct program *program = &programs->at[programs->count];
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		die("BPF program %u", id);
	if (info.run_cnt && programs->count < MAX_PROGRAMS) {
		snprintf(program->name, sizeof(program->name), "%s", info.name);
		full_name(fd, program);
		program->runs = info.run_cnt;
		program->ns = (double)info.run_time_ns / info.run_cnt;
		if (!programs_find(programs, program->name))
			programs->count++;
	}
	close(fd);
}

/* A link's descriptor names its program as well. */
void programs_read(struct programs *programs, int pid)
{
	char path[64];
	struct dirent *fd;
	DIR *fds;

	programs->count = 0;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	fds = opendir(path);
	while (fds && (fd = readdir(fds))) {
		__u32 id = fd->d_name[0] == '.' ? 0 : id_of(pid, fd->d_name);

		if (id)
			add(programs, id);
	}
	if (fds)
		closedir(fds);
}

const struct program *programs_find(const struct programs *programs,
				    const char *name)
{
	for (unsigned int i = 0; i < programs->count; i++)
		if (!strcmp(programs->at[i].name, name))
			return &programs->at[i];
	return NULL;
}
