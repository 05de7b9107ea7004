/* SPDX-License-Identifier: MIT */
#include "tests/support/stage.h"

#include <criterion/criterion.h>

#include "core/rcu.h"

struct loop loop;
struct feed feed;
const struct lane_options patient = {3600 * NS_PER_S, 1 << 30};

void stage_set_up(void)
{
    rcu_enter();
    cr_assert_eq(loop_init(&loop), 0);
    feed_open(&feed, &feed_video_and_audio, &feed_options);
}

void grace_period(void)
{
    rcu_offline();
    rcu_drain();
    rcu_online();
}

void stage_tear_down(void)
{
    turn(&loop);
    feed_close(&feed);
    grace_period();
    turn(&loop);
    loop_fini(&loop);
    rcu_leave();
    rcu_drain();
}

void stage_use_stream(const struct media *media, const struct stream_options *options)
{
    feed_close(&feed);
    feed_open(&feed, media, options);
}

struct fanout *stage_fanout(void)
{
    struct fanout *f = fanout_get(&loop, 0, feed.stream);
    cr_assert_not_null(f);
    return f;
}

struct lane *stage_lane(const struct lane_layout *layout, const struct lane_options *options)
{
    struct lane *l = fanout_lane(stage_fanout(), layout, options);
    cr_assert_not_null(l);
    return l;
}

void stage_join(struct spectator *s, const struct lane_layout *layout,
                const struct lane_options *options)
{
    cr_assert_eq(lane_join(stage_lane(layout, options), &s->viewer), 0);
}

void stage_enter(struct spectator *s, int room, const struct lane_layout *layout,
                 const struct lane_options *options)
{
    spectator_open(s, room);
    stage_join(s, layout, options);
}

void stage_enter_crowd(struct spectator *crowd, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        stage_enter(&crowd[i], SPECTATOR_ROOMY, &both_tracks, &patient);
}

void stage_close_crowd(struct spectator *crowd, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        spectator_close(&crowd[i]);
}
