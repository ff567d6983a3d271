// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments sent again because the path takes smaller ones. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "retransmit.h"

#define BY_ICMP                                                       \
	"tcp_xmit_retransmit_queue tcp_v4_err icmp_unreach icmp_rcv " \
	"process_backlog"

static void path_mtu(void **state)
{
	static const char *const stacks[] = {
		RESENT BY_ICMP,
		RESENT "tcp_xmit_retransmit_queue tcp_simple_retransmit "
		       "tcp_v4_mtu_reduced tcp_release_cb release_sock",
		RESENT "tcp_xmit_retransmit_queue tcp_v6_err icmpv6_notify "
		       "process_backlog",
	};

	for (int i = 0; i < 3; i++) {
		struct segment_event e = resent_anew(state, stacks[i]);
		const struct finding *f;

		e.tcp.ca_state = CA_LOSS;
		e.tcp.pmtu = 1300;
		e.tcp.mss = 1260;
		f = on_connection(*state, &e);
		assert_cause(f, "rtx.pmtu");
		assert_int_equal(lab_evidence(f, "mtu")->number, 1300);
		assert_null(lab_evidence(f, "old_mtu"));
		assert_null(strstr(f->why, "instead"));
	}
}

/* An ICMP error of another kind, a recovery that goes on: not for the size. */
static void icmp_but_not_for_the_size(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct segment_event e = resent_anew(state, RESENT BY_ICMP);

		e.tcp.ca_state = i ? CA_LOSS : CA_RECOVERY;
		e.tcp.undo_marker = i ? 4711 : 0;
		assert_cause(on_connection(*state, &e), "unknown");
	}
}

/* Deferred to release_sock(), the MTU before is what tells. */
static void path_mtu_with_the_one_before(void **state)
{
	for (int smaller = 0; smaller < 2; smaller++) {
		struct segment_event first, e;
		const struct finding *f;
		struct lab *lab;

		if (smaller)
			lab_renew(state);
		lab = *state;
		first = resent(lab, RESENT BY_PROBE);
		e = resent(lab, RESENT "tcp_xmit_retransmit_queue "
				       "tcp_release_cb release_sock");
		lab_connect(lab, 1 * SEC, remote());
		first.tcp.pmtu = 1500;
		e.tcp.pmtu = smaller ? 1300 : 1500;
		first.tcp.total_retrans = 1;
		e.tcp.total_retrans = 2;
		e.tcp.ca_state = CA_LOSS;
		e.h.time += 1 * SEC;
		lab_play(lab, &first);
		lab_play(lab, &e);
		lab_end(lab);
		f = &lab->findings[1];
		assert_cause(f, smaller ? "rtx.pmtu" : "unknown");
		if (smaller) {
			assert_int_equal(lab_evidence(f, "old_mtu")->number,
					 1500);
			assert_non_null(
				strstr(f->why, "1300 bytes instead of 1500"));
		}
	}
}

/* What its MTU was before, no event has told. */
static void path_mtu_at_first(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct segment_event e =
			resent_anew(state,
				    RESENT "tcp_xmit_retransmit_queue "
					   "tcp_release_cb release_sock");

		e.tcp.pmtu = 1300;
		e.tcp.ca_state = CA_LOSS;
		e.tcp.undo_marker = i == 1 ? 4711 : 0;
		e.at_mtu_probe = i == 2;
		/* The kernel counts this one, and one that was not seen. */
		e.tcp.total_retrans = i == 3 ? 2 : 1;
		assert_cause(on_connection(*state, &e),
			     i == 0   ? "rtx.pmtu"
			     : i == 1 ? "rtx.after-timeout"
			     : i == 2 ? "rtx.mtu-probe"
				      : "unknown");
	}
}

static void mtu_probe(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct segment_event e = resent_anew(state, RESENT BY_ACK);

		e.tcp.ca_state = i == 1 ? CA_RECOVERY : CA_LOSS;
		e.at_mtu_probe = i != 2;
		e.tcp.undo_marker = i == 3 ? 4711 : 0;
		e.tcp.sacked_out = 3;
		assert_cause(on_connection(*state, &e),
			     i == 0   ? "rtx.mtu-probe"
			     : i == 1 ? "rtx.fast"
			     : i == 2 ? "unknown"
				      : "rtx.after-timeout");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(path_mtu),
		lab_test(icmp_but_not_for_the_size),
		lab_test(path_mtu_with_the_one_before),
		lab_test(path_mtu_at_first),
		lab_test(mtu_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
