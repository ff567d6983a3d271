// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who lives for a moment is looked up while it does, also on a host where
 * there is always something to read.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"
#include "harness.h"

#define NOISE_PORT 8087
#define PORT	   8088
#define CHILDREN   20
/* Others have the CPUs now and then. Without a wake-up it is some 8. */
#define LOOKED_UP  16
#define LIFE_US	   8000
#define AFTER_EXEC "--after-exec"

/* Refused: nobody listens. */
static void try_port(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)!connect(fd, (struct sockaddr *)&to, sizeof(to));
	close(fd);
}

static pid_t make_noise(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	for (; !pid; usleep(1000))
		try_port(NOISE_PORT);
	process_remember(pid);
	return pid;
}

__attribute__((noreturn)) static void live_for_a_moment(void)
{
	try_port(PORT);
	usleep(LIFE_US);
	_exit(0);
}

/* It was seen before that, as what it is no more. */
__attribute__((noreturn)) static void exec_first(void)
{
	try_port(PORT);
	execl("/proc/self/exe", "test_young", AFTER_EXEC, NULL);
	_exit(127);
}

static pid_t run_to_the_end(void (*life)(void))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		life();
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

/* Is a command line of @pid told that contains @word? */
static bool was_looked_up(const struct watcher *watcher, pid_t pid,
			  const char *word)
{
	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val json = watcher->lines[i].json;
		const char *line = json_string(json, "owner/cmdline");

		if (json_number(json, "owner/pid") == pid && line &&
		    strstr(line, word))
			return true;
	}
	return false;
}

static void look_up(void (*life)(void), const char *word)
{
	pid_t noise = make_noise(), children[CHILDREN];
	struct watcher *watcher = watcher_start(ARGS("--json", "--cmdline"));
	unsigned int known = 0;

	watcher_await(watcher, "\"finding\"");
	for (unsigned int i = 0; i < CHILDREN; i++)
		children[i] = run_to_the_end(life);
	watcher_stop(watcher);
	kill(noise, SIGKILL);
	for (unsigned int i = 0; i < CHILDREN; i++)
		known += was_looked_up(watcher, children[i], word);
	EXPECT(watcher, known >= LOOKED_UP, "%u of %u processes known", known,
	       CHILDREN);
}

static void who_appears(void **state)
{
	(void)state;
	look_up(live_for_a_moment, "test_young");
}

static void who_becomes_another(void **state)
{
	(void)state;
	look_up(exec_first, AFTER_EXEC);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(who_appears),
		LIVE_TEST(who_becomes_another),
	};

	if (argc > 1 && !strcmp(argv[1], AFTER_EXEC))
		live_for_a_moment();
	return harness_main("young", tests, COUNT(tests), argc, argv);
}
