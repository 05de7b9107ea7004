/* SPDX-License-Identifier: MIT */
/*
 * The last step to UDP players, one a worker: datagrams of a slice of players are gathered and go
 * out with one system call. Belongs to the worker.
 */
#pragma once

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
    bool refuses_segments; /* the kernel cuts nothing on the way there (net/udp.h) */
};

struct egress_udp {
    struct udp *rtp, *rtcp; /* the worker's sockets */
    int64_t ns_per_kib;     /* what a player may be sent in the long run; 0: without limit */
    size_t burst_bytes;     /* and at a time */
    unsigned count;         /* messages that are gathered */
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

/* How many bytes of packets of that size one message to the target can hold. */
size_t egress_udp_message_max(const struct egress_udp *e, const struct udp_target *t,
                              size_t packet_bytes);

/* Gathers a message; what it points to must stay until it was sent. True when no more fit. */
bool egress_udp_add(struct egress_udp *e, const struct udp_message *m, uint32_t owner);

/* Sends what was gathered. Returns how many messages are done with; the others are forgotten, and
 * the socket is full. */
unsigned egress_udp_flush(struct egress_udp *e);

/* RTCP goes out at once, or is lost. */
void egress_udp_control(struct egress_udp *e, const struct udp_target *t, unsigned track,
                        struct slice packet);
