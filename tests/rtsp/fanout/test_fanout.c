/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/fanout.h"

#include <criterion/criterion.h>

#include "tests/support/stage.h"

/* Another stream, whose ring is small. */
static void use_ring_of(uint32_t slots)
{
    struct stream_options options = feed_options;
    options.ring_slots = slots;
    stage_use_stream(&feed_video_and_audio, &options);
}

static void join(struct spectator *s)
{
    stage_enter(s, SPECTATOR_ROOMY, &both_tracks, &patient);
}

TestSuite(fanout, .init = stage_set_up, .fini = stage_tear_down);

Test(fanout, there_is_one_a_worker)
{
    struct fanout *f = stage_fanout();
    cr_assert_eq(stage_fanout(), f);
    struct fanout *other = fanout_get(&loop, 1, feed.stream);
    cr_assert_neq(other, f);
    cr_assert_eq(fanout_follower(f)->stream, feed.stream);
    cr_assert_eq(fanout_follower(other)->stream, feed.stream);
}

Test(fanout, begins_at_the_head_and_knows_the_newest_of_each_track)
{
    struct fanout *f = stage_fanout();
    cr_assert_eq(fanout_follower(f)->pos, 0);
    cr_assert_null(fanout_follower(f)->last[VIDEO]);
    feed_video(&feed, true, FRAME_BYTES);
    feed_audio(&feed, AUDIO, 90);
    feed_video(&feed, false, FRAME_BYTES);
    cr_assert_eq(fanout_follower(f)->pos, 0, "not before the mail is delivered");
    mailbox_deliver(&loop.mailbox);
    cr_assert_eq(fanout_follower(f)->pos, 3);
    cr_assert_eq(fanout_follower(f)->last[VIDEO]->pos, 2);
    cr_assert_eq(fanout_follower(f)->last[AUDIO]->pos, 1);

    struct fanout *late = fanout_get(&loop, 1, feed.stream);
    cr_assert_eq(fanout_follower(late)->pos, 3);
    cr_assert_eq(fanout_follower(late)->last[VIDEO]->pos, 2);
    cr_assert_eq(fanout_follower(late)->last[AUDIO]->pos, 1);
}

Test(fanout, news_is_posted_once_until_it_is_delivered)
{
    struct fanout *f = stage_fanout();
    for (unsigned i = 0; i < 5; i++)
        feed_video(&feed, i == 0, FRAME_BYTES);
    struct message *m = atomic_load(&loop.mailbox.newest);
    cr_assert(m && !m->next);
    mailbox_deliver(&loop.mailbox);
    cr_assert_eq(fanout_follower(f)->pos, 5);
    cr_assert_null(atomic_load(&loop.mailbox.newest));
    feed_video(&feed, false, FRAME_BYTES);
    cr_assert_not_null(atomic_load(&loop.mailbox.newest));
    mailbox_deliver(&loop.mailbox);
    cr_assert_eq(fanout_follower(f)->pos, 6);
}

/* -- RTP-Info -- */

static void expect_first(const struct fanout *f, unsigned track, uint64_t start, uint16_t seq,
                         uint32_t rtp_time)
{
    struct first_packet first;
    cr_assert(follower_first_packet(fanout_follower(f), track, start, &first));
    cr_assert_eq(first.seq, seq);
    cr_assert_eq(first.rtp_time, rtp_time);
}

Test(fanout, first_packet_is_that_of_the_first_frame_from_the_start_on)
{
    feed_audio(&feed, AUDIO, 90);
    feed_video(&feed, true, FRAME_BYTES);
    feed_video(&feed, false, FRAME_BYTES);
    feed_audio(&feed, AUDIO, 90);
    feed_audio(&feed, AUDIO, 90);
    const struct fanout *f = stage_fanout();
    const struct frame *video = feed_frame(&feed, 1), *audio = feed_frame(&feed, 3);
    expect_first(f, VIDEO, 1, video->first_seq, video->rtp_time);
    expect_first(f, AUDIO, 1, audio->first_seq, audio->rtp_time);
}

Test(fanout, first_packet_to_come_follows_the_newest)
{
    feed_audio(&feed, AUDIO, 90);
    feed_audio(&feed, AUDIO, 90);
    feed_video(&feed, true, FRAME_BYTES);
    const struct fanout *f = stage_fanout();
    const struct frame *audio = feed_frame(&feed, 1);
    expect_first(f, AUDIO, 2, (uint16_t)(audio->first_seq + 1),
                 audio->rtp_time + 48 * FEED_STEP_NS / NS_PER_MS);
    feed_audio(&feed, AUDIO, 90);
    const struct frame *next = feed_frame(&feed, 3);
    cr_assert_eq(next->first_seq, (uint16_t)(audio->first_seq + 1), "and so it is");
}

Test(fanout, first_packet_of_a_stream_is_known_beforehand)
{
    const struct fanout *f = stage_fanout();
    for (unsigned track = VIDEO; track <= AUDIO; track++)
        expect_first(f, track, GOP_NONE, stream_first_seq(feed.stream, track),
                     stream_first_rtp_time(feed.stream, track));
    feed_video(&feed, true, FRAME_BYTES);
    feed_audio(&feed, AUDIO, 90);
    for (unsigned track = VIDEO; track <= AUDIO; track++) {
        const struct frame *frame = feed_frame(&feed, track);
        cr_assert_eq(frame->first_seq, stream_first_seq(feed.stream, track));
        cr_assert_eq(frame->rtp_time, stream_first_rtp_time(feed.stream, track));
    }
}

Test(fanout, first_packet_is_unknown_to_who_waits_in_mid_stream)
{
    struct first_packet first;
    feed_video(&feed, false, FRAME_BYTES);
    cr_assert_not(follower_first_packet(fanout_follower(stage_fanout()), VIDEO, GOP_NONE, &first));
}

Test(fanout, first_packet_is_unknown_when_the_ring_left_it_behind)
{
    use_ring_of(4);
    struct first_packet first;
    for (unsigned i = 0; i < 6; i++)
        feed_video(&feed, i == 0, FRAME_BYTES);
    cr_assert_not(follower_first_packet(fanout_follower(stage_fanout()), VIDEO, 0, &first));
}

/* -- a worker that is late -- */

Test(fanout, lapped_worker_goes_on_at_a_key_frame)
{
    use_ring_of(8);
    struct spectator s;
    join(&s);
    feed_video(&feed, true, FRAME_BYTES);
    turn(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both_tracks, 0, 1);
    spectator_clear(&s);

    for (unsigned i = 0; i < 20; i++)
        feed_video(&feed, i == 17, FRAME_BYTES);
    turn(&loop);
    cr_assert_eq(fanout_follower(stage_fanout())->pos, 21);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both_tracks, 18, 21);
    spectator_close(&s);
}

/* -- the end -- */

Test(fanout, end_comes_after_the_last_frame_and_once)
{
    struct spectator s;
    join(&s);
    feed_video(&feed, true, FRAME_BYTES);
    turn(&loop);
    feed_video(&feed, false, FRAME_BYTES);
    stream_end(feed.stream);
    turn(&loop);
    cr_assert_eq(s.ends, 1);
    cr_assert_eq(s.why, VIEWER_STREAM_ENDED);
    spectator_read(&s);
    spectator_expect_first(&s, &feed, &both_tracks, 0, 2);
    turn(&loop);
    cr_assert_eq(s.ends, 1);
    spectator_close(&s);
}

/* The end came between the look at the stream's state and the watch: nobody tells this worker. */
Test(fanout, made_after_the_end_it_hears_of_it_all_the_same)
{
    struct spectator s;
    feed_video(&feed, true, FRAME_BYTES);
    stream_end(feed.stream);
    join(&s);
    turn(&loop);
    turn(&loop);
    cr_assert_eq(s.ends, 1);
    cr_assert_eq(s.why, VIEWER_STREAM_ENDED);
    spectator_close(&s);
}

/* -- burial -- */

Test(fanout, goes_when_nobody_plays_and_gives_everything_back)
{
    feed_video(&feed, true, FRAME_BYTES);
    struct frame *kept = frame_ref(feed_frame(&feed, 0));
    struct spectator s;
    join(&s);
    spectator_close(&s);
    cr_assert_not_null(stream_watch(feed.stream, 0), "not in the middle of a turn");
    turn(&loop);
    cr_assert_null(stream_watch(feed.stream, 0));
    feed_close(&feed);
    grace_period();
    turn(&loop);
    grace_period();
    cr_assert_eq(atomic_load(&kept->refs), 1, "neither the stream nor its fan-out are there");
    frame_unref(&kept);
}

Test(fanout, stays_when_somebody_comes_within_the_turn)
{
    struct spectator first, second;
    join(&first);
    struct fanout *f = stage_fanout();
    spectator_close(&first);
    join(&second);
    turn(&loop);
    cr_assert_eq(stage_fanout(), f);
    feed_video(&feed, true, FRAME_BYTES);
    turn(&loop);
    spectator_read(&second);
    spectator_expect(&second, &feed, &both_tracks, 0, 1);
    spectator_close(&second);
}

Test(fanout, empty_lane_goes_alone_while_others_play)
{
    static const struct lane_layout elsewhere = {3, {{10, 11}, {12, 13}}};
    struct spectator stays, leaves;
    join(&stays);
    stage_enter(&leaves, SPECTATOR_ROOMY, &elsewhere, &patient);
    turn(&loop);
    spectator_close(&leaves);
    turn(&loop);
    feed_video(&feed, true, FRAME_BYTES);
    turn(&loop);
    spectator_read(&stays);
    spectator_expect(&stays, &feed, &both_tracks, 0, 1);
    spectator_close(&stays);
}

/* The publisher found the watch before it was taken off, and calls it only now. */
Test(fanout, last_news_is_delivered_before_the_burial)
{
    struct spectator s;
    join(&s);
    struct stream_watch *found = stream_watch(feed.stream, 0);
    spectator_close(&s);
    turn(&loop);
    cr_assert_null(stream_watch(feed.stream, 0));
    feed_video(&feed, true, FRAME_BYTES);
    found->on_news(found);
    cr_assert_not_null(atomic_load(&loop.mailbox.newest));
    grace_period();
    turn(&loop);
}

Test(fanout, new_one_follows_while_the_old_one_is_being_buried)
{
    struct spectator s;
    struct fanout *old = stage_fanout();
    turn(&loop);
    join(&s);
    cr_assert_neq(stage_fanout(), old);
    feed_video(&feed, true, FRAME_BYTES);
    grace_period();
    turn(&loop);
    spectator_read(&s);
    spectator_expect(&s, &feed, &both_tracks, 0, 1);
    spectator_close(&s);
}
