/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "rtp/rtp.h"
#include "tests/support/udp_stage.h"

enum { RATE = 1000000 };

TestSuite(player_udp_pace, .init = udp_stage_set_up, .fini = udp_stage_tear_down);

/* Everything goes out, no faster than allowed and, but for a packet and a turn, no slower. */
static void catch_up(struct udp_viewer *s, uint64_t upto, size_t burst, size_t packet)
{
    struct buf frames = wire_frames(&feed, &both_tracks, 0, upto);
    struct slice rest = buf_slice(&frames);
    struct wire_packet at;
    uint64_t bytes = 0;
    while (wire_next(&rest, &at))
        bytes += at.bytes.len;
    for (uint64_t ms = 0; viewer_sent_bytes(&s->viewer) < bytes; ms++) {
        uint64_t sent = viewer_sent_bytes(&s->viewer), allowed = burst + ms * (RATE / 1000);
        cr_assert_leq(sent, allowed, "%lu of %lu bytes after %lu ms", sent, allowed, ms);
        cr_assert_geq(sent + packet + 2 * (RATE / 1000), allowed, "%lu of %lu bytes after %lu ms",
                      sent, allowed, ms);
        turn_later(NS_PER_MS);
        udp_viewer_hear(s, &feed);
    }
    udp_viewer_expect(s, &feed, 0, upto);
    buf_reset(&frames);
}

Test(player_udp_pace, who_joins_catches_up_at_the_pace)
{
    struct udp_viewer s;
    udp_stage_limit(RATE, BURST);
    udp_stage_use_packets_of(1360);
    feed_video(&feed, true, 150000);
    uint64_t upto = 0;
    for (unsigned i = 0; i < 24; i++)
        upto = feed_video(&feed, false, 15000) + 1;
    udp_stage_enter(&s, 0);
    cr_assert_leq(viewer_sent_bytes(&s.viewer), BURST);
    cr_assert_gt(viewer_sent_bytes(&s.viewer), BURST - 1360);
    catch_up(&s, upto, BURST, 1360);
    cr_assert_eq(s.viewer.jumps, 0);
    udp_viewer_close(&s);
}

Test(player_udp_pace, without_a_limit_who_joins_gets_all_at_once)
{
    struct udp_viewer s;
    udp_stage_use_packets_of(1360);
    feed_video(&feed, true, 3 * BURST);
    udp_stage_enter(&s, 0);
    udp_viewer_expect(&s, &feed, 0, 1);
    udp_viewer_close(&s);
}

/* 750 KB in a second, but 30 KB every 40 ms. */
Test(player_udp_pace, live_frames_within_the_burst_are_not_held_back)
{
    struct udp_viewer s;
    udp_stage_limit(RATE, BURST);
    udp_stage_use_packets_of(1360);
    udp_stage_enter(&s, 0);
    for (uint64_t i = 0; i < 50; i++) {
        feed_video(&feed, i == 0, 30000);
        turn_later(FEED_STEP_NS);
        udp_viewer_expect(&s, &feed, i, i + 1);
        udp_viewer_clear(&s);
    }
    udp_viewer_close(&s);
}

Test(player_udp_pace, packets_larger_than_the_burst_go_one_at_a_time)
{
    enum { PACKET = 8000, SMALL_BURST = 2048, PATIENCE_MS = 100 };
    struct udp_viewer s;
    udp_stage_limit(RATE, SMALL_BURST);
    udp_stage_use_packets_of(PACKET);
    feed_video(&feed, true, 40000);
    udp_stage_enter(&s, 0);
    cr_assert_eq(viewer_sent_bytes(&s.viewer), PACKET);
    for (unsigned ms = 1; ms < PATIENCE_MS; ms++) {
        turn_later(NS_PER_MS);
        cr_assert_leq(viewer_sent_bytes(&s.viewer), PACKET + ms * (RATE / 1000));
    }
    udp_viewer_expect(&s, &feed, 0, 1);
    udp_viewer_close(&s);
}

/* Each has a pace of its own, and others do not wait. */
Test(player_udp_pace, who_catches_up_holds_nobody_up)
{
    struct udp_viewer late, early;
    udp_stage_limit(RATE, BURST);
    udp_stage_use_packets_of(1360);
    feed_video(&feed, true, 60000);
    udp_stage_enter(&early, 0);
    for (unsigned i = 0; i < 10; i++) {
        feed_video(&feed, false, 20000);
        turn_later(FEED_STEP_NS);
        udp_viewer_hear(&early, &feed);
    }
    udp_stage_enter(&late, 1);
    feed_video(&feed, false, 20000);
    turn_now();
    udp_viewer_expect(&early, &feed, 0, 12);
    cr_assert_leq(viewer_sent_bytes(&late.viewer), BURST);
    for (unsigned i = 0; i < 300; i++) {
        turn_later(NS_PER_MS);
        udp_viewer_hear(&late, &feed);
    }
    udp_viewer_expect(&late, &feed, 0, 12);
    udp_viewer_close(&early);
    udp_viewer_close(&late);
}

/* -- who lags -- */

static bool is_first_of_key_frame(uint16_t seq, uint64_t upto)
{
    for (uint64_t pos = 0; pos < upto; pos++) {
        const struct frame *f = feed_frame(&feed, pos);
        if (f->track == VIDEO && f->key && f->first_seq == seq)
            return true;
    }
    return false;
}

/* Until all has come that was sent. */
static void hear_all(struct udp_viewer *s)
{
    size_t bytes;
    do {
        struct slice rest = buf_slice(&s->got);
        struct wire_packet packet;
        for (bytes = 0; wire_next(&rest, &packet); bytes += packet.bytes.len)
            ;
        udp_viewer_hear(s, &feed);
    } while (bytes < viewer_sent_bytes(&s->viewer));
}

/* The packets of the video follow each other, but where the player jumped. Returns the jumps. */
static unsigned count_jumps(const struct udp_viewer *s, uint64_t upto)
{
    struct slice rest = buf_slice(&s->got);
    struct wire_packet packet;
    uint16_t next = stream_first_seq(feed.stream, VIDEO);
    unsigned jumps = 0;
    while (wire_next(&rest, &packet)) {
        struct rtp_packet p;
        cr_assert_eq(rtp_parse(packet.bytes, &p), 0);
        if (p.seq != next)
            cr_assert(is_first_of_key_frame(p.seq, upto), "%u, not %u", p.seq, next);
        jumps += p.seq != next;
        next = (uint16_t)(p.seq + 1);
    }
    return jumps;
}

Test(player_udp_pace, who_lags_jumps_to_key_frames)
{
    struct lane_options hasty = udp_patient;
    struct udp_viewer s;
    uint64_t upto = 0;
    hasty.max_lag_bytes = 100000;
    udp_stage_limit(RATE / 4, 20000);
    udp_stage_use_packets_of(1360);
    udp_stage_open(&s, 0);
    udp_stage_join(&s, &hasty);
    for (unsigned i = 0; i < 100; i++) { /* twice of what it may be sent */
        upto = feed_video(&feed, i % 10 == 0, 20000) + 1;
        for (unsigned ms = 0; ms < 40; ms++)
            turn_later(NS_PER_MS);
        udp_viewer_hear(&s, &feed);
    }
    hear_all(&s);
    cr_assert_gt(s.viewer.jumps, 2);
    cr_assert_eq(count_jumps(&s, upto), s.viewer.jumps);
    udp_viewer_close(&s);
}

/* The reports after the pause are due before the frame is, and not late either. */
Test(player_udp_pace, pause_of_the_publisher_makes_nobody_lag)
{
    struct lane_options hasty = udp_patient;
    struct udp_viewer s;
    hasty.max_lag_ns = 2 * NS_PER_S;
    udp_stage_keep_no_gop();
    udp_stage_open(&s, 0);
    udp_stage_join(&s, &hasty);
    udp_stage_feed(4, FRAME_BYTES);
    turn_now();
    udp_viewer_expect(&s, &feed, 0, 5);
    udp_viewer_clear(&s);
    feed.now_ns += 60 * NS_PER_S;
    loop.now_ns += 60 * NS_PER_S;
    feed_video(&feed, false, FRAME_BYTES);
    turn_now();
    feed_video(&feed, true, FRAME_BYTES);
    turn_now();
    cr_assert_eq(s.viewer.jumps, 0);
    udp_viewer_expect(&s, &feed, 5, 7);
    udp_viewer_close(&s);
}
