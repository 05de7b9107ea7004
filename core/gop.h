/* SPDX-License-Identifier: MIT */
/*
 * How far back a stream's ring must reach: to the newest key frame, so that who joins starts with a
 * picture at once, and as far as a worker may be late. Pure arithmetic on what was published;
 * belongs to the publishing thread.
 */
#pragma once

#include "core/frame.h"

#define GOP_NONE UINT64_MAX

struct retention {
    size_t gop_cache_bytes; /* a GOP that grows past this is not kept */
    size_t max_lag_bytes;   /* of frames that are older than the GOP */
    int64_t max_lag_ns;
};

struct gop {
    struct retention keep;
    int key_track;  /* whose key frames are places to start; -1: every frame is one */
    uint64_t start; /* position of the newest frame to start at; GOP_NONE when there is none */
    uint64_t bytes_before; /* the stream's bytes_sum before that frame */
};

void gop_init(struct gop *g, const struct retention *keep, int key_track);

/* From now on that track's key frames are the places to start. */
void gop_set_key_track(struct gop *g, int key_track);

/* Takes note of a frame that is about to be published, with pos and bytes_sum already set. */
void gop_add(struct gop *g, const struct frame *f);

/* Takes note of the ring's tail: a GOP whose first frame is gone is not a place to start. */
void gop_cut(struct gop *g, uint64_t tail);

/* True when the ring may give up the frame 'oldest', given the newest one. */
bool gop_may_retire(const struct gop *g, const struct frame *oldest, const struct frame *newest);
