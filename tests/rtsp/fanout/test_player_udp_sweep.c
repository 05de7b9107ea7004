/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "tests/support/udp_stage.h"

enum { CROWD = 150 };

static struct udp_viewer crowd[CROWD];

static void open_crowd(void)
{
    for (unsigned i = 0; i < CROWD; i++)
        udp_stage_enter(&crowd[i], i);
}

TestSuite(player_udp_sweep, .init = udp_stage_set_up, .fini = udp_stage_tear_down);

Test(player_udp_sweep, leaving_and_joining_during_a_sweep_makes_nobody_miss_it)
{
    struct udp_viewer late;
    open_crowd();
    udp_stage_feed(1, FRAME_BYTES);
    turn(&loop);
    cr_assert_not(list_empty(&loop.tasks), "more are to be served");
    for (unsigned i = 0; i < CROWD; i += 7)
        udp_viewer_close(&crowd[i]);
    udp_stage_enter(&late, CROWD);
    feed_video(&feed, false, LARGE_BYTES);
    turn_until_idle(&loop);
    for (unsigned i = 0; i < CROWD; i++) {
        if (i % 7 == 0)
            continue;
        udp_viewer_expect(&crowd[i], &feed, 0, 2);
        udp_viewer_close(&crowd[i]);
    }
    udp_viewer_expect(&late, &feed, 0, 2);
    udp_viewer_close(&late);
}

/* Those around it leave as well. */
static void take_others_along(struct viewer *v, enum viewer_end why)
{
    struct udp_viewer *s = CONTAINER_OF(v, struct udp_viewer, viewer);
    size_t place = (size_t)(s - crowd);
    s->ends++;
    s->why = why;
    viewer_leave(&crowd[(place + 1) % CROWD].viewer);
    viewer_leave(&crowd[(place + CROWD - 1) % CROWD].viewer);
}

Test(player_udp_sweep, players_may_leave_when_another_one_ends)
{
    unsigned ends = 0;
    open_crowd();
    for (unsigned i = 0; i < CROWD; i++)
        crowd[i].viewer.on_end = take_others_along;
    udp_stage_feed(2, FRAME_BYTES);
    stream_end(feed.stream);
    turn_until_idle(&loop);
    for (unsigned i = 0; i < CROWD; i++) {
        ends += crowd[i].ends;
        cr_assert_null(crowd[i].viewer.lane);
        if (crowd[i].ends > 0)
            udp_viewer_expect(&crowd[i], &feed, 0, 2);
        udp_viewer_close(&crowd[i]);
    }
    cr_assert_geq(ends, CROWD / 3);
}
