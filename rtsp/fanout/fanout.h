/* SPDX-License-Identifier: MIT */
/*
 * One stream in one worker: follows the stream's ring and hands every frame to the worker's lanes.
 *
 * The publisher's thread only ever touches "posted" and the worker's mailbox (fanout.c: on_news);
 * all else belongs to the worker. Made when the worker's first player joins, gone with the last.
 */
#pragma once

#include "rtsp/fanout/follower.h"
#include "rtsp/fanout/lane.h"

struct fanout;

/*
 * The fan-out of a stream in this worker (number 'slot'), made if need be; it goes at the end of
 * the turn unless somebody plays. NULL when memory is out.
 */
struct fanout *fanout_get(struct loop *loop, unsigned slot, struct stream *s);

/* Its lane of that layout, made if need be. NULL when memory is out. */
struct lane *fanout_lane(struct fanout *f, const struct lane_layout *layout,
                         const struct lane_options *bounds);

const struct follower *fanout_follower(const struct fanout *f);
