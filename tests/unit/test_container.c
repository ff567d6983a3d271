// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Container ids in the cgroup paths that the common runtimes make. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "container.h"

#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static void assert_id(const char *cgroup, const char *expected)
{
	char id[CONTAINER_ID_LEN + 1] = "untouched";

	assert_true(container_of_cgroup(cgroup, id));
	assert_string_equal(id, expected);
}

static void assert_none(const char *cgroup)
{
	char id[CONTAINER_ID_LEN + 1];

	assert_false(container_of_cgroup(cgroup, id));
}

static void runtimes(void **state)
{
	(void)state;
	assert_id("/docker/" ID, ID);
	assert_id("/system.slice/docker-" ID ".scope", ID);
	assert_id("/machine.slice/libpod-" ID ".scope/container", ID);
	assert_id("/libpod_parent/libpod-" ID, ID);
	assert_id("/default/" ID, ID);
	assert_id("/system.slice/cri-containerd-" ID ".scope", ID);
}

static void kubernetes(void **state)
{
	(void)state;
	assert_id("/kubepods/besteffort/"
		  "pod2d0b5b5c-8f0c-4c4e-9c53-6f3b8f7f5a11/" ID,
		  ID);
	assert_id("/kubepods.slice/kubepods-burstable.slice/"
		  "kubepods-burstable-pod2d0b5b5c_8f0c_4c4e_9c53_6f3b8f7f5a11"
		  ".slice/crio-" ID ".scope",
		  ID);
}

static void innermost(void **state)
{
	(void)state;
	assert_id("/docker/" OTHER "/docker/" ID "/init.scope", ID);
}

static void none(void **state)
{
	(void)state;
	assert_none("");
	assert_none("/");
	assert_none("/user.slice/user-0.slice/session-1.scope");
	assert_none("/docker/0123456789abcdef");
	/* 65 digits are something else. */
	assert_none("/docker/0" ID);
	assert_none("/docker/" ID "x");
	assert_none("/docker/0123456789ABCDEF" ID ".slice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runtimes),
		cmocka_unit_test(kubernetes),
		cmocka_unit_test(innermost),
		cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
