// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The client's data never reaches the server, and it is this very host that
 * throws it away: at the server's socket (a filter that takes nothing), or at
 * the loopback device (an XDP program, a tc program). The obstacle is removed
 * before the client's kernel sends again.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "stage.h"

#define TCX_INGRESS 46 /* enum bpf_attach_type: Linux 6.6 */

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* A BPF program that answers @verdict to every packet; gone when closed. */
static int obstruct_loopback(uint32_t type, uint32_t hook, int verdict,
			     uint32_t flags)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = verdict },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr load = {
		.prog_type = type,
		.insns = (uintptr_t)program,
		.insn_cnt = 2,
		.license = (uintptr_t) "GPL",
	};
	union bpf_attr link = { 0 };
	int fd;

	link.link_create.prog_fd = bpf(BPF_PROG_LOAD, &load);
	link.link_create.target_ifindex = if_nametoindex("lo");
	link.link_create.attach_type = hook;
	link.link_create.flags = flags;
	fd = bpf(BPF_LINK_CREATE, &link);
	if (fd < 0)
		die("cannot attach a BPF program: %s", strerror(errno));
	return fd;
}

/* For a moment all is dropped there: nobody else may be on that loopback. */
static void require_namespace(void)
{
	struct stat mine, init;

	if (!stat("/proc/self/ns/net", &mine) &&
	    !stat("/proc/1/ns/net", &init) && mine.st_dev == init.st_dev &&
	    mine.st_ino == init.st_ino)
		die("refused in the initial network namespace; try: unshare "
		    "-n");
}

static int obstruct(const struct stage *s, int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog filter = { 1, &nothing };

	if (stage_variant(s, "xdp"))
		return obstruct_loopback(BPF_PROG_TYPE_XDP, BPF_XDP, XDP_DROP,
					 XDP_FLAGS_SKB_MODE);
	if (stage_variant(s, "tc"))
		return obstruct_loopback(BPF_PROG_TYPE_SCHED_CLS, TCX_INGRESS,
					 TC_ACT_SHOT, 0);
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
		       sizeof(filter)))
		die("SO_ATTACH_FILTER: %s", strerror(errno));
	return -1;
}

static void clear_away(int fd, int obstacle)
{
	int unused = 0;

	if (obstacle >= 0)
		close(obstacle);
	else if (setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused,
			    sizeof(unused)))
		die("SO_DETACH_FILTER: %s", strerror(errno));
}

static void serve(struct stage *s)
{
	int listener = listen_on(s);
	int fd = accept_one(listener);
	int obstacle = obstruct(s, fd);

	note_send(s);
	/* It is sent again 200 ms after it was sent; nothing tells that. */
	sleep_ms(100);
	clear_away(fd, obstacle);
	read_exactly(fd, "ABCD");
	expect_end(fd);
	close(fd);
	close(listener);
}

static void request(struct stage *s)
{
	int fd = connect_to(s);

	note_wait(s);
	send_exactly(fd, "ABCD", 4);
	await_acknowledged(fd);
	close(fd);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "xdp", "tc", NULL };
	static const struct program program = {
		.about = "Data is dropped at the receiving socket, or by a BPF "
			 "program of the device.",
		.port = 8090,
		.variants = variants,
	};
	static const struct role server = { "drop-server", serve };
	static const struct role client = { "drop-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	if (s.variant)
		require_namespace();
	return stage_play(&s, &server, &client);
}
