/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/lane.h"

#include <criterion/criterion.h>

#include "tests/support/stage.h"

TestSuite(lane_lag, .init = stage_set_up, .fini = stage_tear_down);

Test(lane_lag, slow_player_gets_everything_as_it_reads)
{
    struct spectator s;
    stage_enter(&s, SPECTATOR_TIGHT, &both_tracks, &patient);
    uint64_t head = feed_gop(&feed, 100, FRAME_BYTES);
    turn(&loop);
    cr_assert(s.viewer.full);
    cr_assert_eq(s.fulls, 1);
    spectator_read_all(&s);
    spectator_expect(&s, &feed, &both_tracks, 0, head);
    cr_assert_not(s.viewer.full);
    cr_assert_eq(s.viewer.stalled_since_ns, 0);
    cr_assert_eq(s.viewer.jumps, 0);
    spectator_close(&s);
}

Test(lane_lag, stall_counts_from_the_last_progress_and_is_told_once)
{
    struct spectator s;
    stage_enter(&s, SPECTATOR_TIGHT, &both_tracks, &patient);
    feed_gop(&feed, 100, FRAME_BYTES);
    turn(&loop);
    cr_assert_eq(s.viewer.stalled_since_ns, loop.now_ns);
    int64_t stalled = s.viewer.stalled_since_ns;

    loop.now_ns = stalled + NS_PER_S;
    viewer_writable(&s.viewer); /* the socket had no room after all */
    cr_assert(s.viewer.full);
    cr_assert_eq(s.viewer.stalled_since_ns, stalled);

    cr_assert_gt(spectator_read(&s), 0);
    viewer_writable(&s.viewer);
    cr_assert(s.viewer.full);
    cr_assert_eq(s.viewer.stalled_since_ns, stalled + NS_PER_S);
    cr_assert_eq(s.fulls, 1);

    spectator_read_all(&s);
    cr_assert_eq(s.viewer.stalled_since_ns, 0);
    feed_gop(&feed, 100, FRAME_BYTES);
    turn(&loop);
    cr_assert_eq(s.fulls, 2, "and this is another one");
    spectator_close(&s);
}

Test(lane_lag, slow_player_holds_nobody_up)
{
    struct spectator slow, quick;
    stage_enter(&slow, SPECTATOR_TIGHT, &both_tracks, &patient);
    stage_enter(&quick, SPECTATOR_ROOMY, &both_tracks, &patient);
    feed_gop(&feed, 50, FRAME_BYTES);
    turn(&loop);
    cr_assert(slow.viewer.full);
    spectator_read(&quick);
    spectator_expect(&quick, &feed, &both_tracks, 0, 50);
    spectator_close(&slow);
    spectator_close(&quick);
}

/* -- beyond the bound -- */

/* Whole packets from 'from' on, and then the GOP from 'key' on. */
static void expect_jump(struct slice got, uint64_t from, uint64_t key, uint64_t head)
{
    struct buf before = wire_frames(&feed, &both_tracks, from, key);
    struct buf after = wire_frames(&feed, &both_tracks, key, head);
    size_t bytes = wire_whole_packets(got, buf_slice(&before));
    cr_assert_gt(bytes, 0);
    cr_assert_lt(bytes, buf_len(&before));
    cr_assert(slice_eq(slice_from(got, bytes), buf_slice(&after)));
    buf_reset(&before);
    buf_reset(&after);
}

/* A reply ahead of the stream shifts where in a packet the socket fills up. */
static void jump_at(const struct lane_options *bounds, size_t reply_bytes)
{
    struct spectator s;
    char reply[256];
    uint64_t head = ring_head(stream_ring(feed.stream));
    memset(reply, 'r', sizeof reply);
    spectator_open(&s, SPECTATOR_TIGHT);
    buf_append(&s.viewer.out, slice_of(reply, reply_bytes));
    for (unsigned i = 0; i < 60; i++) {
        feed_video(&feed, i % 20 == 0, FRAME_BYTES);
        if (i == 0)
            stage_join(&s, &both_tracks, bounds);
        turn(&loop);
    }
    cr_assert(s.viewer.full);
    spectator_read_all(&s);
    cr_assert_eq(s.viewer.jumps, 1);
    struct slice got = buf_slice(&s.got);
    cr_assert(slice_eq(slice_head(got, reply_bytes), slice_of(reply, reply_bytes)));
    expect_jump(slice_from(got, reply_bytes), head, head + 40, head + 60);
    spectator_close(&s);
    turn(&loop);
}

Test(lane_lag, player_that_lags_in_time_jumps_to_the_newest_key_frame)
{
    static const struct lane_options hasty = {30 * FEED_STEP_NS, 1 << 30};
    for (size_t reply_bytes = 1; reply_bytes < 250; reply_bytes += 31)
        jump_at(&hasty, reply_bytes);
}

Test(lane_lag, player_that_lags_in_bytes_jumps_to_the_newest_key_frame)
{
    static const struct lane_options hasty = {3600 * NS_PER_S, 30 * FRAME_BYTES};
    for (size_t reply_bytes = 1; reply_bytes < 250; reply_bytes += 31)
        jump_at(&hasty, reply_bytes);
}

Test(lane_lag, player_that_lags_within_the_newest_gop_does_not_jump)
{
    static const struct lane_options hasty = {FEED_STEP_NS, 1};
    struct spectator s;
    uint64_t head = feed_gop(&feed, 40, FRAME_BYTES);
    stage_enter(&s, SPECTATOR_TIGHT, &both_tracks, &hasty);
    cr_assert(s.viewer.full);
    feed_video(&feed, false, FRAME_BYTES);
    turn(&loop);
    spectator_read_all(&s);
    spectator_expect(&s, &feed, &both_tracks, 0, head + 1);
    cr_assert_eq(s.viewer.jumps, 0);
    spectator_close(&s);
}

/* The GOP is too large to be kept. */
Test(lane_lag, player_that_lags_waits_for_a_key_frame_when_none_is_kept)
{
    static const struct lane_options hasty = {10 * FEED_STEP_NS, 1 << 30};
    struct stream_options options = feed_options;
    options.keep.gop_cache_bytes = 5 * FRAME_BYTES;
    stage_use_stream(&feed_video_and_audio, &options);
    struct spectator s;
    stage_enter(&s, SPECTATOR_TIGHT, &both_tracks, &hasty);
    for (unsigned i = 0; i < 40; i++) {
        feed_video(&feed, i == 0, FRAME_BYTES);
        turn(&loop);
    }
    cr_assert_eq(s.viewer.jumps, 1);
    spectator_read_all(&s);
    struct buf gop = wire_frames(&feed, &both_tracks, 0, 40);
    cr_assert_eq(wire_whole_packets(buf_slice(&s.got), buf_slice(&gop)), buf_len(&s.got));
    buf_reset(&gop);

    spectator_clear(&s);
    uint64_t key = feed_video(&feed, true, FRAME_BYTES);
    turn(&loop);
    spectator_read_all(&s);
    spectator_expect(&s, &feed, &both_tracks, key, key + 1);
    spectator_close(&s);
}

/* It has everything: that the publisher said nothing for a while is not the player's lag. */
Test(lane_lag, pause_of_the_publisher_makes_nobody_lag)
{
    static const struct lane_options bounds = {NS_PER_S, 1 << 30};
    struct stream_options options = feed_options;
    options.keep.gop_cache_bytes = 5 * FRAME_BYTES;
    stage_use_stream(&feed_video_and_audio, &options);
    struct spectator s;
    stage_enter(&s, SPECTATOR_ROOMY, &both_tracks, &bounds);
    for (unsigned i = 0; i < 20; i++) {
        feed.now_ns += i == 10 ? 2 * NS_PER_S : 0;
        feed_video(&feed, i == 0, FRAME_BYTES);
        turn(&loop);
    }
    spectator_read(&s);
    cr_assert_eq(s.viewer.jumps, 0);
    spectator_expect(&s, &feed, &both_tracks, 0, 20);
    spectator_close(&s);
}

/* -- a gap -- */

Test(lane_lag, lost_frames_are_followed_by_a_key_frame)
{
    struct spectator s;
    stage_enter(&s, SPECTATOR_ROOMY, &both_tracks, &patient);
    feed_gop(&feed, 3, FRAME_BYTES);
    turn(&loop);
    spectator_read(&s);
    spectator_clear(&s);
    lane_break(s.viewer.lane);
    feed_video(&feed, false, FRAME_BYTES);
    feed_audio(&feed, AUDIO, 90);
    turn(&loop);
    cr_assert_eq(spectator_read(&s), 0);
    feed_gop(&feed, 2, FRAME_BYTES);
    turn(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both_tracks, 5, 7);
    spectator_close(&s);
}
