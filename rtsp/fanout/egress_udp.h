/* SPDX-License-Identifier: MIT */
/*
 * The last step to UDP players, one a worker: datagrams of a slice of players are gathered and go
 * out with one system call; lanes that find the socket full wait here for room. Belongs to the
 * worker.
 */
#pragma once

#include "core/list.h"
#include "core/media.h"
#include "net/udp.h"

/* Where a player is: the addresses of each track, and our own, as the player knows it. Borrowed. */
struct udp_target {
    struct udp_addr from;
    const struct udp_addr *rtp[MEDIA_TRACKS_MAX], *rtcp[MEDIA_TRACKS_MAX];
    /* NULL, or false when another worker sends it what this one would. */
    bool (*may_send)(struct udp_target *t);
    /* Its pace: what it was sent would have taken until then. See egress_udp_allowance. */
    int64_t paid_until_ns;
};

/* Embedded in who waits for room in the socket. */
struct udp_waiter {
    struct list link;
    void (*on_room)(struct udp_waiter *w);
};

struct egress_udp {
    struct udp *rtp, *rtcp; /* the worker's sockets */
    int64_t ns_per_kib;     /* what a player may be sent in the long run; 0: without limit */
    size_t burst_bytes;     /* and at a time */
    struct list waiting;
    unsigned count; /* messages that are gathered */
    struct udp_message message[UDP_BATCH_MAX];
    uint32_t owner[UDP_BATCH_MAX]; /* of each, as its sender likes */
};

void egress_udp_init(struct egress_udp *e, struct udp *rtp, struct udp *rtcp, uint64_t bytes_per_s,
                     size_t burst_bytes);

/*
 * How many bytes the target may be sent now, so that a burst (a large key frame, the cached GOP)
 * does not overflow the socket buffer of an ordinary player: a token bucket, kept as the instant at
 * which it would be full again.
 */
size_t egress_udp_allowance(const struct egress_udp *e, const struct udp_target *t, int64_t now_ns);
/* When so many bytes will be allowed. */
int64_t egress_udp_allowed_at(const struct egress_udp *e, const struct udp_target *t, size_t bytes);
void egress_udp_pay(const struct egress_udp *e, struct udp_target *t, size_t bytes, int64_t now_ns);

/* How many bytes of packets of that size one message can hold. */
size_t egress_udp_message_max(const struct egress_udp *e, size_t packet_bytes);

/* Gathers a message; what it points to must stay until it was sent. True when no more fit. */
bool egress_udp_add(struct egress_udp *e, const struct udp_message *m, uint32_t owner);

/* Sends what was gathered. Returns how many messages are done with; the others are forgotten, and
 * the socket is full: see egress_udp_wait. */
unsigned egress_udp_flush(struct egress_udp *e);

/* Has on_room called once, when there is room again. */
void egress_udp_wait(struct egress_udp *e, struct udp_waiter *w);

/* RTCP goes out at once, or is lost. */
void egress_udp_control(struct egress_udp *e, const struct udp_target *t, unsigned track,
                        struct slice packet);
