/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/lane.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/rcu.h"
#include "rtp/rtcp.h"
#include "rtp/rtp.h"
#include "rtsp/fanout/fanout.h"
#include "tests/support/spectator.h"
#include "tests/support/turn.h"

enum { FRAME_BYTES = 500 };

static const struct lane_layout both = {3, {{0, 1}, {2, 3}}};
static const struct lane_layout both_elsewhere = {3, {{10, 11}, {20, 21}}};
static const struct lane_layout video_alone = {1, {{0, 1}}};
static const struct lane_layout audio_alone = {2, {{0}, {2, 3}}};
static const struct lane_layout first_track = {1, {{0, 1}}};
static const struct lane_options patient = {3600 * NS_PER_S, 1 << 30};

static struct loop loop;
static struct feed feed;

static void set_up(void)
{
    rcu_enter();
    cr_assert_eq(loop_init(&loop), 0);
    feed_open(&feed, &feed_video_and_audio, &feed_options);
}

/* Another stream takes the place of the one that nobody plays yet. */
static void use_stream(const struct media *media, const struct stream_options *options)
{
    feed_close(&feed);
    feed_open(&feed, media, options);
}

/* Everybody has left. */
static void tear_down(void)
{
    turn(&loop);
    feed_close(&feed);
    rcu_offline();
    rcu_drain();
    rcu_online();
    turn(&loop);
    loop_fini(&loop);
    rcu_leave();
    rcu_drain();
}

static struct lane *lane_of(const struct lane_layout *layout, const struct lane_options *bounds)
{
    struct fanout *f = fanout_get(&loop, 0, feed.stream);
    cr_assert_not_null(f);
    struct lane *l = fanout_lane(f, layout, bounds);
    cr_assert_not_null(l);
    return l;
}

static void join(struct spectator *s, const struct lane_layout *layout,
                 const struct lane_options *bounds)
{
    cr_assert_eq(lane_join(lane_of(layout, bounds), &s->viewer), 0);
}

static void open_and_join(struct spectator *s, int room, const struct lane_layout *layout,
                          const struct lane_options *bounds)
{
    spectator_open(s, room);
    join(s, layout, bounds);
}

/* Frames from here on; returns the position after the last. */
static uint64_t feed_gop(unsigned frames)
{
    uint64_t pos = 0;
    for (unsigned i = 0; i < frames; i++)
        pos = feed_video(&feed, i == 0, FRAME_BYTES);
    return pos + 1;
}

/* The sweep under way ends. */
static void turn_until_idle(void)
{
    do
        turn(&loop);
    while (!list_empty(&loop.tasks));
}

TestSuite(lane, .init = set_up, .fini = tear_down);

/* -- where players start -- */

Test(lane, player_starts_at_the_newest_key_frame_at_once)
{
    struct spectator early, late;
    feed_gop(3);
    feed_gop(2);
    feed_audio(&feed, AUDIO, 90);
    feed_video(&feed, false, FRAME_BYTES);
    open_and_join(&early, SPECTATOR_ROOMY, &both, &patient);
    spectator_read(&early);
    spectator_expect(&early, &feed, &both, 3, 7);

    feed_video(&feed, false, FRAME_BYTES);
    feed_audio(&feed, AUDIO, 90);
    turn(&loop);
    open_and_join(&late, SPECTATOR_ROOMY, &both, &patient);
    spectator_read(&early);
    spectator_read(&late);
    spectator_expect(&early, &feed, &both, 3, 9);
    spectator_expect(&late, &feed, &both, 3, 9);
    cr_assert_eq(late.viewer.sent_bytes, buf_len(&late.got));

    feed_gop(1);
    turn(&loop);
    spectator_read(&early);
    spectator_read(&late);
    spectator_expect(&early, &feed, &both, 3, 10);
    spectator_expect(&late, &feed, &both, 3, 10);
    spectator_close(&early);
    spectator_close(&late);
}

Test(lane, player_waits_for_the_first_key_frame)
{
    struct spectator s;
    feed_video(&feed, false, FRAME_BYTES);
    open_and_join(&s, SPECTATOR_ROOMY, &both, &patient);
    feed_audio(&feed, AUDIO, 90);
    feed_video(&feed, false, FRAME_BYTES);
    turn(&loop);
    cr_assert_eq(spectator_read(&s), 0);
    feed_gop(2);
    feed_audio(&feed, AUDIO, 90);
    turn(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both, 3, 6);
    spectator_close(&s);
}

Test(lane, player_that_comes_before_all_frames_gets_all)
{
    struct spectator s;
    open_and_join(&s, SPECTATOR_ROOMY, &both, &patient);
    feed_gop(2);
    turn(&loop);
    feed_audio(&feed, AUDIO, 90);
    turn(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both, 0, 3);
    spectator_close(&s);
}

/* The key frame is in the ring already, but the news of it is still in the mailbox. */
Test(lane, player_that_comes_before_the_news_gets_each_frame_once)
{
    struct spectator first, second;
    feed_gop(2);
    open_and_join(&first, SPECTATOR_ROOMY, &both, &patient);
    feed_gop(3);
    open_and_join(&second, SPECTATOR_ROOMY, &both, &patient);
    turn(&loop);
    spectator_read(&first);
    spectator_read(&second);
    spectator_expect(&first, &feed, &both, 0, 5);
    spectator_expect(&second, &feed, &both, 0, 5);
    spectator_close(&first);
    spectator_close(&second);
}

Test(lane, each_layout_gets_its_tracks_on_its_channels)
{
    static const struct lane_layout *const layout[] = {&both, &both_elsewhere, &video_alone,
                                                       &audio_alone};
    struct spectator s[ARRAY_LEN(layout)], again;
    feed_gop(2);
    feed_audio(&feed, AUDIO, 90);
    for (unsigned i = 0; i < ARRAY_LEN(layout); i++)
        open_and_join(&s[i], SPECTATOR_ROOMY, layout[i], &patient);
    open_and_join(&again, SPECTATOR_ROOMY, &both, &patient);
    cr_assert_eq(again.viewer.lane, s[0].viewer.lane, "the same bytes: the same lane");
    cr_assert_eq(lane_players(again.viewer.lane), 2);
    cr_assert_neq(s[0].viewer.lane, s[1].viewer.lane);
    feed_video(&feed, false, FRAME_BYTES);
    feed_audio(&feed, AUDIO, 90);
    turn(&loop);
    for (unsigned i = 0; i < ARRAY_LEN(layout); i++) {
        spectator_read(&s[i]);
        /* Audio alone starts at its newest frame. */
        spectator_expect(&s[i], &feed, layout[i], layout[i] == &audio_alone ? 2 : 0, 5);
        spectator_close(&s[i]);
    }
    spectator_close(&again);
}

Test(lane, stream_without_video_starts_at_its_newest_frame)
{
    use_stream(&feed_audio_only, &feed_options);
    struct spectator s;
    for (unsigned i = 0; i < 5; i++)
        feed_audio(&feed, 0, 90);
    open_and_join(&s, SPECTATOR_ROOMY, &first_track, &patient);
    spectator_read(&s);
    spectator_expect(&s, &feed, &first_track, 4, 5);
    feed_audio(&feed, 0, 90);
    feed_audio(&feed, 0, 90);
    turn(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &first_track, 4, 7);
    spectator_close(&s);
}

/* -- players that are slow -- */

Test(lane, slow_player_gets_everything_as_it_reads)
{
    struct spectator s;
    open_and_join(&s, SPECTATOR_TIGHT, &both, &patient);
    uint64_t head = feed_gop(100);
    turn(&loop);
    cr_assert(s.viewer.full);
    cr_assert_eq(s.fulls, 1);
    spectator_read_all(&s);
    spectator_expect(&s, &feed, &both, 0, head);
    cr_assert_not(s.viewer.full);
    cr_assert_eq(s.viewer.stalled_since_ns, 0);
    cr_assert_eq(s.viewer.jumps, 0);
    spectator_close(&s);
}

Test(lane, stall_counts_from_the_last_progress_and_is_told_once)
{
    struct spectator s;
    open_and_join(&s, SPECTATOR_TIGHT, &both, &patient);
    feed_gop(100);
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
    feed_gop(100);
    turn(&loop);
    cr_assert_eq(s.fulls, 2, "and this is another one");
    spectator_close(&s);
}

/* How many bytes of got are whole packets from the beginning of frames. */
static size_t whole_packets(struct slice got, struct slice frames)
{
    struct slice rest = frames;
    struct wire_packet packet;
    size_t bytes = 0;
    while (wire_next(&rest, &packet)) {
        size_t end = frames.len - rest.len;
        if (!slice_eq(slice_head(got, end), slice_head(frames, end)))
            break;
        bytes = end;
    }
    return bytes;
}

/* Whole packets from 'from' on, and then the GOP from 'key' on. */
static void expect_jump(struct slice got, uint64_t from, uint64_t key, uint64_t head)
{
    struct buf before = wire_frames(&feed, &both, from, key);
    struct buf after = wire_frames(&feed, &both, key, head);
    size_t bytes = whole_packets(got, buf_slice(&before));
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
            join(&s, &both, bounds);
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

Test(lane, player_that_lags_in_time_jumps_to_the_newest_key_frame)
{
    static const struct lane_options hasty = {30 * FEED_STEP_NS, 1 << 30};
    for (size_t reply_bytes = 1; reply_bytes < 250; reply_bytes += 31)
        jump_at(&hasty, reply_bytes);
}

Test(lane, player_that_lags_in_bytes_jumps_to_the_newest_key_frame)
{
    static const struct lane_options hasty = {3600 * NS_PER_S, 30 * FRAME_BYTES};
    for (size_t reply_bytes = 1; reply_bytes < 250; reply_bytes += 31)
        jump_at(&hasty, reply_bytes);
}

Test(lane, player_that_lags_within_the_newest_gop_does_not_jump)
{
    static const struct lane_options hasty = {FEED_STEP_NS, 1};
    struct spectator s;
    uint64_t head = feed_gop(40);
    open_and_join(&s, SPECTATOR_TIGHT, &both, &hasty);
    cr_assert(s.viewer.full);
    feed_video(&feed, false, FRAME_BYTES);
    turn(&loop);
    spectator_read_all(&s);
    spectator_expect(&s, &feed, &both, 0, head + 1);
    cr_assert_eq(s.viewer.jumps, 0);
    spectator_close(&s);
}

/* The GOP is too large to be kept. */
Test(lane, player_that_lags_waits_for_a_key_frame_when_none_is_kept)
{
    static const struct lane_options hasty = {10 * FEED_STEP_NS, 1 << 30};
    struct stream_options options = feed_options;
    options.keep.gop_cache_bytes = 5 * FRAME_BYTES;
    use_stream(&feed_video_and_audio, &options);
    struct spectator s;
    open_and_join(&s, SPECTATOR_TIGHT, &both, &hasty);
    for (unsigned i = 0; i < 40; i++) {
        feed_video(&feed, i == 0, FRAME_BYTES);
        turn(&loop);
    }
    cr_assert_eq(s.viewer.jumps, 1);
    spectator_read_all(&s);
    struct buf gop = wire_frames(&feed, &both, 0, 40);
    cr_assert_eq(whole_packets(buf_slice(&s.got), buf_slice(&gop)), buf_len(&s.got));
    buf_reset(&gop);

    spectator_clear(&s);
    uint64_t key = feed_video(&feed, true, FRAME_BYTES);
    turn(&loop);
    spectator_read_all(&s);
    spectator_expect(&s, &feed, &both, key, key + 1);
    spectator_close(&s);
}

/* The news of the key frame and of the frame that outgrows the cache is delivered together. */
Test(lane, player_that_waits_starts_at_a_key_frame_that_is_not_kept)
{
    struct stream_options options = feed_options;
    options.keep.gop_cache_bytes = 0;
    use_stream(&feed_video_and_audio, &options);
    struct spectator s;
    open_and_join(&s, SPECTATOR_ROOMY, &both, &patient);
    feed_gop(3);
    turn(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both, 0, 3);
    spectator_close(&s);
}

/* It has everything: that the publisher said nothing for a while is not the player's lag. */
Test(lane, pause_of_the_publisher_makes_nobody_lag)
{
    static const struct lane_options bounds = {NS_PER_S, 1 << 30};
    struct stream_options options = feed_options;
    options.keep.gop_cache_bytes = 5 * FRAME_BYTES;
    use_stream(&feed_video_and_audio, &options);
    struct spectator s;
    open_and_join(&s, SPECTATOR_ROOMY, &both, &bounds);
    for (unsigned i = 0; i < 20; i++) {
        feed.now_ns += i == 10 ? 2 * NS_PER_S : 0;
        feed_video(&feed, i == 0, FRAME_BYTES);
        turn(&loop);
    }
    spectator_read(&s);
    cr_assert_eq(s.viewer.jumps, 0);
    spectator_expect(&s, &feed, &both, 0, 20);
    spectator_close(&s);
}

Test(lane, slow_player_holds_nobody_up)
{
    struct spectator slow, quick;
    open_and_join(&slow, SPECTATOR_TIGHT, &both, &patient);
    open_and_join(&quick, SPECTATOR_ROOMY, &both, &patient);
    feed_gop(50);
    turn(&loop);
    cr_assert(slow.viewer.full);
    spectator_read(&quick);
    spectator_expect(&quick, &feed, &both, 0, 50);
    spectator_close(&slow);
    spectator_close(&quick);
}

Test(lane, lost_frames_are_followed_by_a_key_frame)
{
    struct spectator s;
    open_and_join(&s, SPECTATOR_ROOMY, &both, &patient);
    feed_gop(3);
    turn(&loop);
    spectator_read(&s);
    spectator_clear(&s);
    lane_break(s.viewer.lane);
    feed_video(&feed, false, FRAME_BYTES);
    feed_audio(&feed, AUDIO, 90);
    turn(&loop);
    cr_assert_eq(spectator_read(&s), 0);
    feed_gop(2);
    turn(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both, 5, 7);
    spectator_close(&s);
}

/* -- replies -- */

#define REPLY "RTSP/1.0 200 OK\r\nCSeq: 7\r\n\r\n"

/* Takes the reply out of what came; the test fails unless it stands between two packets. */
static size_t cut_reply_out(struct spectator *s)
{
    struct slice got = buf_slice(&s->got);
    const uint8_t *at = memmem(got.ptr, got.len, REPLY, strlen(REPLY));
    cr_assert_not_null(at);
    size_t before = (size_t)(at - got.ptr);
    struct buf rest = {0};
    struct slice packets = slice_head(got, before);
    struct wire_packet packet;
    while (wire_next(&packets, &packet))
        ;
    buf_append(&rest, slice_head(got, before));
    buf_append(&rest, slice_from(got, before + strlen(REPLY)));
    buf_reset(&s->got);
    s->got = rest;
    return before;
}

Test(lane, reply_lands_between_two_packets)
{
    for (size_t shift = 1; shift < 250; shift += 31) {
        struct spectator s;
        char filler[256] = "";
        spectator_open(&s, SPECTATOR_TIGHT);
        buf_append(&s.viewer.out, slice_of(filler, shift));
        uint64_t head = ring_head(stream_ring(feed.stream));
        feed_gop(20);
        join(&s, &both, &patient);
        cr_assert(s.viewer.full);
        cr_assert_eq(viewer_send(&s.viewer, SLICE_LIT(REPLY)), 0);
        feed_video(&feed, false, FRAME_BYTES);
        turn(&loop);
        spectator_read_all(&s);
        buf_consume(&s.got, shift, true);
        size_t before = cut_reply_out(&s);
        cr_assert_lt(before, 5000, "and waits for no more than the socket had");
        spectator_expect(&s, &feed, &both, head, head + 21);
        spectator_close(&s);
        turn(&loop);
    }
}

Test(lane, reply_goes_out_at_once_when_nothing_is_in_its_way)
{
    struct spectator s;
    spectator_open(&s, SPECTATOR_ROOMY);
    cr_assert_eq(viewer_send(&s.viewer, SLICE_LIT("one")), 0);
    feed_gop(1);
    join(&s, &both, &patient);
    cr_assert_eq(viewer_send(&s.viewer, SLICE_LIT("two")), 0);
    spectator_read(&s);
    struct buf frame = wire_frames(&feed, &both, 0, 1);
    struct slice got = buf_slice(&s.got);
    cr_assert_eq(got.len, 3 + buf_len(&frame) + 3);
    cr_assert(slice_is(slice_head(got, 3), "one"));
    cr_assert(slice_is(slice_from(got, got.len - 3), "two"));
    buf_reset(&frame);
    spectator_close(&s);
}

Test(lane, replies_of_an_idle_viewer_wait_for_room)
{
    struct spectator s;
    spectator_open(&s, SPECTATOR_TIGHT);
    for (unsigned i = 0; i < 1000; i++)
        cr_assert_eq(viewer_send(&s.viewer, SLICE_LIT(REPLY)), 0);
    cr_assert(s.viewer.full);
    cr_assert_neq(s.viewer.stalled_since_ns, 0);
    cr_assert_eq(s.fulls, 1);
    spectator_read_all(&s);
    cr_assert_eq(buf_len(&s.got), 1000 * strlen(REPLY));
    cr_assert_eq(s.viewer.sent_bytes, 1000 * strlen(REPLY));
    cr_assert(!s.viewer.full && s.viewer.stalled_since_ns == 0);
    spectator_close(&s);
}

Test(lane, viewer_whose_replies_wait_may_join)
{
    struct spectator s;
    spectator_open(&s, SPECTATOR_TIGHT);
    for (unsigned i = 0; i < 1000; i++)
        viewer_send(&s.viewer, SLICE_LIT(REPLY));
    feed_gop(3);
    join(&s, &both, &patient);
    spectator_read_all(&s);
    buf_consume(&s.got, 1000 * strlen(REPLY), true);
    spectator_expect(&s, &feed, &both, 0, 3);
    spectator_close(&s);
}

/* -- leaving -- */

Test(lane, player_leaves_at_the_end_of_a_packet)
{
    struct spectator s;
    feed_gop(40);
    open_and_join(&s, SPECTATOR_TIGHT, &both, &patient);
    cr_assert(s.viewer.full);
    viewer_leave(&s.viewer);
    cr_assert_null(s.viewer.lane);
    viewer_leave(&s.viewer); /* harmless */
    cr_assert_eq(viewer_send(&s.viewer, SLICE_LIT(REPLY)), 0);
    spectator_read_all(&s);
    size_t sent = cut_reply_out(&s);
    cr_assert_eq(sent, buf_len(&s.got), "nothing follows the reply");
    struct buf frames = wire_frames(&feed, &both, 0, 40);
    cr_assert_eq(whole_packets(buf_slice(&s.got), buf_slice(&frames)), sent);
    buf_reset(&frames);
    cr_assert_eq(s.ends, 0, "that was its own wish");
    spectator_close(&s);
}

Test(lane, player_may_come_back_to_a_lane_that_was_left)
{
    struct spectator s;
    uint64_t head = feed_gop(2);
    open_and_join(&s, SPECTATOR_ROOMY, &both, &patient);
    viewer_leave(&s.viewer);
    turn(&loop);
    spectator_read(&s);
    spectator_clear(&s);
    join(&s, &both, &patient);
    feed_video(&feed, false, FRAME_BYTES);
    turn(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both, 0, head + 1);
    spectator_close(&s);
}

Test(lane, broken_connection_ends_its_player_only)
{
    struct spectator gone, there;
    open_and_join(&gone, SPECTATOR_ROOMY, &both, &patient);
    open_and_join(&there, SPECTATOR_ROOMY, &both, &patient);
    close(gone.far_fd);
    gone.far_fd = -1;
    feed_gop(2);
    turn(&loop);
    cr_assert_eq(gone.ends, 1);
    cr_assert_eq(gone.why, VIEWER_BROKEN);
    cr_assert_null(gone.viewer.lane);
    cr_assert_eq(there.ends, 0);
    cr_assert_eq(lane_players(there.viewer.lane), 1);
    spectator_read(&there);
    spectator_expect(&there, &feed, &both, 0, 2);
    spectator_close(&gone);
    spectator_close(&there);
}

/* -- the sweep -- */

enum { CROWD = 150, SLICE = 64 };

static struct spectator crowd[CROWD];

static void open_crowd(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        open_and_join(&crowd[i], SPECTATOR_ROOMY, &both, &patient);
}

static void close_crowd(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        spectator_close(&crowd[i]);
}

/* How many have bytes waiting; they are read. */
static unsigned count_served(unsigned count)
{
    unsigned served = 0;
    for (unsigned i = 0; i < count; i++)
        served += spectator_read(&crowd[i]) > 0;
    return served;
}

Test(lane, crowd_is_served_in_slices)
{
    open_crowd(CROWD);
    feed_gop(1);
    turn(&loop);
    cr_assert_eq(count_served(CROWD), SLICE);
    turn(&loop);
    cr_assert_eq(count_served(CROWD), SLICE);
    turn(&loop);
    cr_assert_eq(count_served(CROWD), CROWD - 2 * SLICE);
    cr_assert(list_empty(&loop.tasks));
    for (unsigned i = 0; i < CROWD; i++)
        spectator_expect(&crowd[i], &feed, &both, 0, 1);
    close_crowd(CROWD);
}

Test(lane, frames_that_come_during_a_sweep_reach_everybody)
{
    open_crowd(CROWD);
    feed_gop(1);
    turn(&loop);
    feed_video(&feed, false, FRAME_BYTES);
    turn(&loop);
    feed_video(&feed, false, FRAME_BYTES);
    turn_until_idle();
    cr_assert_eq(count_served(CROWD), CROWD);
    for (unsigned i = 0; i < CROWD; i++)
        spectator_expect(&crowd[i], &feed, &both, 0, 3);
    close_crowd(CROWD);
}

/* The player that takes the place of one who left is not passed over. */
Test(lane, leaving_during_a_sweep_makes_nobody_miss_it)
{
    for (unsigned who = 0; who < 100; who += 9) {
        uint64_t head = ring_head(stream_ring(feed.stream));
        open_crowd(100);
        for (unsigned i = 0; i < 100; i++) {
            spectator_read(&crowd[i]); /* the last key frame */
            spectator_clear(&crowd[i]);
        }
        feed_gop(1);
        turn(&loop);
        viewer_leave(&crowd[who].viewer);
        turn_until_idle();
        for (unsigned i = 0; i < 100; i++) {
            spectator_read(&crowd[i]);
            cr_assert(i == who || buf_len(&crowd[i].got) > 0, "%u left, %u was passed over", who,
                      i);
            if (i != who)
                spectator_expect(&crowd[i], &feed, &both, head, head + 1);
        }
        close_crowd(100);
        turn(&loop);
    }
}

/* The second sweep begins where the first one was, goes round, and meets broken connections. */
Test(lane, players_that_break_off_during_a_sweep_make_nobody_miss_it)
{
    open_crowd(100);
    feed_gop(1);
    turn(&loop);
    for (unsigned i = 0; i < 100; i += 10) {
        close(crowd[i].far_fd);
        crowd[i].far_fd = -1;
    }
    feed_video(&feed, false, FRAME_BYTES);
    turn_until_idle();
    for (unsigned i = 0; i < 100; i++) {
        if (i % 10 == 0)
            continue;
        spectator_read(&crowd[i]);
        spectator_expect(&crowd[i], &feed, &both, 0, 2);
    }
    close_crowd(100);
}

/* The second sweep begins where the first one was, and has not gone round yet. */
Test(lane, joining_during_a_sweep_makes_nobody_miss_it)
{
    enum { BEFORE = CROWD - 10 };
    open_crowd(BEFORE);
    feed_gop(1);
    turn(&loop);
    feed_video(&feed, false, FRAME_BYTES);
    turn(&loop);
    for (unsigned i = BEFORE; i < CROWD; i++)
        open_and_join(&crowd[i], SPECTATOR_ROOMY, &both, &patient);
    turn_until_idle();
    for (unsigned i = 0; i < CROWD; i++) {
        spectator_read(&crowd[i]);
        spectator_expect(&crowd[i], &feed, &both, 0, 2);
    }
    close_crowd(CROWD);
}

Test(lane, all_may_leave_during_a_sweep)
{
    open_crowd(100);
    feed_gop(1);
    turn(&loop);
    close_crowd(100);
    turn_until_idle();
}

/* -- the end -- */

/* The packets on a channel after the frames: their BYEs. */
static unsigned count_byes(struct slice got, uint8_t channel)
{
    struct wire_packet packet;
    struct rtcp_seen seen;
    unsigned byes = 0;
    while (wire_next(&got, &packet))
        if (packet.channel == channel && rtcp_parse(packet.bytes, &seen) == 0 && seen.has_bye)
            byes++;
    return byes;
}

static void expect_end(const struct spectator *s)
{
    cr_assert_eq(s->ends, 1);
    cr_assert_eq(s->why, VIEWER_STREAM_ENDED);
    cr_assert_null(s->viewer.lane);
    cr_assert_eq(count_byes(buf_slice(&s->got), 1), 1);
    cr_assert_eq(count_byes(buf_slice(&s->got), 3), 1);
}

Test(lane, end_of_stream_is_bye_on_every_track)
{
    struct spectator s;
    open_and_join(&s, SPECTATOR_ROOMY, &both, &patient);
    feed_gop(2);
    turn(&loop);
    stream_end(feed.stream);
    turn(&loop);
    spectator_read(&s);
    expect_end(&s);
    struct buf frames = wire_frames(&feed, &both, 0, 2);
    cr_assert(slice_eq(slice_head(buf_slice(&s.got), buf_len(&frames)), buf_slice(&frames)));
    buf_reset(&frames);
    spectator_close(&s);
}

Test(lane, slow_player_gets_the_rest_and_then_bye)
{
    struct spectator s;
    open_and_join(&s, SPECTATOR_TIGHT, &both, &patient);
    feed_gop(50);
    turn(&loop);
    stream_end(feed.stream);
    turn(&loop);
    cr_assert_eq(s.ends, 0);
    spectator_read_all(&s);
    expect_end(&s);
    struct buf frames = wire_frames(&feed, &both, 0, 50);
    cr_assert(slice_eq(slice_head(buf_slice(&s.got), buf_len(&frames)), buf_slice(&frames)));
    buf_reset(&frames);
    spectator_close(&s);
}

Test(lane, player_that_waits_for_a_key_frame_hears_of_the_end)
{
    struct spectator s;
    open_and_join(&s, SPECTATOR_ROOMY, &both, &patient);
    feed_video(&feed, false, FRAME_BYTES);
    stream_end(feed.stream);
    turn(&loop);
    spectator_read(&s);
    expect_end(&s);
    spectator_close(&s);
}

/* The news of the first frames and of the end is delivered together, before any sweep. */
Test(lane, player_that_waits_gets_what_there_is_before_the_end)
{
    struct spectator s;
    open_and_join(&s, SPECTATOR_ROOMY, &both, &patient);
    feed_gop(2);
    stream_end(feed.stream);
    turn(&loop);
    spectator_read(&s);
    expect_end(&s);
    struct buf frames = wire_frames(&feed, &both, 0, 2);
    cr_assert(slice_eq(slice_head(buf_slice(&s.got), buf_len(&frames)), buf_slice(&frames)));
    buf_reset(&frames);
    spectator_close(&s);
}

Test(lane, end_reaches_a_whole_crowd)
{
    open_crowd(CROWD);
    feed_gop(1);
    turn_until_idle();
    stream_end(feed.stream);
    turn_until_idle();
    for (unsigned i = 0; i < CROWD; i++) {
        spectator_read(&crowd[i]);
        expect_end(&crowd[i]);
    }
    close_crowd(CROWD);
}

/* One connection is full: it stays, and moves about in the lane as others leave. */
Test(lane, end_reaches_all_but_those_whose_socket_is_full)
{
    for (unsigned full = 0; full < 100; full += 11) {
        for (unsigned i = 0; i < 100; i++)
            open_and_join(&crowd[i], i == full ? SPECTATOR_TIGHT : SPECTATOR_ROOMY, &both,
                          &patient);
        feed_gop(10);
        turn_until_idle();
        feed_gop(1);
        turn(&loop);
        stream_end(feed.stream);
        turn_until_idle();
        for (unsigned i = 0; i < 100; i++)
            cr_assert_eq(crowd[i].ends, i != full, "%u was full, %u was passed over", full, i);
        spectator_read_all(&crowd[full]);
        cr_assert_eq(crowd[full].ends, 1);
        close_crowd(100);
        turn(&loop);
        use_stream(&feed_video_and_audio, &feed_options);
    }
}

/* -- audio with video -- */

Test(lane, audio_goes_out_with_the_next_video_or_when_it_has_waited)
{
    struct spectator s;
    struct lane_options options = patient;
    options.audio_hold_ns = 20 * NS_PER_MS;
    feed_gop(1);
    open_and_join(&s, SPECTATOR_ROOMY, &both, &options);
    spectator_read(&s);
    feed_audio(&feed, AUDIO, 90);
    turn_until_idle();
    cr_assert_eq(spectator_read(&s), 0, "it waits");
    feed_video(&feed, false, FRAME_BYTES);
    turn_until_idle();
    spectator_read(&s);
    spectator_expect(&s, &feed, &both, 0, 3);
    feed_audio(&feed, AUDIO, 90);
    turn_until_idle();
    cr_assert_eq(spectator_read(&s), 0, "it waits");
    tmr_run(&loop.timers, tmr_next(&loop.timers));
    turn_until_idle();
    spectator_read(&s);
    spectator_expect(&s, &feed, &both, 0, 4);
    spectator_close(&s);
}

Test(lane, audio_alone_does_not_wait)
{
    struct spectator s;
    struct lane_options options = patient;
    options.audio_hold_ns = 20 * NS_PER_MS;
    feed_gop(1);
    feed_audio(&feed, AUDIO, 90);
    open_and_join(&s, SPECTATOR_ROOMY, &audio_alone, &options);
    spectator_read(&s);
    feed_audio(&feed, AUDIO, 90);
    turn_until_idle();
    cr_assert_gt(spectator_read(&s), 0);
    spectator_close(&s);
}

/* -- by reference -- */

/* Twelve players, of which one reads nothing, get large frames through the pipe. */
Test(lane, large_frames_go_by_reference_and_arrive_as_they_are)
{
    enum { PLAYERS = 12, LARGE = 20000, FRAMES = 30, STALLED = 5 };
    struct spectator s[PLAYERS];
    struct splicer splicer;
    struct metrics metrics = {0};
    cr_assert_eq(splicer_init(&splicer), 0);
    struct lane_options options = patient;
    options.splicer = &splicer;
    options.splice_from = 12 << 10;
    options.metrics = &metrics;
    signal(SIGPIPE, SIG_IGN);
    feed_gop(1);
    for (unsigned i = 0; i < PLAYERS; i++)
        open_and_join(&s[i], i == STALLED ? SPECTATOR_TIGHT : SPECTATOR_ROOMY, &both, &options);
    for (unsigned n = 0; n < FRAMES; n++) {
        feed_video(&feed, false, n % 3 == 0 ? FRAME_BYTES : LARGE + n);
        turn_until_idle();
        for (unsigned i = 0; i < PLAYERS; i++)
            if (i != STALLED)
                spectator_read(&s[i]);
    }
    spectator_read_all(&s[STALLED]);
    uint64_t sent = 0;
    for (unsigned i = 0; i < PLAYERS; i++) {
        spectator_expect(&s[i], &feed, &both, 0, FRAMES + 1);
        cr_assert_eq(viewer_sent_bytes(&s[i].viewer), buf_len(&s[i].got));
        if (i != STALLED)
            sent += FRAMES * LARGE / 2;
        spectator_close(&s[i]);
    }
    cr_assert_gt(metrics_get(&metrics, METRIC_SENT_BYTES), sent);
    splicer_fini(&splicer);
}
