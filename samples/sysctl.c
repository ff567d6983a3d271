// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sysctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANNOT_HAPPEN 77

static const char *kept_path;
static char kept[128];

void sysctl_keep(const struct stage *s, const char *path)
{
	FILE *file;

	if (!s->variant) {
		printf("changes %s of the whole host: only with --lower\n",
		       path);
		exit(CANNOT_HAPPEN);
	}
	file = fopen(path, "r");
	if (!file) {
		printf("%s: %s\n", path, strerror(errno));
		exit(CANNOT_HAPPEN);
	}
	if (!fgets(kept, sizeof(kept), file))
		die("%s cannot be read", path);
	fclose(file);
	kept_path = path;
}

void sysctl_write(const char *path, const char *value)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(value, file) < 0 || fclose(file))
		die("%s: %s", path, strerror(errno));
}

void sysctl_restore(void)
{
	sysctl_write(kept_path, kept);
}
