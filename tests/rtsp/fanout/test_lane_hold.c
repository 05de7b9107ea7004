/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/lane.h"

#include <criterion/criterion.h>

#include "tests/support/stage.h"

TestSuite(lane_hold, .init = stage_set_up, .fini = stage_tear_down);

Test(lane_hold, audio_goes_out_with_the_next_video_or_when_it_has_waited)
{
    struct spectator s;
    struct lane_options options = patient;
    options.audio_hold_ns = 20 * NS_PER_MS;
    feed_gop(&feed, 1, FRAME_BYTES);
    stage_enter(&s, SPECTATOR_ROOMY, &both_tracks, &options);
    spectator_read(&s);
    feed_audio(&feed, AUDIO, 90);
    turn_until_idle(&loop);
    cr_assert_eq(spectator_read(&s), 0, "it waits");
    feed_video(&feed, false, FRAME_BYTES);
    turn_until_idle(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both_tracks, 0, 3);
    feed_audio(&feed, AUDIO, 90);
    turn_until_idle(&loop);
    cr_assert_eq(spectator_read(&s), 0, "it waits");
    tmr_run(&loop.timers, tmr_next(&loop.timers));
    turn_until_idle(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both_tracks, 0, 4);
    spectator_close(&s);
}

Test(lane_hold, audio_alone_does_not_wait)
{
    struct spectator s;
    struct lane_options options = patient;
    options.audio_hold_ns = 20 * NS_PER_MS;
    feed_gop(&feed, 1, FRAME_BYTES);
    feed_audio(&feed, AUDIO, 90);
    stage_enter(&s, SPECTATOR_ROOMY, &audio_alone, &options);
    spectator_read(&s);
    feed_audio(&feed, AUDIO, 90);
    turn_until_idle(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &audio_alone, 1, 3);
    spectator_close(&s);
}
