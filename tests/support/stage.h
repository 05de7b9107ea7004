/* SPDX-License-Identifier: MIT */
/*
 * What fan-outs and lanes are tried on: a worker's loop that is turned by hand and a live stream,
 * one of each in a program. The thread is registered with RCU between set-up and tear-down.
 */
#pragma once

#include "rtsp/fanout/fanout.h"
#include "tests/support/spectator.h"
#include "tests/support/turn.h"

enum { FRAME_BYTES = 500 }; /* of a frame that has nothing particular: three packets */

extern struct loop loop;
extern struct feed feed;                  /* of feed_video_and_audio */
extern const struct lane_options patient; /* whose players may lag as they like */

void stage_set_up(void);

/* Everybody has left. */
void stage_tear_down(void);

/* Another stream takes the place of the one that nobody plays yet. */
void stage_use_stream(const struct media *media, const struct stream_options *options);

/* Until all that RCU was given so far is freed. */
void grace_period(void);

/* The loop's fan-out of this stream. */
struct fanout *stage_fanout(void);

/* Its lane of that layout. */
struct lane *stage_lane(const struct lane_layout *layout, const struct lane_options *options);

void stage_join(struct spectator *s, const struct lane_layout *layout,
                const struct lane_options *options);

/* Opens a spectator, and joins. */
void stage_enter(struct spectator *s, int room, const struct lane_layout *layout,
                 const struct lane_options *options);

/* Spectators that have room and patience. */
void stage_enter_crowd(struct spectator *crowd, unsigned count);
void stage_close_crowd(struct spectator *crowd, unsigned count);
