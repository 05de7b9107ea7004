/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/lane.h"

#include <criterion/criterion.h>
#include <unistd.h>

#include "tests/support/stage.h"

TestSuite(lane_join, .init = stage_set_up, .fini = stage_tear_down);

Test(lane_join, player_starts_at_the_newest_key_frame_at_once)
{
    struct spectator early, late;
    feed_gop(&feed, 3, FRAME_BYTES);
    feed_gop(&feed, 2, FRAME_BYTES);
    feed_audio(&feed, AUDIO, 90);
    feed_video(&feed, false, FRAME_BYTES);
    stage_enter(&early, SPECTATOR_ROOMY, &both_tracks, &patient);
    spectator_read(&early);
    spectator_expect(&early, &feed, &both_tracks, 3, 7);

    feed_video(&feed, false, FRAME_BYTES);
    feed_audio(&feed, AUDIO, 90);
    turn(&loop);
    stage_enter(&late, SPECTATOR_ROOMY, &both_tracks, &patient);
    spectator_read(&early);
    spectator_read(&late);
    spectator_expect(&early, &feed, &both_tracks, 3, 9);
    spectator_expect(&late, &feed, &both_tracks, 3, 9);
    cr_assert_eq(late.viewer.sent_bytes, buf_len(&late.got));

    feed_gop(&feed, 1, FRAME_BYTES);
    turn(&loop);
    spectator_read(&early);
    spectator_read(&late);
    spectator_expect(&early, &feed, &both_tracks, 3, 10);
    spectator_expect(&late, &feed, &both_tracks, 3, 10);
    spectator_close(&early);
    spectator_close(&late);
}

Test(lane_join, player_waits_for_the_first_key_frame)
{
    struct spectator s;
    feed_video(&feed, false, FRAME_BYTES);
    stage_enter(&s, SPECTATOR_ROOMY, &both_tracks, &patient);
    feed_audio(&feed, AUDIO, 90);
    feed_video(&feed, false, FRAME_BYTES);
    turn(&loop);
    cr_assert_eq(spectator_read(&s), 0);
    feed_gop(&feed, 2, FRAME_BYTES);
    feed_audio(&feed, AUDIO, 90);
    turn(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both_tracks, 3, 6);
    spectator_close(&s);
}

Test(lane_join, player_that_comes_before_all_frames_gets_all)
{
    struct spectator s;
    stage_enter(&s, SPECTATOR_ROOMY, &both_tracks, &patient);
    feed_gop(&feed, 2, FRAME_BYTES);
    turn(&loop);
    feed_audio(&feed, AUDIO, 90);
    turn(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both_tracks, 0, 3);
    spectator_close(&s);
}

/* The key frame is in the ring already, but the news of it is still in the mailbox. */
Test(lane_join, player_that_comes_before_the_news_gets_each_frame_once)
{
    struct spectator first, second;
    feed_gop(&feed, 2, FRAME_BYTES);
    stage_enter(&first, SPECTATOR_ROOMY, &both_tracks, &patient);
    feed_gop(&feed, 3, FRAME_BYTES);
    stage_enter(&second, SPECTATOR_ROOMY, &both_tracks, &patient);
    turn(&loop);
    spectator_read(&first);
    spectator_read(&second);
    spectator_expect(&first, &feed, &both_tracks, 0, 5);
    spectator_expect(&second, &feed, &both_tracks, 0, 5);
    spectator_close(&first);
    spectator_close(&second);
}

/* The news of the key frame and of the frame that outgrows the cache is delivered together. */
Test(lane_join, player_that_waits_starts_at_a_key_frame_that_is_not_kept)
{
    struct stream_options options = feed_options;
    options.keep.gop_cache_bytes = 0;
    stage_use_stream(&feed_video_and_audio, &options);
    struct spectator s;
    stage_enter(&s, SPECTATOR_ROOMY, &both_tracks, &patient);
    feed_gop(&feed, 3, FRAME_BYTES);
    turn(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both_tracks, 0, 3);
    spectator_close(&s);
}

static const struct lane_layout elsewhere = {3, {{10, 11}, {20, 21}}};
static const struct lane_layout first_track = {1, {{0, 1}}};

Test(lane_join, each_layout_gets_its_tracks_on_its_channels)
{
    static const struct lane_layout *const layout[] = {&both_tracks, &elsewhere, &first_track,
                                                       &audio_alone};
    struct spectator s[ARRAY_LEN(layout)], again;
    feed_gop(&feed, 2, FRAME_BYTES);
    feed_audio(&feed, AUDIO, 90);
    for (unsigned i = 0; i < ARRAY_LEN(layout); i++)
        stage_enter(&s[i], SPECTATOR_ROOMY, layout[i], &patient);
    stage_enter(&again, SPECTATOR_ROOMY, &both_tracks, &patient);
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

Test(lane_join, stream_without_video_starts_at_its_newest_frame)
{
    stage_use_stream(&feed_audio_only, &feed_options);
    struct spectator s;
    for (unsigned i = 0; i < 5; i++)
        feed_audio(&feed, 0, 90);
    stage_enter(&s, SPECTATOR_ROOMY, &first_track, &patient);
    spectator_read(&s);
    spectator_expect(&s, &feed, &first_track, 4, 5);
    feed_audio(&feed, 0, 90);
    feed_audio(&feed, 0, 90);
    turn(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &first_track, 4, 7);
    spectator_close(&s);
}

/* -- leaving -- */

Test(lane_join, player_may_come_back_to_a_lane_that_was_left)
{
    struct spectator s;
    uint64_t head = feed_gop(&feed, 2, FRAME_BYTES);
    stage_enter(&s, SPECTATOR_ROOMY, &both_tracks, &patient);
    viewer_leave(&s.viewer);
    turn(&loop);
    spectator_read(&s);
    spectator_clear(&s);
    stage_join(&s, &both_tracks, &patient);
    feed_video(&feed, false, FRAME_BYTES);
    turn(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both_tracks, 0, head + 1);
    spectator_close(&s);
}

Test(lane_join, broken_connection_ends_its_player_only)
{
    struct spectator gone, there;
    stage_enter(&gone, SPECTATOR_ROOMY, &both_tracks, &patient);
    stage_enter(&there, SPECTATOR_ROOMY, &both_tracks, &patient);
    close(gone.far_fd);
    gone.far_fd = -1;
    feed_gop(&feed, 2, FRAME_BYTES);
    turn(&loop);
    cr_assert_eq(gone.ends, 1);
    cr_assert_eq(gone.why, VIEWER_BROKEN);
    cr_assert_null(gone.viewer.lane);
    cr_assert_eq(there.ends, 0);
    cr_assert_eq(lane_players(there.viewer.lane), 1);
    spectator_read(&there);
    spectator_expect(&there, &feed, &both_tracks, 0, 2);
    spectator_close(&gone);
    spectator_close(&there);
}
