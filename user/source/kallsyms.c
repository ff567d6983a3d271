// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kallsyms.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct symbol {
	uint64_t address;
	uint32_t name; /* offset in names */
};

struct kallsyms {
	struct symbol *symbols; /* by address */
	size_t count;
	size_t room;
	char *names;
	size_t names_size;
	size_t names_room;
};

static int add(struct kallsyms *syms, uint64_t address, const char *name)
{
	size_t len = strcspn(name, ".\t\n");

	if (syms->count == syms->room) {
		size_t room = syms->room ? syms->room * 2 : 1 << 16;
		void *grown = reallocarray(syms->symbols, room,
					   sizeof(*syms->symbols));

		if (!grown)
			return -ENOMEM;
		syms->symbols = grown;
		syms->room = room;
	}
	if (syms->names_size + len + 1 > syms->names_room) {
		size_t room = syms->names_room ? syms->names_room * 2 : 1 << 20;
		void *grown = realloc(syms->names, room);

		if (!grown)
			return -ENOMEM;
		syms->names = grown;
		syms->names_room = room;
	}
	syms->symbols[syms->count].address = address;
	syms->symbols[syms->count].name = syms->names_size;
	syms->count++;
	memcpy(syms->names + syms->names_size, name, len);
	syms->names[syms->names_size + len] = '\0';
	syms->names_size += len + 1;
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* "ffffffff81000000 T name\t[module]": text symbols only. */
static int read_lines(struct kallsyms *syms, FILE *file)
{
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	while (!err && getline(&line, &room, file) > 0) {
		char *end;
		uint64_t address = strtoull(line, &end, 16);

		if (end[0] != ' ' || !end[1] || end[2] != ' ')
			continue;
		if (!address || !strchr("tTwW", end[1]))
			continue;
		/* A leading dot or '$' marks assembler labels. */
		if (isalpha((unsigned char)end[3]) || end[3] == '_')
			err = add(syms, address, end + 3);
	}
	free(line);
	return err;
}

int kallsyms_load(struct kallsyms **out)
{
	struct kallsyms *syms = calloc(1, sizeof(*syms));
	FILE *file;
	int err;

	if (!syms)
		return -ENOMEM;
	file = fopen("/proc/kallsyms", "re");
	if (!file) {
		err = -errno;
		free(syms);
		return err;
	}
	err = read_lines(syms, file);
	fclose(file);
	if (!err && !syms->count)
		err = -EPERM; /* all addresses read as zero */
	if (err) {
		kallsyms_free(syms);
		return err;
	}
	qsort(syms->symbols, syms->count, sizeof(*syms->symbols), by_address);
	*out = syms;
	return 0;
}

void kallsyms_free(struct kallsyms *syms)
{
	if (!syms)
		return;
	free(syms->symbols);
	free(syms->names);
	free(syms);
}

const char *kallsyms_find(const struct kallsyms *syms, uint64_t address)
{
	size_t low = 0, high = syms->count;
	const char *name;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (syms->symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	name = syms->names + syms->symbols[low - 1].name;
	/* The ends of the kernel's text: what comes after is something else. */
	if (!strcmp(name, "_etext") || !strcmp(name, "_einittext"))
		return NULL;
	return name;
}
