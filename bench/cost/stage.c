// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "stage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "crowd.h"
#include "tool.h"

#define MAX_CPUS   64

#define HELD	   10000
#define PER_SECOND 1000
#define IN_TIME_NS 10000000ULL
#define TALKERS	   4
#define BULK	   (64 * 1024)

struct stage {
	const struct workload *workload;
	int cpus;
	pid_t servers[MAX_CPUS];
	struct crowd *crowd; /* NULL: none */
	double *results;     /* shared with the clients: per second */
};

/* --- a client's part --- */

static double storm(int cpu, uint64_t end, bool reset)
{
	unsigned int count = 0;

	while (now_ns() < end) {
		int fd = client_connect(cpu, count++);

		client_exchange(fd);
		client_close(fd, reset);
	}
	return count;
}

static double act_reset(int cpu, uint64_t end)
{
	return storm(cpu, end, true);
}

static double act_close(int cpu, uint64_t end)
{
	return storm(cpu, end, false);
}

/* All clients together PER_SECOND; counted is what was done in time. */
static double act_hold(int cpu, uint64_t end)
{
	const uint64_t every =
		1000000000ULL * sysconf(_SC_NPROCESSORS_ONLN) / PER_SECOND;
	unsigned int count = 0, in_time = 0;

	for (uint64_t due = now_ns(); due < end; due += every) {
		int fd;

		sleep_until(due);
		fd = client_connect(cpu, count++);
		client_exchange(fd);
		client_close(fd, true);
		in_time += now_ns() - due < IN_TIME_NS;
	}
	return in_time;
}

static double act_talk(int cpu, uint64_t end)
{
	unsigned int count;
	int fds[TALKERS];

	for (int i = 0; i < TALKERS; i++)
		fds[i] = client_connect(cpu, i);
	for (count = 0; now_ns() < end; count++)
		client_exchange(fds[count % TALKERS]);
	return count;
}

static double act_bulk(int cpu, uint64_t end)
{
	static const char data[BULK];
	int fd = client_connect(cpu, 0);
	double bytes = 0;

	while (now_ns() < end) {
		ssize_t len = send(fd, data, sizeof(data), MSG_NOSIGNAL);

		if (len < 0)
			die("send");
		bytes += len;
	}
	return bytes / 1e6;
}

const struct workload workloads[] = {
	{ "reset", "storm: connect, a byte there and back, close by a RST",
	  "connections/s", act_reset, 0, false },
	{ "close", "the same, closed by FINs", "connections/s", act_close, 0,
	  false },
	{ "hold", "10,000 connections held open, 1,000/s come and go",
	  "done within 10 ms/s", act_hold, HELD, false },
	{ "talk", "ping-pong on 4 connections per CPU, which stay open",
	  "exchanges/s", act_talk, 0, false },
	{ "bulk", "bulk transfer, each 100th packet is dropped", "MB/s",
	  act_bulk, 0, true },
};
const unsigned int workload_count = COUNT(workloads);

const struct workload *workload_find(const char *name)
{
	for (unsigned int i = 0; i < workload_count; i++)
		if (!strcmp(workloads[i].name, name))
			return &workloads[i];
	return NULL;
}

/* --- all of it --- */

/*
 * Not at random: then rounds would differ by their luck. On the way in, so
 * that the sender learns of it as it would from a network: not at all.
 */
static void lose_packets(bool lose)
{
	static const char begin[] =
		"add table inet loss; add chain inet loss in { "
		"type filter hook prerouting priority 0; }; "
		"add rule inet loss in meta l4proto tcp "
		"numgen inc mod 100 == 0 drop";
	pid_t nft = begin_child("nft", -1);
	int status;

	if (nft == 0) {
		execlp("nft", "nft", lose ? begin : "delete table inet loss",
		       NULL);
		die("nft");
	}
	if (waitpid(nft, &status, 0) != nft || status)
		die("nft failed");
}

struct stage *stage_set(const struct workload *workload)
{
	struct stage *s = calloc(1, sizeof(*s));

	if (!s)
		die("memory");
	s->workload = workload;
	s->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (s->cpus > MAX_CPUS)
		s->cpus = MAX_CPUS;
	s->results =
		mmap(NULL, MAX_CPUS * sizeof(*s->results),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->results == MAP_FAILED)
		die("memory");
	for (int cpu = 0; cpu < s->cpus; cpu++) {
		int listener = server_listen(cpu);

		s->servers[cpu] = begin_child("bench-server", cpu);
		if (s->servers[cpu] == 0)
			server_run(listener);
		close(listener);
	}
	if (workload->held)
		s->crowd = crowd_gather(workload->held);
	if (workload->lossy)
		lose_packets(true);
	return s;
}

static _Noreturn void play(struct stage *s, int cpu, unsigned int ms, int ready,
			   int go)
{
	uint64_t begun;
	char none;

	tell_ready(ready);
	if (read(go, &none, 1) != 0)
		die("pipe");
	begun = now_ns();
	s->results[cpu] = s->workload->act(cpu, begun + ms * 1000000ULL);
	s->results[cpu] /= (now_ns() - begun) / 1e9;
	_exit(0);
}

double stage_play(struct stage *s, unsigned int ms)
{
	pid_t clients[MAX_CPUS];
	int ready[2], go[2];
	double sum = 0;

	if (pipe(ready) || pipe(go))
		die("pipe");
	for (int cpu = 0; cpu < s->cpus; cpu++) {
		clients[cpu] = begin_child("bench-client", cpu);
		if (clients[cpu] == 0) {
			close(go[1]);
			play(s, cpu, ms, ready[1], go[0]);
		}
	}
	close(ready[1]);
	close(go[0]);
	for (int cpu = 0; cpu < s->cpus; cpu++)
		await_ready(ready[0], "a client");
	close(ready[0]);
	close(go[1]); /* all at once */
	for (int cpu = 0; cpu < s->cpus; cpu++) {
		int status;

		if (waitpid(clients[cpu], &status, 0) != clients[cpu])
			die("waitpid");
		errno = 0;
		if (status)
			die("a client failed");
		sum += s->results[cpu];
	}
	return sum;
}

void stage_clear(struct stage *s)
{
	crowd_leave(s->crowd);
	for (int cpu = 0; cpu < s->cpus; cpu++)
		end_child(s->servers[cpu]);
	if (s->workload->lossy)
		lose_packets(false);
	munmap(s->results, MAX_CPUS * sizeof(*s->results));
	free(s);
}

uint64_t stage_reset(uint16_t *port)
{
	struct sockaddr_in local;
	socklen_t len = sizeof(local);
	uint64_t when;
	int fd = client_connect(0, 0);

	if (getsockname(fd, (struct sockaddr *)&local, &len))
		die("getsockname");
	client_exchange(fd);
	*port = ntohs(local.sin_port);
	when = now_ns();
	client_close(fd, true);
	return when;
}
