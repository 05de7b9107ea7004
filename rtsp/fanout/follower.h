/* SPDX-License-Identifier: MIT */
/*
 * A worker's place in a stream: how far it has read the ring, and the newest frame of each track,
 * from which sender reports and RTP-Info follow. Belongs to the worker.
 */
#pragma once

#include "core/stream.h"

struct follower {
    struct stream *stream;                /* a reference */
    uint64_t pos;                         /* the next to be read */
    struct frame *last[MEDIA_TRACKS_MAX]; /* references: the newest of each track, or NULL */
    uint64_t last_key[MEDIA_TRACKS_MAX];  /* where the newest key frame of each track is that was
                                           * read; GOP_NONE */
};

/* Begins at the head of the stream's ring, with what the ring still has of each track. */
void follower_init(struct follower *f, struct stream *s);
void follower_fini(struct follower *f);

/*
 * Reads on. RING_FRAME: *frame is borrowed (core/rcu.h). RING_LAPPED: *missed frames were passed
 * over, and the next call goes on behind them.
 */
enum ring_result follower_next(struct follower *f, struct frame **frame, uint64_t *missed);

/* What the first packet of a track will be for who starts at a ring position (RTP-Info, RFC 2326
 * section 12.33). */
struct first_packet {
    uint16_t seq;
    uint32_t rtp_time;
};

/* False when it can't be known. start_pos: GOP_NONE when the player must wait for a place to
 * start. */
bool follower_first_packet(const struct follower *f, unsigned track, uint64_t start_pos,
                           struct first_packet *first);
