/* SPDX-License-Identifier: MIT */
/*
 * A lane: the players of one stream, on one worker, that receive the same bytes (the same tracks,
 * by the same transport, on the same interleaved channels). It packetizes a frame once, into an
 * image, and lets every player read it at its own pace.
 *
 *   player   what a sweep looks at for each client, dense in an array: descriptor, cursor, flags
 *   viewer   the rest: bytes that go out before the next packet, what its owner wants to hear
 *
 * Invariants
 *   1. While a viewer on TCP has bytes in 'out', its cursor stands between two packets: a reply
 *      never lands inside one. On UDP the cursor always stands between two packets, and 'out' is
 *      the connection's own business.
 *   2. A player without an image waits for a place to start (a key frame; any frame if there is no
 *      video).
 *   3. A player that is not FULL has everything, or a sweep is under way that will come by.
 *
 * All of it belongs to one worker.
 */
#pragma once

#include "core/metrics.h"
#include "net/loop.h"
#include "net/splicer.h"
#include "rtsp/fanout/chain.h"
#include "rtsp/fanout/egress_udp.h"

struct lane;

enum viewer_end {
    VIEWER_STREAM_ENDED, /* everything was sent, BYE included */
    VIEWER_BROKEN,       /* the connection failed */
};

/* Embedded in the connection, whose bytes to say go out by it as well. Zero it, then set fd and the
 * calls; udp before joining a lane of that kind. */
struct viewer {
    int fd;
    struct buf out;
    struct udp_target *udp;   /* of who plays over UDP */
    struct lane *lane;        /* NULL: not playing */
    uint32_t place;           /* in the lane */
    bool full;                /* the socket takes no more; EPOLLOUT will come */
    int64_t stalled_since_ns; /* last progress while full; 0: not full */
    uint64_t sent_bytes;      /* see viewer_sent_bytes */
    struct metrics *metrics;  /* of the worker; may be NULL */
    uint64_t jumps;           /* skipped to a key frame */
    /* The socket has become full: look at stalled_since_ns after the write timeout. */
    void (*on_full)(struct viewer *v);
    /* The viewer is out of its lane already. */
    void (*on_end)(struct viewer *v, enum viewer_end why);
};

struct lane_options {
    int64_t max_lag_ns;
    uint64_t max_lag_bytes;
    struct splicer *splicer; /* of the worker; NULL: nothing goes by reference */
    struct egress_udp *udp;  /* of the worker; not needed for TCP lanes */
    struct metrics *metrics; /* of the worker; may be NULL */
    int64_t audio_hold_ns;   /* audio waits so long for video to go out with; 0: not at all */
    size_t splice_from; /* images of so many bytes go by reference, when there are many players */
};

/* f must outlive it. NULL when memory is out. */
struct lane *lane_create(const struct follower *f, struct loop *loop,
                         const struct lane_layout *layout, const struct lane_options *bounds);
/* Nobody may be in it. */
void lane_destroy(struct lane *l);

/* on_empty is called when the last player has left. It must not destroy the lane at once. */
void lane_on_empty(struct lane *l, void (*on_empty)(void *arg), void *arg);

bool lane_has_layout(const struct lane *l, const struct lane_layout *layout);
uint32_t lane_players(const struct lane *l);
struct list *lane_link(struct lane *l); /* for its owner's list */
struct lane *lane_of_link(struct list *link);

/* See chain_start. */
struct image *lane_start(struct lane *l);

/*
 * Tells v, who is about to join, what time it is in the stream (sender reports), behind what is in
 * v->out. 0, -ENOMEM, or -EPIPE when v has ended by it.
 */
int lane_greet(struct lane *l, struct viewer *v);

/* Joins: from now on v gets the stream. 0 or -ENOMEM. What is in v->out goes first. */
int lane_join(struct lane *l, struct viewer *v);

/* A frame came, in the stream's order. */
void lane_push(struct lane *l, const struct frame *f);

/* Frames were missed: go on at the next place to start. */
void lane_break(struct lane *l);

/* The stream is over: BYE, and then every viewer's on_end. */
void lane_finish(struct lane *l);

/* -- of a viewer, in a lane or not -- */

/* Leaves its lane, if it is in one, at the end of a packet: the rest of it stays in out. */
void viewer_leave(struct viewer *v);

/* UDP: goes back to where who joins now would start; harmless when it does not play. */
void viewer_restart(struct viewer *v);

/* Sends bytes between two packets: now, or when the socket takes them. -ENOMEM, else 0 (on_end may
 * have been called). */
int viewer_send(struct viewer *v, struct slice bytes);

/* What has gone out to it since it was made. */
uint64_t viewer_sent_bytes(struct viewer *v);

/* The socket has room again. on_end may be called. */
void viewer_writable(struct viewer *v);

/* Frees what v holds; it is then as at the beginning. */
void viewer_fini(struct viewer *v);
