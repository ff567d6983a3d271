// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "gauge.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The two first pages of a ring's map: Documentation/bpf/ringbuf.rst. */
int gauge_open(struct gauge *gauge, int fd, uint32_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *read_to, *written_to;

	read_to = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);
	if (read_to == MAP_FAILED)
		return -errno;
	written_to = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, page);
	if (written_to == MAP_FAILED) {
		int err = -errno;

		munmap(read_to, page);
		return err;
	}
	*gauge = (struct gauge){ read_to, written_to, page, size };
	return 0;
}

void gauge_close(struct gauge *gauge)
{
	if (!gauge->size)
		return;
	munmap((void *)gauge->read_to, gauge->page);
	munmap((void *)gauge->written_to, gauge->page);
	memset(gauge, 0, sizeof(*gauge));
}

bool gauge_is_high(const struct gauge *gauge)
{
	return gauge->size &&
	       *gauge->written_to - *gauge->read_to > gauge->size / 4;
}
