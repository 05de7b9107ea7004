/* SPDX-License-Identifier: MIT */
#include "core/gop.h"

void gop_init(struct gop *g, const struct retention *keep, int key_track)
{
    *g = (struct gop){.keep = *keep, .key_track = key_track, .start = GOP_NONE};
}

void gop_set_key_track(struct gop *g, int key_track)
{
    if (key_track == g->key_track)
        return;
    g->key_track = key_track;
    g->start = GOP_NONE;
}

void gop_add(struct gop *g, const struct frame *f)
{
    if (g->key_track < 0 || (f->key && f->track == g->key_track)) {
        g->start = f->pos;
        g->bytes_before = f->bytes_sum - f->len;
    }
    if (g->start != GOP_NONE && f->bytes_sum - g->bytes_before > g->keep.gop_cache_bytes)
        g->start = GOP_NONE;
}

void gop_cut(struct gop *g, uint64_t tail)
{
    if (g->start < tail)
        g->start = GOP_NONE;
}

bool gop_may_retire(const struct gop *g, const struct frame *oldest, const struct frame *newest)
{
    if (oldest->pos >= g->start)
        return false;
    return newest->arrival_ns - oldest->arrival_ns > g->keep.max_lag_ns ||
           newest->bytes_sum - oldest->bytes_sum > g->keep.max_lag_bytes;
}
