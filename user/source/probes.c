// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "probes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUP "TcpExt:"
#define NAME  "TCPWinProbe"

/* The position of NAME among words of @line; 0: it is not there. */
static unsigned int find_name(char *line)
{
	unsigned int at = 0;
	char *left;

	for (char *word = strtok_r(line, " ", &left); word;
	     word = strtok_r(NULL, " ", &left), at++)
		if (!strcmp(word, NAME))
			return at;
	return 0;
}

static bool read_value(char *line, unsigned int at, uint64_t *value)
{
	char *left, *end, *word = strtok_r(line, " ", &left);

	while (word && at--)
		word = strtok_r(NULL, " ", &left);
	if (!word)
		return false;
	*value = strtoull(word, &end, 10);
	return end != word && !*end;
}

bool probes_parse(char *text, uint64_t *count)
{
	char *left, *names = strtok_r(text, "\n", &left);

	while (names) {
		char *values = strtok_r(NULL, "\n", &left);
		unsigned int at;

		if (!values)
			return false;
		at = strncmp(names, GROUP, strlen(GROUP)) ? 0
							  : find_name(names);
		if (at)
			return read_value(values, at, count);
		names = strtok_r(NULL, "\n", &left);
	}
	return false;
}

bool probes_sent(uint64_t *count)
{
	char text[16384]; /* 6.18: some 4 KiB */
	size_t used = 0;
	ssize_t len;
	int fd = open("/proc/thread-self/net/netstat", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	while ((len = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += len;
	close(fd);
	text[used] = '\0';
	return !len && probes_parse(text, count);
}
