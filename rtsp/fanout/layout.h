/* SPDX-License-Identifier: MIT */
/*
 * What makes two players of a stream receive the same bytes: the same transport, the same tracks,
 * and over TCP the same channels.
 */
#pragma once

#include "core/media.h"

enum lane_kind {
    LANE_TCP,       /* interleaved */
    LANE_UDP,       /* every player has addresses of its own */
    LANE_MULTICAST, /* one group for all players of the stream */
};

/* Compared byte by byte: no padding. */
struct lane_layout {
    uint32_t tracks; /* bit i: track i */
    struct {
        uint8_t rtp, rtcp;
    } channel[MEDIA_TRACKS_MAX]; /* zero for tracks that are not in it, and without TCP */
    enum lane_kind kind;
};

static inline bool layout_has(const struct lane_layout *layout, unsigned track)
{
    return layout->tracks >> track & 1;
}
