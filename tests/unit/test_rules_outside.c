// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs that no TCP socket sent, and those that one did. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab.h"

#define TRACED	"bpf_trace_run1 __dev_queue_xmit ip_finish_output2 ip_output "
#define SOFTIRQ " __netif_receive_skb_one_core process_backlog handle_softirqs"
#define INPUT                                                                \
	"nf_send_reset nft_reject_inet_eval nft_do_chain nft_do_chain_inet " \
	"nf_hook_slow ip_local_deliver"
#define FORWARDED TRACED "__netif_receive_skb_one_core" SOFTIRQ

static struct event_conn remote(void)
{
	return conn_of("10.0.0.1", 40000, "192.0.2.9", 80);
}

/* A RST on its way to CLIENT, from the other end of remote(). */
static struct segment_event packet(struct lab *lab, __u64 time,
				   const char *stack)
{
	struct segment_event e =
		segment_event(EVENT_PACKET, time, 0, turned(remote()));

	memset(&e.tcp, 0, sizeof(e.tcp));
	with_segment(&e, TCP_RST | TCP_ACK, 0);
	with_stack(&e, lab->host, stack);
	on_top_of(&e.h, 999, "bystander");
	return e;
}

static struct segment_event received(struct lab *lab, __u64 time,
				     __u8 tcp_state)
{
	struct segment_event e = segment_event(EVENT_RESET_RECEIVED, time,
					       CLIENT_SOCK, remote());

	e.tcp.state = tcp_state;
	with_stack(
		&e, lab->host,
		"tcp_reset tcp_validate_incoming tcp_rcv_established" SOFTIRQ);
	return e;
}

/* A segment that the local end of @conn had sent. */
static void drop(struct lab *lab, struct event_conn conn, __u64 time,
		 const char *reason, __u8 flags)
{
	struct segment_event e =
		segment_event(EVENT_DROP, time, 0, turned(conn));

	memset(&e.tcp, 0, sizeof(e.tcp));
	with_segment(&e, flags, 0);
	with_stack(&e, lab->host, "nf_hook_slow __ip_local_out ip_queue_xmit");
	with_reason(&e, lab->host, reason);
	lab_play(lab, &e);
}

static void begin_connect(struct lab *lab)
{
	lab_state(lab, 4 * SEC, CLIENT_SOCK, remote(), STATE_CLOSE,
		  STATE_SYN_SENT, CLIENT);
}

static const char *string_of(const struct finding *f, const char *key)
{
	const struct evidence *e = lab_evidence(f, key);

	return e ? e->string : "";
}

/* --- a firewall ------------------------------------------------------------
 */

static void by_its_packet(void **state)
{
	static const struct {
		const char *stack, *hook, *rules;
	} cases[] = {
		{ TRACED INPUT SOFTIRQ, "INPUT", "nftables inet" },
		{ TRACED "nf_send_reset nft_reject_ipv4_eval nft_do_chain "
			 "nft_do_chain_ipv4 nf_hook_slow ip_forward" SOFTIRQ,
		  "FORWARD", "nftables ip" },
		{ TRACED "nf_send_reset reject_tg nft_target_eval_xt "
			 "nft_do_chain nft_do_chain_ipv4 nf_hook_slow "
			 "__ip_local_out tcp_v4_connect",
		  "OUTPUT", "nftables ip (iptables-nft)" },
		{ TRACED "nf_send_reset6 reject_tg6 ip6t_do_table nf_hook_slow "
			 "ip6_input" SOFTIRQ,
		  "INPUT", "ip6tables" },
		{ "bpf_trace_run1 __dev_queue_xmit nft_reject_netdev_eval "
		  "nft_do_chain nft_do_chain_netdev nf_hook_slow "
		  "__netif_receive_skb_core" SOFTIRQ,
		  "INGRESS", "nftables netdev" },
		/* What is not known is not said. */
		{ TRACED "nf_send_reset", "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		begin_connect(*state);
		e = packet(*state, 5 * SEC, cases[i].stack);
		f = lab_judge(*state, &e);
		assert_cause(f, "rst.firewall-reject");
		assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
		assert_int_equal(f->what, WHAT_RST_SENT);
		assert_int_equal(f->conn.lport, 80);
		assert_int_equal(f->peer.pid, CLIENT);
		assert_int_equal(f->actor.pid, 0);
		assert_string_equal(string_of(f, "hook"), cases[i].hook);
		assert_string_equal(string_of(f, "rules"), cases[i].rules);
	}
}

/* The RST, its reception, and what it answers: one story. */
static void told_once(void **state)
{
	struct lab *lab = *state;
	struct segment_event e = packet(lab, 5 * SEC, TRACED INPUT SOFTIRQ);
	struct segment_event r = received(lab, 5 * SEC + MS, STATE_SYN_SENT);

	begin_connect(lab);
	lab_play(lab, &e);
	drop(lab, remote(), 5 * SEC + MS / 2, "NETFILTER_DROP", TCP_SYN);
	lab_play(lab, &r);
	assert_cause(lab_only_finding(lab), "rst.firewall-reject");
	assert_non_null(strstr(lab->findings[0].why, "the SYN of client[20]"));
	assert_string_equal(string_of(&lab->findings[0], "drop_reason"),
			    "NETFILTER_DROP");
}

/* The listener never got the SYN; in OUTPUT it would be another host's. */
static void names_the_listener(void **state)
{
	struct lab *lab = *state;
	struct segment_event e = packet(lab, 5 * SEC, TRACED INPUT SOFTIRQ);
	const struct finding *f;

	lab_listen(lab, SEC, remote());
	f = lab_judge(lab, &e);
	assert_cause(f, "rst.firewall-reject");
	assert_int_equal(f->owner.pid, SERVER);
	lab_renew(state);
	lab = *state;
	lab_listen(lab, SEC, remote());
	e = packet(lab, 5 * SEC,
		   TRACED "nf_send_reset reject_tg ipt_do_table nf_hook_slow "
			  "__ip_local_out");
	f = lab_judge(lab, &e);
	assert_cause(f, "rst.firewall-reject");
	assert_int_equal(f->owner.pid, 0);
}

/* --- ... whose RST was not seen
 * ----------------------------------------------- */

static void by_its_drop(void **state)
{
	struct lab *lab = *state;
	struct segment_event r = received(lab, 5 * SEC, STATE_SYN_SENT);
	const struct finding *f;

	begin_connect(lab);
	drop(lab, remote(), 5 * SEC - MS, "NETFILTER_DROP", TCP_SYN);
	f = lab_judge(lab, &r);
	assert_cause(f, "rst.firewall-reject");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->what, WHAT_RST_SENT);
	assert_int_equal(f->conn.lport, 80);
	assert_int_equal(f->owner.pid, 0);
	assert_int_equal(f->peer.pid, CLIENT);
	assert_string_equal(string_of(f, "hook"), "OUTPUT");
	assert_null(lab_evidence(f, "rules"));
	assert_non_null(strstr(f->effect, "ECONNREFUSED"));
}

/* The remote host may have answered an earlier one. */
static void only_likely(void **state)
{
	struct lab *lab = *state;
	struct segment_event r = received(lab, 5 * SEC, STATE_ESTABLISHED);
	const struct finding *f;

	lab_connect(lab, 4 * SEC, remote());
	drop(lab, remote(), 5 * SEC - MS, "NETFILTER_DROP", TCP_ACK);
	f = lab_judge(lab, &r);
	assert_cause(f, "rst.firewall-reject");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
}

/* Its own segment, by a firewall, a moment before. */
static void drops_that_do_not_reject(void **state)
{
	static const struct {
		bool theirs;
		uint64_t before;
		const char *reason;
	} cases[] = {
		{ true, MS, "NETFILTER_DROP" },
		{ false, 500 * MS, "NETFILTER_DROP" },
		{ false, MS, "QDISC_DROP" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event_conn conn = remote();
		struct segment_event r;

		if (i)
			lab_renew(state);
		r = received(*state, 5 * SEC, STATE_ESTABLISHED);
		lab_connect(*state, 4 * SEC, remote());
		drop(*state, cases[i].theirs ? turned(conn) : conn,
		     5 * SEC - cases[i].before, cases[i].reason, TCP_ACK);
		assert_cause(lab_judge(*state, &r), "rst-received.mid-stream");
	}
}

/* --- raw and packet sockets
 * --------------------------------------------------- */

static void raw(void **state)
{
	static const struct {
		const char *stack, *socket;
	} cases[] = {
		{ TRACED "raw_sendmsg __sys_sendto do_syscall_64", "raw" },
		{ "bpf_trace_run1 __dev_queue_xmit ip6_output rawv6_sendmsg "
		  "__sys_sendto",
		  "raw" },
		{ "bpf_trace_run1 __dev_queue_xmit packet_sendmsg __sys_sendto",
		  "packet" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct segment_event e, r;
		struct lab *lab;

		if (i)
			lab_renew(state);
		lab = *state;
		lab_connect(lab, 4 * SEC, remote());
		e = packet(lab, 5 * SEC, cases[i].stack);
		on_top_of(&e.h, 77, "forger");
		lab_play(lab, &e);
		r = received(lab, 5 * SEC + MS, STATE_ESTABLISHED);
		lab_play(lab, &r);
		assert_cause(lab_only_finding(lab), "rst.raw");
		assert_int_equal(lab->findings[0].actor.pid, 77);
		assert_int_equal(lab->findings[0].peer.pid, CLIENT);
		assert_string_equal(lab->findings[0].trigger, "send");
		assert_string_equal(string_of(&lab->findings[0], "socket"),
				    cases[i].socket);
	}
}

/* --- forwarded
 * ------------------------------------------------------------------ */

static void forwarded(void **state)
{
	static const char *const stacks[] = {
		FORWARDED,
		TRACED "ip_sublist_rcv ip_list_rcv napi_complete_done",
		TRACED "ip_forward ip_rcv" SOFTIRQ,
		"bpf_trace_run1 __dev_queue_xmit br_dev_queue_push_xmit "
		"br_forward" SOFTIRQ,
	};

	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = packet(*state, 5 * SEC, stacks[i]);
		f = lab_judge(*state, &e);
		assert_cause(f, "rst.forwarded");
		assert_int_equal(f->actor.pid, 0);
		assert_false(f->has_peer);
	}
}

/* A process that answers for other hosts: a VPN, a virtual machine. */
static void handed_in(void **state)
{
	struct segment_event e =
		packet(*state, 5 * SEC,
		       TRACED "__netif_receive_skb_one_core netif_receive_skb "
			      "tun_get_user tun_chr_write_iter vfs_write");
	const struct finding *f;

	on_top_of(&e.h, 77, "vpn");
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.forwarded");
	assert_int_equal(f->actor.pid, 77);
	assert_string_equal(string_of(f, "handed_in_by"), "vpn");
}

/* An end that is here has its own finding, or had the RST's. */
static void to_an_end_here(void **state)
{
	struct lab *lab = *state;
	struct segment_event e = packet(lab, 5 * SEC, FORWARDED);
	struct segment_event r = received(lab, 5 * SEC + MS, STATE_ESTABLISHED);

	lab_connect(lab, 4 * SEC, remote());
	e.conn.netns = OTHER_NETNS;
	lab_play(lab, &e);
	lab_play(lab, &r);
	assert_cause(lab_only_finding(lab), "rst-received.mid-stream");
}

static struct segment_event sent(struct lab *lab, struct event_conn conn)
{
	struct segment_event e =
		segment_event(EVENT_RESET_SENT, 5 * SEC - MS, 0, conn);

	with_segment(&e, TCP_ACK, 4);
	e.seg.ack = 1000; /* the number of the RST */
	with_stack(&e, lab->host, "tcp_v4_send_reset tcp_v4_rcv" SOFTIRQ);
	with_reason(&e, lab->host, "NO_SOCKET");
	return e;
}

/* From here, through a NAT that changed either end: by its number. */
static void from_an_end_here(void **state)
{
	struct event_conn source = turned(remote());
	struct event_conn target = turned(remote());

	address_of("172.17.0.2", source.laddr);
	address_of("172.17.0.2", target.raddr);
	for (int i = 0; i < 3; i++) {
		struct segment_event s, e;
		struct lab *lab;

		if (i)
			lab_renew(state);
		lab = *state;
		s = sent(lab, i == 0   ? source
			      : i == 1 ? target
				       : turned(remote()));
		lab_play(lab, &s);
		e = packet(lab, 5 * SEC, FORWARDED);
		lab_play(lab, &e);
		assert_cause(lab_only_finding(lab), "rst.connection-gone");
	}
	lab_renew(state);
	{
		struct segment_event s = sent(*state, source);
		struct segment_event e = packet(*state, 5 * SEC, FORWARDED);

		s.seg.ack = 999; /* another */
		lab_play(*state, &s);
		lab_play(*state, &e);
		lab_end(*state);
		assert_int_equal(((struct lab *)*state)->count, 2);
	}
}

/* --- told already, or not understood
 * --------------------------------------------- */

static void of_a_socket(void **state)
{
	static const char *const stacks[] = {
		TRACED "ip_send_unicast_reply tcp_v4_send_reset tcp_v4_rcv "
		       "ip_local_deliver" SOFTIRQ,
		TRACED "tcp_v6_send_response tcp_v6_send_reset" SOFTIRQ,
		TRACED "tcp_send_active_reset tcp_disconnect __tcp_close",
		TRACED "xdp_something",
	};

	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = packet(*state, 5 * SEC, stacks[i]);
		lab_play(*state, &e);
		lab_end(*state);
		assert_int_equal(((struct lab *)*state)->count, 0);
	}
}

/* A VLAN, a bridge, a tunnel: it passes more than one device. */
static void at_several_devices(void **state)
{
	struct lab *lab = *state;

	for (int i = 0; i < 3; i++) {
		struct segment_event e =
			packet(lab, 5 * SEC + i * MS, TRACED INPUT SOFTIRQ);

		lab_play(lab, &e);
	}
	assert_cause(lab_only_finding(lab), "rst.firewall-reject");
}

/* Nor is a later one, with another number, the same. */
static void one_after_the_other(void **state)
{
	struct lab *lab = *state;

	for (int i = 0; i < 3; i++) {
		struct segment_event e =
			packet(lab, 5 * SEC + i * MS, TRACED INPUT SOFTIRQ);

		e.seg.seq += i;
		lab_play(lab, &e);
	}
	lab_end(lab);
	assert_int_equal(lab->count, 3);
}

/* More than are remembered. */
static void very_many(void **state)
{
	struct lab *lab = *state;

	for (int i = 0; i < 2000; i++) {
		struct segment_event e = packet(lab, 5 * SEC + i, "unknown");

		e.seg.seq += i;
		lab_play(lab, &e);
	}
	lab_end(lab);
	assert_int_equal(lab->count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(by_its_packet),
		lab_test(told_once),
		lab_test(names_the_listener),
		lab_test(by_its_drop),
		lab_test(only_likely),
		lab_test(drops_that_do_not_reject),
		lab_test(raw),
		lab_test(forwarded),
		lab_test(handed_in),
		lab_test(to_an_end_here),
		lab_test(from_an_end_here),
		lab_test(of_a_socket),
		lab_test(at_several_devices),
		lab_test(one_after_the_other),
		lab_test(very_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
