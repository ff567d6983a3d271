// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* At the loopback device: an XDP program, or a tc program, drops it all. */
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <net/if.h>

#include "../remote/tun.h"
#include "obstacle.h"

#define TCX_INGRESS 46 /* enum bpf_attach_type: Linux 6.6 */

static int program;

/* For a moment all is dropped there: nobody else may be on that loopback. */
static void prepare(struct stage *s)
{
	(void)s;
	require_own_namespace();
}

static void raise_xdp(int fd)
{
	(void)fd;
	program =
		attach_verdict(BPF_PROG_TYPE_XDP, BPF_XDP, if_nametoindex("lo"),
			       XDP_DROP, XDP_FLAGS_SKB_MODE);
}

static void raise_tc(int fd)
{
	(void)fd;
	program = attach_verdict(BPF_PROG_TYPE_SCHED_CLS, TCX_INGRESS,
				 if_nametoindex("lo"), TC_ACT_SHOT, 0);
}

static void clear(int fd)
{
	(void)fd;
	close(program);
}

const struct obstacle device_obstacles[] = {
	{ .name = "xdp",
	  .prepare = prepare,
	  .raise = raise_xdp,
	  .clear = clear,
	  .size = 4 },
	{ .name = "tc",
	  .prepare = prepare,
	  .raise = raise_tc,
	  .clear = clear,
	  .size = 4 },
	{ 0 },
};
