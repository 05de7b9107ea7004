/* SPDX-License-Identifier: MIT */
/*
 * What makes two TCP players of a stream receive the same bytes: the same tracks on the same
 * channels.
 */
#pragma once

#include "core/media.h"

struct lane_layout {
    uint32_t tracks; /* bit i: track i */
    struct {
        uint8_t rtp, rtcp;
    } channel[MEDIA_TRACKS_MAX]; /* zero for tracks that are not in it */
};

static inline bool layout_has(const struct lane_layout *layout, unsigned track)
{
    return layout->tracks >> track & 1;
}
