// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "container.h"

#include <string.h>

/* The id of a component: what is left of it without prefix and suffix. */
static bool id_in(const char *component, size_t len, char *id)
{
	static const char suffix[] = ".scope";
	const size_t suffix_len = sizeof(suffix) - 1;
	const char *from;

	if (len > suffix_len &&
	    !strncmp(component + len - suffix_len, suffix, suffix_len))
		len -= suffix_len;
	if (len < CONTAINER_ID_LEN)
		return false;
	from = component + len - CONTAINER_ID_LEN;
	if (strspn(from, "0123456789abcdef") < CONTAINER_ID_LEN)
		return false;
	/* "docker-ID", "libpod-ID", or the id alone; not a longer number. */
	if (from != component && from[-1] != '-')
		return false;
	memcpy(id, from, CONTAINER_ID_LEN);
	id[CONTAINER_ID_LEN] = '\0';
	return true;
}

/* The innermost counts: containers may run in containers. */
bool container_of_cgroup(const char *cgroup, char id[CONTAINER_ID_LEN + 1])
{
	bool found = false;

	while (*cgroup) {
		size_t len = strcspn(cgroup, "/");

		found |= id_in(cgroup, len, id);
		cgroup += len + (cgroup[len] == '/');
	}
	return found;
}
