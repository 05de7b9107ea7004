/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/lane.h"

#include <criterion/criterion.h>

#include "rtp/rtcp.h"
#include "tests/support/stage.h"

enum { CROWD = 150 };

static struct spectator crowd[CROWD];

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

TestSuite(lane_end, .init = stage_set_up, .fini = stage_tear_down);

Test(lane_end, end_of_stream_is_bye_on_every_track)
{
    struct spectator s;
    stage_enter(&s, SPECTATOR_ROOMY, &both_tracks, &patient);
    feed_gop(&feed, 2, FRAME_BYTES);
    turn(&loop);
    stream_end(feed.stream);
    turn(&loop);
    spectator_read(&s);
    expect_end(&s);
    spectator_expect_first(&s, &feed, &both_tracks, 0, 2);
    spectator_close(&s);
}

Test(lane_end, slow_player_gets_the_rest_and_then_bye)
{
    struct spectator s;
    stage_enter(&s, SPECTATOR_TIGHT, &both_tracks, &patient);
    feed_gop(&feed, 50, FRAME_BYTES);
    turn(&loop);
    stream_end(feed.stream);
    turn(&loop);
    cr_assert_eq(s.ends, 0);
    spectator_read_all(&s);
    expect_end(&s);
    spectator_expect_first(&s, &feed, &both_tracks, 0, 50);
    spectator_close(&s);
}

Test(lane_end, player_that_waits_for_a_key_frame_hears_of_the_end)
{
    struct spectator s;
    stage_enter(&s, SPECTATOR_ROOMY, &both_tracks, &patient);
    feed_video(&feed, false, FRAME_BYTES);
    stream_end(feed.stream);
    turn(&loop);
    spectator_read(&s);
    expect_end(&s);
    spectator_close(&s);
}

/* The news of the first frames and of the end is delivered together, before any sweep. */
Test(lane_end, player_that_waits_gets_what_there_is_before_the_end)
{
    struct spectator s;
    stage_enter(&s, SPECTATOR_ROOMY, &both_tracks, &patient);
    feed_gop(&feed, 2, FRAME_BYTES);
    stream_end(feed.stream);
    turn(&loop);
    spectator_read(&s);
    expect_end(&s);
    spectator_expect_first(&s, &feed, &both_tracks, 0, 2);
    spectator_close(&s);
}

Test(lane_end, end_reaches_a_whole_crowd)
{
    stage_enter_crowd(crowd, CROWD);
    feed_gop(&feed, 1, FRAME_BYTES);
    turn_until_idle(&loop);
    stream_end(feed.stream);
    turn_until_idle(&loop);
    for (unsigned i = 0; i < CROWD; i++) {
        spectator_read(&crowd[i]);
        expect_end(&crowd[i]);
    }
    stage_close_crowd(crowd, CROWD);
}

/* One connection is full: it stays, and moves about in the lane as others leave. */
Test(lane_end, end_reaches_all_but_those_whose_socket_is_full)
{
    for (unsigned full = 0; full < 100; full += 11) {
        for (unsigned i = 0; i < 100; i++)
            stage_enter(&crowd[i], i == full ? SPECTATOR_TIGHT : SPECTATOR_ROOMY, &both_tracks,
                        &patient);
        feed_gop(&feed, 10, FRAME_BYTES);
        turn_until_idle(&loop);
        feed_gop(&feed, 1, FRAME_BYTES);
        turn(&loop);
        stream_end(feed.stream);
        turn_until_idle(&loop);
        for (unsigned i = 0; i < 100; i++)
            cr_assert_eq(crowd[i].ends, i != full, "%u was full, %u was passed over", full, i);
        spectator_read_all(&crowd[full]);
        cr_assert_eq(crowd[full].ends, 1);
        stage_close_crowd(crowd, 100);
        turn(&loop);
        stage_use_stream(&feed_video_and_audio, &feed_options);
    }
}
