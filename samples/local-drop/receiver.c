// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* At the server's socket: a filter that takes nothing, or no room. */
#include <errno.h>
#include <string.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include "obstacle.h"

static void add_filter(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog filter = { 1, &nothing };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
		       sizeof(filter)))
		die("SO_ATTACH_FILTER: %s", strerror(errno));
}

static void remove_filter(int fd)
{
	int unused = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused,
		       sizeof(unused)))
		die("SO_DETACH_FILTER: %s", strerror(errno));
}

/*
 * The client was offered a window already, and that cannot be taken back: what
 * it sends into it finds no room, once there is something in the buffer.
 */
static void shrink_buffer(int fd)
{
	set_buffer(fd, SO_RCVBUF, 1); /* the least there is */
}

static void enlarge_buffer(int fd)
{
	set_buffer(fd, SO_RCVBUF, 65536);
}

const struct obstacle receiver_obstacles[] = {
	{ .raise = add_filter, .clear = remove_filter, .size = 4 },
	{ .name = "buffer",
	  .raise = shrink_buffer,
	  .clear = enlarge_buffer,
	  .size = 5000,
	  .fill = 16384 },
	{ 0 },
};
