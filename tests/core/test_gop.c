/* SPDX-License-Identifier: MIT */
#include "core/gop.h"

#include <criterion/criterion.h>

enum { FRAME_BYTES = 100 };

static const struct retention keep = {
    .gop_cache_bytes = 5 * FRAME_BYTES,
    .max_lag_bytes = 3 * FRAME_BYTES,
    .max_lag_ns = NS_PER_S,
};

/* A frame as stream_publish describes it to the GOP: each as long as the others, 100 ms apart. */
static struct frame at(uint64_t pos, bool key)
{
    return (struct frame){
        .pos = pos,
        .key = key,
        .len = FRAME_BYTES,
        .bytes_sum = (pos + 1) * FRAME_BYTES,
        .arrival_ns = (int64_t)pos * 100 * NS_PER_MS,
    };
}

static void add(struct gop *g, uint64_t pos, bool key)
{
    struct frame f = at(pos, key);
    gop_add(g, &f);
}

static struct gop with_video(void)
{
    struct gop g;
    gop_init(&g, &keep, 0);
    return g;
}

static bool may_retire(const struct gop *g, uint64_t oldest, uint64_t newest)
{
    struct frame o = at(oldest, false), n = at(newest, false);
    return gop_may_retire(g, &o, &n);
}

Test(gop, has_no_start_before_the_first_key_frame)
{
    struct gop g = with_video();
    cr_assert_eq(g.start, GOP_NONE);
    add(&g, 0, false);
    cr_assert_eq(g.start, GOP_NONE);
    add(&g, 1, true);
    cr_assert_eq(g.start, 1);
}

Test(gop, starts_at_the_newest_key_frame)
{
    struct gop g = with_video();
    add(&g, 0, true);
    add(&g, 1, false);
    cr_assert_eq(g.start, 0);
    add(&g, 2, true);
    cr_assert_eq(g.start, 2);
}

Test(gop, without_video_starts_at_every_frame)
{
    struct gop g;
    gop_init(&g, &keep, -1);
    for (uint64_t pos = 0; pos < 20; pos++) {
        add(&g, pos, false);
        cr_assert_eq(g.start, pos);
    }
}

Test(gop, past_the_cache_size_is_none_until_the_next_key_frame)
{
    struct gop g = with_video();
    add(&g, 0, true);
    for (uint64_t pos = 1; pos < 5; pos++)
        add(&g, pos, false);
    cr_assert_eq(g.start, 0, "exactly the cache size still fits");
    add(&g, 5, false);
    cr_assert_eq(g.start, GOP_NONE);
    add(&g, 6, false);
    cr_assert_eq(g.start, GOP_NONE, "and does not come back");
    add(&g, 7, true);
    cr_assert_eq(g.start, 7);
    for (uint64_t pos = 8; pos < 12; pos++)
        add(&g, pos, false);
    cr_assert_eq(g.start, 7, "what came before the key frame does not count");
}

Test(gop, a_key_frame_larger_than_the_cache_is_no_start)
{
    struct gop g = with_video();
    struct frame f = at(0, true);
    f.len = 6 * FRAME_BYTES;
    f.bytes_sum = f.len;
    gop_add(&g, &f);
    cr_assert_eq(g.start, GOP_NONE);
}

Test(gop, is_no_start_once_the_ring_gave_its_first_frame_up)
{
    struct gop g = with_video();
    add(&g, 3, true);
    gop_cut(&g, 3);
    cr_assert_eq(g.start, 3);
    gop_cut(&g, 4);
    cr_assert_eq(g.start, GOP_NONE);
    gop_cut(&g, 5);
    cr_assert_eq(g.start, GOP_NONE);
}

Test(gop, keeps_its_own_frames_however_late)
{
    struct gop g = with_video();
    add(&g, 2, true);
    cr_assert(may_retire(&g, 1, 1000));
    cr_assert_not(may_retire(&g, 2, 1000));
    cr_assert_not(may_retire(&g, 3, 1000));
}

/* The GOP starts at 1000, so all frames here are older. Frame n is n * 100 ms and n * 100 bytes
 * behind. */
Test(gop, keeps_older_frames_for_the_lag_in_bytes)
{
    struct gop g = with_video();
    add(&g, 1000, true);
    cr_assert_not(may_retire(&g, 997, 1000), "300 bytes behind");
    cr_assert(may_retire(&g, 996, 1000), "400 bytes behind");
}

Test(gop, keeps_older_frames_for_the_lag_in_time)
{
    struct gop g;
    struct retention by_time = keep;
    by_time.max_lag_bytes = SIZE_MAX;
    gop_init(&g, &by_time, 0);
    add(&g, 1000, true);
    cr_assert_not(may_retire(&g, 990, 1000), "1 s behind");
    cr_assert(may_retire(&g, 989, 1000), "1.1 s behind");
}

Test(gop, that_is_none_keeps_the_lag_alone)
{
    struct gop g = with_video();
    cr_assert(may_retire(&g, 0, 100));
    cr_assert_not(may_retire(&g, 98, 100));
    cr_assert_not(may_retire(&g, 100, 100), "never the newest frame itself");
}

/* A track that was announced first, and then not set up, is none to wait for. */
Test(gop, another_key_track_begins_anew)
{
    struct gop g = with_video();
    add(&g, 0, true);
    gop_set_key_track(&g, 0);
    cr_assert_eq(g.start, 0, "it is the same");
    gop_set_key_track(&g, 1);
    cr_assert_eq(g.start, GOP_NONE);
    add(&g, 1, true);
    cr_assert_eq(g.start, GOP_NONE, "a key frame of the other track");
    struct frame f = at(2, true);
    f.track = 1;
    gop_add(&g, &f);
    cr_assert_eq(g.start, 2);
}
