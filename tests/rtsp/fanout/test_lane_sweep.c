/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/lane.h"

#include <criterion/criterion.h>
#include <unistd.h>

#include "tests/support/stage.h"

enum { CROWD = 150, SLICE = 64 };

static struct spectator crowd[CROWD];

/* How many have bytes waiting; they are read. */
static unsigned count_served(unsigned count)
{
    unsigned served = 0;
    for (unsigned i = 0; i < count; i++)
        served += spectator_read(&crowd[i]) > 0;
    return served;
}

TestSuite(lane_sweep, .init = stage_set_up, .fini = stage_tear_down);

Test(lane_sweep, crowd_is_served_in_slices)
{
    stage_enter_crowd(crowd, CROWD);
    feed_gop(&feed, 1, FRAME_BYTES);
    turn(&loop);
    cr_assert_eq(count_served(CROWD), SLICE);
    turn(&loop);
    cr_assert_eq(count_served(CROWD), SLICE);
    turn(&loop);
    cr_assert_eq(count_served(CROWD), CROWD - 2 * SLICE);
    cr_assert(list_empty(&loop.tasks));
    for (unsigned i = 0; i < CROWD; i++)
        spectator_expect(&crowd[i], &feed, &both_tracks, 0, 1);
    stage_close_crowd(crowd, CROWD);
}

Test(lane_sweep, frames_that_come_during_a_sweep_reach_everybody)
{
    stage_enter_crowd(crowd, CROWD);
    feed_gop(&feed, 1, FRAME_BYTES);
    turn(&loop);
    feed_video(&feed, false, FRAME_BYTES);
    turn(&loop);
    feed_video(&feed, false, FRAME_BYTES);
    turn_until_idle(&loop);
    cr_assert_eq(count_served(CROWD), CROWD);
    for (unsigned i = 0; i < CROWD; i++)
        spectator_expect(&crowd[i], &feed, &both_tracks, 0, 3);
    stage_close_crowd(crowd, CROWD);
}

/* The player that takes the place of one who left is not passed over. */
Test(lane_sweep, leaving_during_a_sweep_makes_nobody_miss_it)
{
    for (unsigned who = 0; who < 100; who += 9) {
        uint64_t head = ring_head(stream_ring(feed.stream));
        stage_enter_crowd(crowd, 100);
        for (unsigned i = 0; i < 100; i++) {
            spectator_read(&crowd[i]); /* the last key frame */
            spectator_clear(&crowd[i]);
        }
        feed_gop(&feed, 1, FRAME_BYTES);
        turn(&loop);
        viewer_leave(&crowd[who].viewer);
        turn_until_idle(&loop);
        for (unsigned i = 0; i < 100; i++) {
            spectator_read(&crowd[i]);
            cr_assert(i == who || buf_len(&crowd[i].got) > 0, "%u left, %u was passed over", who,
                      i);
            if (i != who)
                spectator_expect(&crowd[i], &feed, &both_tracks, head, head + 1);
        }
        stage_close_crowd(crowd, 100);
        turn(&loop);
    }
}

/* The second sweep begins where the first one was, goes round, and meets broken connections. */
Test(lane_sweep, players_that_break_off_during_a_sweep_make_nobody_miss_it)
{
    stage_enter_crowd(crowd, 100);
    feed_gop(&feed, 1, FRAME_BYTES);
    turn(&loop);
    for (unsigned i = 0; i < 100; i += 10) {
        close(crowd[i].far_fd);
        crowd[i].far_fd = -1;
    }
    feed_video(&feed, false, FRAME_BYTES);
    turn_until_idle(&loop);
    for (unsigned i = 0; i < 100; i++) {
        if (i % 10 == 0)
            continue;
        spectator_read(&crowd[i]);
        spectator_expect(&crowd[i], &feed, &both_tracks, 0, 2);
    }
    stage_close_crowd(crowd, 100);
}

/* The second sweep begins where the first one was, and has not gone round yet. */
Test(lane_sweep, joining_during_a_sweep_makes_nobody_miss_it)
{
    enum { BEFORE = CROWD - 10 };
    stage_enter_crowd(crowd, BEFORE);
    feed_gop(&feed, 1, FRAME_BYTES);
    turn(&loop);
    feed_video(&feed, false, FRAME_BYTES);
    turn(&loop);
    for (unsigned i = BEFORE; i < CROWD; i++)
        stage_enter(&crowd[i], SPECTATOR_ROOMY, &both_tracks, &patient);
    turn_until_idle(&loop);
    for (unsigned i = 0; i < CROWD; i++) {
        spectator_read(&crowd[i]);
        spectator_expect(&crowd[i], &feed, &both_tracks, 0, 2);
    }
    stage_close_crowd(crowd, CROWD);
}

Test(lane_sweep, all_may_leave_during_a_sweep)
{
    stage_enter_crowd(crowd, 100);
    feed_gop(&feed, 1, FRAME_BYTES);
    turn(&loop);
    stage_close_crowd(crowd, 100);
    turn_until_idle(&loop);
    for (unsigned i = 0; i < 100; i++)
        cr_assert_eq(crowd[i].ends, 0, "that was its own wish");
    cr_assert_null(stream_watch(feed.stream, 0), "the fan-out has gone as well");
}
