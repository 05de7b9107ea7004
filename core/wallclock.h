/* SPDX-License-Identifier: MIT */
/*
 * Which wall-clock instant a track's RTP time stamps mean: a line through one known point, with the
 * slope of the clock rate. The point comes from the publisher's sender report, or from when the
 * first frame arrived.
 */
#pragma once

#include "core/base.h"

struct wallclock {
    uint32_t rate; /* Hz */
    bool known;
    uint32_t last_rtp; /* where unwrapping stands */
    int64_t ticks;     /* from the known point to last_rtp */
    int64_t point_ns;  /* wall time of the known point */
};

static inline struct wallclock wallclock_make(uint32_t rate)
{
    return (struct wallclock){.rate = rate};
}

/* rtp_time and wall_ns are the same instant. */
static inline void wallclock_set(struct wallclock *c, uint32_t rtp_time, int64_t wall_ns)
{
    *c = (struct wallclock){
        .rate = c->rate, .known = true, .last_rtp = rtp_time, .point_ns = wall_ns};
}

/* Wall time of rtp_time, which is less than half a wrap from the last one asked for. */
static inline int64_t wallclock_at(struct wallclock *c, uint32_t rtp_time)
{
    c->ticks += (int32_t)(rtp_time - c->last_rtp);
    c->last_rtp = rtp_time;
    int64_t whole = c->ticks / c->rate, part = c->ticks % c->rate;
    return c->point_ns + whole * NS_PER_S + part * NS_PER_S / c->rate;
}
