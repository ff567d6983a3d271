/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Segments dropped on this host, recent ones, by the ends of their connection:
 * the evidence for "the earlier copy never left" or "never arrived".
 */
#ifndef TCPWHY_DROPS_H
#define TCPWHY_DROPS_H

#include "event.h"
#include "host.h"

struct drops;

struct drop {
	__u64 time; /* CLOCK_MONOTONIC ns */
	__u64 seq;  /* of the event */
	struct segment_event event;
};

/*
 * Of what use a drop may be. Each refused connect and each close has drops
 * that are nobody's loss: they must not crowd out the rare ones that are.
 */
enum drop_worth {
	DROP_COMMON,
	DROP_LOSS,
	DROP_WORTHS,
};

/* Keep the last @limit drops of each worth. NULL: out of memory. */
struct drops *drops_new(unsigned int limit);
void drops_free(struct drops *drops);

/* Remember @e (EVENT_DROP), event number @seq. Returns 0 or -ENOMEM. */
int drops_add(struct drops *drops, const struct segment_event *e, __u64 seq,
	      enum drop_worth worth);

/*
 * The time of the latest loss that is remembered no more, CLOCK_MONOTONIC ns:
 * later than that, one that is not found did not happen. 0: none yet.
 */
__u64 drops_forgotten(const struct drops *drops);

/*
 * The latest drop, before or at @time, of a segment sent by the local end of
 * @conn that carried any of the sequence numbers [@first, @end), and all of
 * @flags (TCP header flags). NULL if there was none.
 */
const struct drop *drops_find(const struct drops *drops,
			      const struct event_conn *conn, __u32 first,
			      __u32 end, __u8 flags, __u64 time);

/*
 * The latest drop, at @since or later, of any segment sent by the local end
 * of @conn; with @reason (a name that @host knows), only for that one. NULL
 * if there was none.
 */
const struct drop *drops_since(const struct drops *drops,
			       const struct event_conn *conn, __u64 since,
			       const struct host *host, const char *reason);

/*
 * The latest drop, from @from to @to, of a segment sent by the local end of
 * @conn whose TCP flags are @flags, of those in @mask; first of
 * all one in @conn's network namespace, since addresses may be in use in
 * several. NULL if there was none.
 */
const struct drop *drops_with_flags(const struct drops *drops,
				    const struct event_conn *conn, __u64 from,
				    __u64 to, __u8 mask, __u8 flags);

/*
 * Why @e (EVENT_DROP) was dropped, as enum skb_drop_reason calls it: as the
 * kernel says, or, before 5.17, as the place of the drop tells. NULL: neither.
 */
const char *drop_reason(const struct host *host, const struct segment_event *e);

/* How many were dropped so since @since, for @reason (a number). */
unsigned int drops_count(const struct drops *drops,
			 const struct event_conn *conn, __u64 since,
			 __s32 reason);

#endif /* TCPWHY_DROPS_H */
