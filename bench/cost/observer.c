// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "observer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* Where events and losses are told: at the end of the output. */
#define TAIL 65536

/* A newline, and the last part of the file. */
static const char *last_part(FILE *f)
{
	static char text[1 + TAIL + 1] = "\n";
	size_t len;

	if (fseek(f, -TAIL, SEEK_END))
		rewind(f);
	len = fread(text + 1, 1, TAIL, f);
	text[1 + len] = '\0';
	return text;
}

static double lines(FILE *f)
{
	static char buffer[1 << 20];
	double count = 0;
	size_t len;

	rewind(f);
	while ((len = fread(buffer, 1, sizeof(buffer), f)) > 0)
		for (const char *at = buffer;
		     (at = memchr(at, '\n', buffer + len - at)); at++)
			count++;
	return count;
}

/* The sum of the numbers that follow @words. */
static double sum_after(FILE *f, const char *words)
{
	char *line = NULL;
	double sum = 0;
	size_t room = 0;

	rewind(f);
	while (getline(&line, &room, f) > 0) {
		const char *at = strstr(line, words);

		if (at)
			sum += atof(at + strlen(words));
	}
	free(line);
	return sum;
}

/* The number at the begin of the line that has @words. */
static double number_before(FILE *f, const char *words)
{
	char *line = NULL;
	double number = 0;
	size_t room = 0;

	rewind(f);
	while (getline(&line, &room, f) > 0)
		if (strstr(line, words))
			number = atof(line);
	free(line);
	return number;
}

/* --- what each says --- */

/* "..., 1012 findings; 6042 events, 0 lost" */
static bool count_text(FILE *out, FILE *err, struct tally *tally)
{
	const char *at = strstr(last_part(out), "\n-- ");

	(void)err;
	at = at ? strstr(at, "; ") : NULL;
	if (!at || sscanf(at, "; %lf event", &tally->events) != 1)
		return false;
	at = strchr(at, ',');
	return at && sscanf(at, ", %lf lost", &tally->lost) == 1;
}

/* "-- 6042 events recorded, 0 lost; ..." */
static bool count_recorded(FILE *out, FILE *err, struct tally *tally)
{
	const char *at = strstr(last_part(out), "-- ");

	(void)err;
	return at && sscanf(at, "-- %lf events recorded, %lf lost",
			    &tally->events, &tally->lost) == 2;
}

static bool count_json(FILE *out, FILE *err, struct tally *tally)
{
	const char *at = strstr(last_part(out), "\"type\":\"end\"");

	(void)err;
	at = at ? strstr(at, "\"events\":") : NULL;
	at = at ? strstr(at, "\"produced\":") : NULL;
	return at && sscanf(at, "\"produced\":%lf,\"lost\":%lf", &tally->events,
			    &tally->lost) == 2;
}

/* A line each; "lost 12 events on CPU #0" */
static bool count_tcpstates(FILE *out, FILE *err, struct tally *tally)
{
	tally->events = lines(out) - 1;
	tally->lost = sum_after(err, "lost ");
	return true;
}

static bool count_bpftrace(FILE *out, FILE *err, struct tally *tally)
{
	(void)err;
	tally->events = lines(out);
	tally->lost = sum_after(out, "Lost ") + sum_after(err, "Lost ");
	return true;
}

static bool count_tcpdump(FILE *out, FILE *err, struct tally *tally)
{
	(void)out;
	tally->events = number_before(err, "captured");
	tally->lost = number_before(err, "dropped by kernel");
	return true;
}

/* Its tcpstates.bt, if it had one: Debian's has none. */
#define BPFTRACE_PROGRAM                                                   \
	"tracepoint:sock:inet_sock_set_state { "                           \
	"printf(\"%d %s %s %d %s %d %d %d\\n\", pid, comm, "               \
	"ntop(args->saddr), args->sport, ntop(args->daddr), args->dport, " \
	"args->oldstate, args->newstate); }"

const struct observer observers[] = {
	{ "tcpwhy", { NULL }, count_text },
	{ "tcpwhy --json", { NULL, "--json" }, count_json },
	{ "tcpwhy --why-only", { NULL, "--why-only" }, count_text },
	{ "tcpwhy -q -w", { NULL, "-q", "-w", "recording" }, count_recorded },
	{ "tcpwhy --port 1", { NULL, "--port", "1" }, count_text },
	{ "tcpstates", { "tcpstates" }, count_tcpstates },
	{ "tcpdump -w",
	  { "tcpdump", "-i", "lo", "-s", "128", "-w", "packets" },
	  count_tcpdump },
	{ "bpftrace", { "bpftrace", "-e", BPFTRACE_PROGRAM }, count_bpftrace },
};
const unsigned int observer_count = COUNT(observers);

const struct observer *observer_find(const char *name)
{
	for (unsigned int i = 0; i < observer_count; i++)
		if (!strcmp(observers[i].name, name))
			return &observers[i];
	return NULL;
}

bool observer_is_ours(const struct observer *observer)
{
	return !observer->argv[0];
}

/* --- where tcpwhy is --- */

static char *tcpwhy;

void observer_find_tcpwhy(void)
{
	const char *path = getenv("TCPWHY");

	tcpwhy = realpath(path ? path : "build/tcpwhy", NULL);
	if (!tcpwhy)
		die("%s", path ? path : "build/tcpwhy");
}

const char *tcpwhy_path(void)
{
	return tcpwhy;
}
