// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An observer at work. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "observer.h"
#include "tool.h"

#define PATIENCE_NS 20000000000ULL
#define LOOK_NS	    1000000ULL

struct watch {
	const struct observer *observer;
	pid_t pid;
	int out, err;
	double cpu_s; /* that it had used when it was ready */
};

static double seconds(struct timeval t)
{
	return t.tv_sec + t.tv_usec / 1e6;
}

static bool is_wait(long call)
{
	return call == SYS_epoll_pwait || call == SYS_ppoll
#ifdef SYS_epoll_wait
	       || call == SYS_epoll_wait || call == SYS_poll
#endif
		;
}

static long call_of(pid_t pid, const char *thread)
{
	char path[300];
	long call = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/syscall", pid, thread);
	f = fopen(path, "r");
	if (f && fscanf(f, "%ld", &call) != 1)
		call = -1; /* it is running */
	if (f)
		fclose(f);
	return call;
}

/* They all wait in one of these calls for what comes from the kernel. */
static bool waits_for_events(pid_t pid)
{
	struct dirent *thread;
	bool waits = false;
	char path[64];
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	while (threads && (thread = readdir(threads)))
		waits |= is_wait(call_of(pid, thread->d_name));
	if (threads)
		closedir(threads);
	return waits;
}

/* False: it has ended before. */
static bool await_waiting(const struct watch *w)
{
	uint64_t until = now_ns() + PATIENCE_NS;
	siginfo_t ended = { 0 };

	while (!waits_for_events(w->pid)) {
		if (waitid(P_PID, w->pid, &ended,
			   WEXITED | WNOHANG | WNOWAIT) ||
		    ended.si_pid)
			return false;
		errno = 0;
		if (now_ns() > until)
			die("%s does not get ready", w->observer->name);
		sleep_until(now_ns() + LOOK_NS);
	}
	return true;
}

static int new_file(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		die("%s", name);
	return fd;
}

static struct watch *launch(const struct observer *observer)
{
	struct watch *w = calloc(1, sizeof(*w));
	const char *argv[OBSERVER_ARGUMENTS + 1] = { NULL };

	if (!w)
		die("memory");
	memcpy(argv, observer->argv, sizeof(observer->argv));
	if (observer_is_ours(observer))
		argv[0] = tcpwhy_path();
	w->observer = observer;
	w->out = new_file("out");
	w->err = new_file("err");
	w->pid = begin_child("bench-observer", -1);
	if (w->pid == 0) {
		dup2(w->out, STDOUT_FILENO);
		dup2(w->err, STDERR_FILENO);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	return w;
}

static void show_words(const struct watch *w)
{
	FILE *err = fdopen(dup(w->err), "r");
	int byte;

	rewind(err);
	while ((byte = getc(err)) != EOF)
		putc(byte, stderr);
	fclose(err);
}

struct watch *watch_begin(const struct observer *observer)
{
	struct watch *w = launch(observer);

	if (!await_waiting(w)) {
		show_words(w);
		errno = 0;
		die("%s ended before anything had happened", observer->name);
	}
	w->cpu_s = cpu_s_of(w->pid);
	return w;
}

pid_t watch_pid(const struct watch *w)
{
	return w->pid;
}

static void count(const struct watch *w, struct tally *tally)
{
	FILE *out = fdopen(dup(w->out), "r"), *err = fdopen(dup(w->err), "r");

	errno = 0;
	if (!out || !err || !w->observer->count(out, err, tally)) {
		show_words(w);
		die("%s does not say what it has seen", w->observer->name);
	}
	fclose(out);
	fclose(err);
}

struct cost watch_end(struct watch *w)
{
	struct cost cost = { 0 };
	struct rusage used;
	int status;

	kill(w->pid, SIGINT);
	if (wait4(w->pid, &status, 0, &used) != w->pid)
		die("wait4");
	errno = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) &&
	    observer_is_ours(w->observer)) {
		show_words(w);
		die("%s ended with status %d", w->observer->name,
		    WEXITSTATUS(status));
	}
	cost.cpu_s = seconds(used.ru_utime) + seconds(used.ru_stime) - w->cpu_s;
	cost.rss_kib = used.ru_maxrss;
	count(w, &cost.tally);
	close(w->out);
	close(w->err);
	unlink("out");
	unlink("err");
	unlink("recording");
	unlink("packets");
	free(w);
	return cost;
}

bool observer_works(const struct observer *observer)
{
	struct watch *w = launch(observer);
	bool works = await_waiting(w);

	if (works)
		kill(w->pid, SIGINT);
	if (waitpid(w->pid, NULL, 0) != w->pid)
		die("waitpid");
	close(w->out);
	close(w->err);
	free(w);
	return works;
}
