/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which container a process is in, read from the path of its cgroup. */
#ifndef TCPWHY_CONTAINER_H
#define TCPWHY_CONTAINER_H

#include <stdbool.h>

#define CONTAINER_ID_LEN 64

/*
 * Find the container's id (64 hexadecimal digits) in a cgroup path as docker,
 * podman, containerd, CRI-O and Kubernetes make them:
 *
 *	/docker/ID			/system.slice/docker-ID.scope
 *	/libpod_parent/libpod-ID	/machine.slice/libpod-ID.scope/container
 *	/default/ID			/system.slice/cri-containerd-ID.scope
 *	/kubepods/burstable/podUID/ID	/kubepods.slice/.../crio-ID.scope
 *
 * False if there is none.
 */
bool container_of_cgroup(const char *cgroup, char id[CONTAINER_ID_LEN + 1]);

#endif /* TCPWHY_CONTAINER_H */
