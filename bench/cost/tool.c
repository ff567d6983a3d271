// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void die(const char *format, ...)
{
	int err = errno;
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, err ? ": %s\n" : "\n", strerror(err));
	exit(2);
}

uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

void sleep_until(uint64_t ns)
{
	struct timespec until = { ns / 1000000000, ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL))
		;
}

unsigned int setting(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);
	char *end;
	unsigned long value;

	if (!text || !*text)
		return otherwise;
	value = strtoul(text, &end, 10);
	errno = 0;
	if (*end || *text == '-' || value == 0 || value > 1000000)
		die("%s=%s is no number from 1 to 1000000", name, text);
	return value;
}

/* --- children --- */

static void stay_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("sched_setaffinity");
}

double cpu_s_of(pid_t pid)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &used))
		die("CPU time of %d", pid);
	return used.tv_sec + used.tv_nsec / 1e9;
}

pid_t begin_child(const char *name, int cpu)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, name);
	if (cpu >= 0)
		stay_on(cpu);
	return 0;
}

void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
}

void tell_ready(int fd)
{
	if (write(fd, "", 1) != 1)
		die("pipe");
}

void await_ready(int fd, const char *who)
{
	char byte;

	errno = 0;
	if (read(fd, &byte, 1) != 1)
		die("%s ended", who);
}

/* --- a space of our own --- */

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die("%s", path);
	close(fd);
}

void loopback_up(void)
{
	struct ifreq device = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &device))
		die("loopback");
	close(fd);
}

static void mount_own(void)
{
	int fs, here;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		die("mounts of our own");
	if (access("/sys/kernel/tracing/available_events", F_OK) &&
	    mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL))
		die("tracefs");
	/* Of this mount nobody needs a name. */
	fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		die("tmpfs");
	here = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (here < 0 || fchdir(here))
		die("tmpfs");
	close(here);
	close(fs);
}

static void raise_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		die("getrlimit");
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files))
		die("setrlimit");
}

void enter_own_space(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS))
		die("namespaces of our own (this needs root)");
	raise_limit();
	mount_own();
	loopback_up();
	/*
	 * Room for the connections of minutes: else what a storm leaves in
	 * TIME_WAIT would change what the next one is.
	 */
	put("/proc/sys/net/ipv4/ip_local_port_range", "10000 65535");
	put("/proc/sys/net/ipv4/tcp_max_tw_buckets", "8000000");
}
