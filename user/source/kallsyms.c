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
	uint64_t core_start, core_end; /* _stext, _etext */
};

/* The tables grow by an eighth: they are kept for as long as we run. */
static size_t more_room(size_t room, size_t least)
{
	return room ? room + room / 8 : least;
}

static int add(struct kallsyms *syms, uint64_t address, const char *name)
{
	size_t len = strcspn(name, ".\t\n");

	if (syms->count == syms->room) {
		size_t room = more_room(syms->room, 1 << 16);
		void *grown = reallocarray(syms->symbols, room,
					   sizeof(*syms->symbols));

		if (!grown)
			return -ENOMEM;
		syms->symbols = grown;
		syms->room = room;
	}
	if (syms->names_size + len + 1 > syms->names_room) {
		size_t room = more_room(syms->names_room, 3 << 19);
		void *grown = realloc(syms->names, room);

		if (!grown)
			return -ENOMEM;
		syms->names = grown;
		syms->names_room = room;
	}
	if (!strcmp(name, "_stext\n"))
		syms->core_start = address;
	if (!strcmp(name, "_etext\n"))
		syms->core_end = address;
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

static bool is_sorted(const struct kallsyms *syms)
{
	for (size_t i = 1; i < syms->count; i++)
		if (by_address(&syms->symbols[i - 1], &syms->symbols[i]) > 0)
			return false;
	return true;
}

/*
 * "ffffffff81000000 T name\t[module]": a text symbol that is shown. Returns
 * its name, up to the end of the line, or NULL.
 */
static const char *parse_line(const char *line, uint64_t *address)
{
	char *end;

	*address = strtoull(line, &end, 16);
	if (end[0] != ' ' || !end[1] || end[2] != ' ')
		return NULL;
	if (!*address || !strchr("tTwW", end[1]))
		return NULL;
	/* What is before a function (CONFIG_FUNCTION_PADDING) is never run. */
	if (!strncmp(end + 3, "__pfx_", 6))
		return NULL;
	/* A leading dot or '$' marks assembler labels. */
	return isalpha((unsigned char)end[3]) || end[3] == '_' ? end + 3 : NULL;
}

/* Into @syms, if there is one; else up to the first that is shown. */
static int read_symbols(struct kallsyms *syms)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	int err = file ? -EPERM : -errno; /* all addresses read as zero */
	char *line = NULL;
	size_t room = 0;

	if (!file)
		return err;
	while ((err == -EPERM || (!err && syms)) &&
	       getline(&line, &room, file) > 0) {
		uint64_t address;
		const char *name = parse_line(line, &address);

		if (name)
			err = syms ? add(syms, address, name) : 0;
	}
	free(line);
	fclose(file);
	return err;
}

int kallsyms_try(void)
{
	return read_symbols(NULL);
}

int kallsyms_load(struct kallsyms **out)
{
	struct kallsyms *syms = calloc(1, sizeof(*syms));
	int err = syms ? read_symbols(syms) : -ENOMEM;

	if (err) {
		kallsyms_free(syms);
		return err;
	}
	if (!is_sorted(syms))
		qsort(syms->symbols, syms->count, sizeof(*syms->symbols),
		      by_address);
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

bool kallsyms_is_core(const struct kallsyms *syms, uint64_t address)
{
	return address >= syms->core_start && address < syms->core_end;
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
