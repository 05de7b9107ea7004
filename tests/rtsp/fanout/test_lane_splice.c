/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/lane.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "tests/support/stage.h"

TestSuite(lane_splice, .init = stage_set_up, .fini = stage_tear_down);

/* Twelve players, of which one reads nothing, get large frames through the pipe. */
Test(lane_splice, large_frames_go_by_reference_and_arrive_as_they_are)
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
    feed_gop(&feed, 1, FRAME_BYTES);
    for (unsigned i = 0; i < PLAYERS; i++)
        stage_enter(&s[i], i == STALLED ? SPECTATOR_TIGHT : SPECTATOR_ROOMY, &both_tracks,
                    &options);
    for (unsigned n = 0; n < FRAMES; n++) {
        feed_video(&feed, false, n % 3 == 0 ? FRAME_BYTES : LARGE + n);
        turn_until_idle(&loop);
        for (unsigned i = 0; i < PLAYERS; i++)
            if (i != STALLED)
                spectator_read(&s[i]);
    }
    spectator_read_all(&s[STALLED]);
    uint64_t sent = 0;
    for (unsigned i = 0; i < PLAYERS; i++) {
        spectator_expect(&s[i], &feed, &both_tracks, 0, FRAMES + 1);
        cr_assert_eq(viewer_sent_bytes(&s[i].viewer), buf_len(&s[i].got));
        if (i != STALLED)
            sent += FRAMES * LARGE / 2;
        spectator_close(&s[i]);
    }
    cr_assert_gt(metrics_get(&metrics, METRIC_SENT_BYTES), sent);
    splicer_fini(&splicer);
}
