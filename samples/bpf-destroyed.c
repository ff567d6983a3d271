// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection that a BPF program destroys (bpf_sock_destroy(), Linux 6.5).
 *
 * Server and client are content and silent. A third process, the destroyer,
 * runs a BPF iterator over the TCP sockets of this network namespace, and the
 * iterator destroys the server's: the client gets a RST, the server
 * ECONNABORTED. Load balancers do this to connections whose backend is gone.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "socket.h"
#include "samples/bpf/destroy.skel.h"

#define CANNOT 77 /* what the lab knows as: not on this kernel */

static void run_iterator(const struct bpf_link *link)
{
	int fd = bpf_iter_create(bpf_link__fd(link));
	char byte;

	if (fd < 0)
		die("cannot create the iterator: %s", strerror(errno));
	/* It says nothing; to read it is to run it. */
	if (read(fd, &byte, 1) != 0)
		die("the iterator failed: %s", strerror(errno));
	close(fd);
}

static struct destroy_bpf *load_destroyer(int port)
{
	struct destroy_bpf *bpf = destroy_bpf__open();

	if (!bpf)
		die("cannot open the BPF program: %s", strerror(errno));
	bpf->rodata->port = port;
	if (!destroy_bpf__load(bpf))
		return bpf;
	destroy_bpf__destroy(bpf);
	return NULL;
}

static void destroy(struct stage *s)
{
	struct destroy_bpf *bpf = load_destroyer(s->port);
	struct bpf_link *link;

	if (!bpf)
		die("cannot load the BPF program: %s", strerror(errno));
	link = bpf_program__attach_iter(bpf->progs.destroy_port, NULL);
	if (!link)
		die("cannot attach the BPF program: %s", strerror(errno));
	run_iterator(link);
	if (bpf->bss->destroyed != 1)
		die("destroyed %u sockets instead of 1", bpf->bss->destroyed);
	bpf_link__destroy(link);
	destroy_bpf__destroy(bpf);
}

static void serve(struct stage *s)
{
	int listener = listen_on(s);
	int fd = accept_one(listener);

	read_exactly(fd, "ABCD");
	cue_third(s);
	expect_read_error(fd, ECONNABORTED);
	close(fd);
	close(listener);
}

static void request(struct stage *s)
{
	int fd = connect_to(s);

	send_exactly(fd, "ABCD", 4);
	expect_read_error(fd, ECONNRESET);
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.about = "A BPF program destroys the server's socket.",
		.port = 8102,
	};
	static const struct role server = { "bpf-server", serve };
	static const struct role client = { "bpf-client", request };
	static const struct role destroyer = { "destroyer", destroy };
	struct destroy_bpf *probe;
	struct stage s;

	stage_options(&s, argc, argv, &program);
	libbpf_set_print(NULL);
	probe = load_destroyer(s.port);
	if (!probe) {
		printf("this kernel has no bpf_sock_destroy()\n");
		return CANNOT;
	}
	destroy_bpf__destroy(probe);
	stage_third(&s, &destroyer);
	return stage_play(&s, &server, &client);
}
