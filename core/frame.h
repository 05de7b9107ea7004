/* SPDX-License-Identifier: MIT */
/*
 * A frame: one access unit of one track, on its way from the one who publishes it to every worker.
 *
 *   made       by frame_create: owned by the publishing thread, which fills it in
 *   published  by ring_publish: immutable, but for the reference count
 *   freed      when the last reference goes; the ring gives its own back after an RCU grace period,
 * so that whoever found the frame in the ring may still take one
 *
 * "next_retired" and "rcu" belong to the ring: they are written only once the frame has left it.
 */
#pragma once

#include <stdatomic.h>

#include "core/rcu.h"

struct frame {
    _Atomic uint32_t refs;
    uint32_t len; /* bytes in data */

    uint64_t pos;       /* in the ring: the stream's frames are numbered from 0 */
    int64_t arrival_ns; /* when it was published, monotonic */
    int64_t wall_ns;    /* the instant that rtp_time stands for, since 1970 */
    uint64_t bytes_sum; /* of data in all frames of the stream up to and including this one */

    uint8_t track;
    bool key;           /* video: decoding may start here */
    bool new_timeline;  /* the source started again: its rtp_time continues nothing */
    uint16_t first_seq; /* RTP sequence number of its first packet */
    uint32_t packets;   /* RTP packets that it takes */
    uint32_t octets;    /* of payload in these packets, as a sender report counts them */
    uint32_t rtp_time;
    uint32_t rtp_step; /* from the track's last frame to this one; a guess at this one's duration */
    uint32_t packets_sum; /* of the track before this frame, as a sender report counts */
    uint32_t octets_sum;

    struct frame *next_retired;
    struct rcu_node rcu;
    uint8_t data[];
};

/* A frame with room for len bytes (not set) and one reference, all else zero. NULL when memory is
 * out. */
struct frame *frame_create(size_t len);

/* Any thread, under a reference or as long as the frame is borrowed (core/rcu.h). */
struct frame *frame_ref(struct frame *f);

/* Gives *f back and sets it to NULL. *f may be NULL. */
void frame_unref(struct frame **f);

static inline struct slice frame_data(const struct frame *f)
{
    return slice_of(f->data, f->len);
}
