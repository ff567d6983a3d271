// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What "check" says, and its exit status, with fewer privileges than root's. */
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "harness.h"
#include "process.h"

#define USER	  1000

#define CAP(name) (1ULL << CAP_##name)

/* --- what is done before exec --- */

/* Of the user that is not root; set before the launch. */
static unsigned long long capabilities;

static void must(int result)
{
	if (result)
		_exit(99);
}

static void become_user(const struct launch *launch)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3,
						   0 };
	struct __user_cap_data_struct data[2];

	(void)launch;
	must(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	must(setgroups(0, NULL));
	must(setresgid(USER, USER, USER));
	must(setresuid(USER, USER, USER));
	for (int i = 0; i < 2; i++) {
		data[i].effective = capabilities >> 32 * i;
		data[i].permitted = data[i].effective;
		data[i].inheritable = data[i].effective;
	}
	must(syscall(SYS_capset, &header, data));
	for (int i = 0; i < 64; i++)
		if (capabilities >> i & 1)
			must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0,
				   0));
}

static void enter_user_namespace(const struct launch *launch)
{
	(void)launch;
	must(unshare(CLONE_NEWUSER));
}

/* LeakSanitizer (SAN=1) cannot do without its own. */
static int own_proc(char *path, size_t size)
{
#ifdef __SANITIZE_ADDRESS__
	snprintf(path, size, "/proc/%d", getpid());
	return open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
#else
	(void)path;
	(void)size;
	return -1;
#endif
}

static void hide_proc(const struct launch *launch)
{
	char path[32];
	int own;

	(void)launch;
	must(unshare(CLONE_NEWNS));
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	own = own_proc(path, sizeof(path));
	must(mount("none", "/proc", "tmpfs", 0, NULL));
	if (own >= 0) {
		must(mkdir(path, 0555));
		must(move_mount(own, "", AT_FDCWD, path,
				MOVE_MOUNT_F_EMPTY_PATH));
	}
}

/* As a container does that is not meant to load programs. */
static void forbid_bpf(const struct launch *launch)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1 /* EPERM */),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { COUNT(filter), filter };

	(void)launch;
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0));
}

/* --- running it --- */

/* Where another user may read it. */
static const char *readable_copy(void)
{
	const char *path = temporary_file();
	int from = open(tcpwhy_path(), O_RDONLY), to = open(path, O_WRONLY);
	struct stat status;

	assert_true(from >= 0 && to >= 0);
	assert_int_equal(fstat(from, &status), 0);
	assert_int_equal(sendfile(to, from, NULL, status.st_size),
			 status.st_size);
	assert_int_equal(fchmod(to, 0755), 0);
	close(from);
	close(to);
	return path;
}

static const struct process *
run_tcpwhy(const char *const *argv, void (*before_exec)(const struct launch *))
{
	struct launch launch = { argv, before_exec, -1 };
	struct process *process = process_start(&launch);

	process_wait(process);
	return process;
}

static const struct process *check(const char *tcpwhy,
				   void (*before_exec)(const struct launch *))
{
	const char *const argv[] = { tcpwhy, "check", NULL };

	return run_tcpwhy(argv, before_exec);
}

static bool says(const struct text *text, const char *words)
{
	return text->at && strstr(text->at, words);
}

static void expect(const struct process *process, int status,
		   const char *const *words)
{
	int actual =
		WIFEXITED(process->status) ? WEXITSTATUS(process->status) : -1;

	for (; *words; words++)
		if (!says(&process->out, *words) &&
		    !says(&process->err, *words))
			break;
	if (actual == status && !*words)
		return;
	print_error("status %d, not %d; missing: %s\n%s\n%s\n", actual, status,
		    *words ? *words : "nothing",
		    process->out.at ? process->out.at : "",
		    process->err.at ? process->err.at : "");
	fail();
}

#define EXPECT_SAID(process, status, ...) \
	expect(process, status, (const char *const[]){ __VA_ARGS__, NULL })

/* --- sets of capabilities --- */

static void no_capability(void **state)
{
	(void)state;
	capabilities = 0;
	EXPECT_SAID(check(readable_copy(), become_user), 1,
		    "it lacks CAP_BPF and CAP_PERFMON", "run tcpwhy as root");
}

static void bpf_alone(void **state)
{
	(void)state;
	capabilities = CAP(BPF);
	EXPECT_SAID(check(readable_copy(), become_user), 1,
		    "it lacks CAP_PERFMON:");
}

static void bpf_and_perfmon(void **state)
{
	const struct process *process;

	(void)state;
	capabilities = CAP(BPF) | CAP(PERFMON);
	process = check(readable_copy(), become_user);
	EXPECT_SAID(process, 3, "MISSING names of kernel functions",
		    "CAP_SYSLOG", "MISSING executables", "CAP_SYS_PTRACE",
		    "MISSING other network namespaces", "CAP_SYS_ADMIN",
		    "MISSING rules of the firewall", "CAP_NET_ADMIN",
		    "MISSING names of others' BPF programs",
		    "ok      sock:inet_sock_set_state",
		    "ok      process ids of the host");
}

/* It works, and says once that it is not whole. */
static void bpf_and_perfmon_run(void **state)
{
	const char *const argv[] = { readable_copy(), "run", "--", "true",
				     NULL };

	(void)state;
	capabilities = CAP(BPF) | CAP(PERFMON);
	EXPECT_SAID(run_tcpwhy(argv, become_user), 0, "0 findings",
		    "tcpwhy: degraded: lost: ",
		    "names of kernel functions (/proc/kallsyms)");
}

/* One by one, what each is for. */
static void each_capability(void **state)
{
	static const struct {
		unsigned long long set;
		const char *works;
	} sets[] = {
		{ CAP(SYSLOG), "ok      names of kernel functions" },
		{ CAP(SYS_PTRACE), "ok      executables and namespaces" },
		{ CAP(SYS_ADMIN), "ok      other network namespaces" },
		{ CAP(SYS_ADMIN), "ok      names of others' BPF programs" },
		{ CAP(NET_ADMIN), "ok      rules of the firewall" },
	};
	const char *tcpwhy = readable_copy();

	(void)state;
	for (size_t i = 0; i < COUNT(sets); i++) {
		capabilities = CAP(BPF) | CAP(PERFMON) | sets[i].set;
		EXPECT_SAID(check(tcpwhy, become_user), 3, sets[i].works);
	}
}

static void all_that_are_of_use(void **state)
{
	(void)state;
	capabilities = CAP(BPF) | CAP(PERFMON) | CAP(SYSLOG) | CAP(SYS_PTRACE) |
		       CAP(SYS_ADMIN) | CAP(NET_ADMIN) | CAP(NET_RAW);
	EXPECT_SAID(check(readable_copy(), become_user), 0, "All works.");
}

/* --- containers --- */

static void user_namespace(void **state)
{
	(void)state;
	EXPECT_SAID(check(tcpwhy_path(), enter_user_namespace), 1,
		    "privileges in a user namespace");
}

static void bpf_filtered(void **state)
{
	(void)state;
	EXPECT_SAID(check(tcpwhy_path(), forbid_bpf), 1, "a seccomp filter");
}

static void pid_namespace(void **state)
{
	const char *const argv[] = {
		"/usr/bin/unshare", "--pid", "--fork", "--mount-proc",
		tcpwhy_path(),	    "check", NULL
	};

	(void)state;
	EXPECT_SAID(run_tcpwhy(argv, NULL), 3,
		    "MISSING process ids of the host", "--pid=host");
}

static void no_proc(void **state)
{
	(void)state;
	EXPECT_SAID(check(tcpwhy_path(), hide_proc), 3,
		    "MISSING names of kernel functions",
		    "MISSING executables and namespaces", "mount /proc");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(no_capability),   LIVE_TEST(bpf_alone),
		LIVE_TEST(bpf_and_perfmon), LIVE_TEST(bpf_and_perfmon_run),
		LIVE_TEST(each_capability), LIVE_TEST(all_that_are_of_use),
		LIVE_TEST(user_namespace),  LIVE_TEST(bpf_filtered),
		LIVE_TEST(pid_namespace),   LIVE_TEST(no_proc),
	};

	return harness_main("privileges", tests, COUNT(tests), argc, argv);
}
