/* SPDX-License-Identifier: MIT */
/*
 * One stream in one worker: follows the stream's ring and hands every frame to the worker's lanes.
 *
 * The publisher's thread only ever touches "posted" and the worker's mailbox (fanout.c: on_news);
 * all else belongs to the worker. Made when the worker's first player joins, gone with the last.
 */
#pragma once

#include "core/stream.h"
#include "rtsp/lane.h"

struct fanout;

/*
 * The fan-out of a stream in this worker (number 'slot'), made if need be; it goes at the end of
 * the turn unless somebody plays. NULL when memory is out.
 */
struct fanout *fanout_get(struct loop *loop, unsigned slot, struct stream *s);

/* Its lane of that layout, made if need be. NULL when memory is out. */
struct lane *fanout_lane(struct fanout *f, const struct lane_layout *layout,
                         const struct lane_bounds *bounds);

/* At the end of the turn, lanes without players go, and the fan-out with the last lane. */
void fanout_review(struct fanout *f);

/* The stream; and the next ring position that this worker will read. */
struct stream *fanout_stream(const struct fanout *f);
uint64_t fanout_pos(const struct fanout *f);

/* The newest frame of a track that this worker has seen, or NULL. Borrowed. */
const struct frame *fanout_last(const struct fanout *f, unsigned track);

/* What the first packet of a track will be for who starts at a ring position (RTP-Info, RFC 2326
 * section 12.33). */
struct first_packet {
    uint16_t seq;
    uint32_t rtp_time;
};

/* False when it can't be known. start_pos: GOP_NONE when the player must wait for a place to start.
 */
bool fanout_first_packet(const struct fanout *f, unsigned track, uint64_t start_pos,
                         struct first_packet *first);
