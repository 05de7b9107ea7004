/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "rtp/rtcp.h"
#include "tests/support/udp_stage.h"

enum { RATE = 1000000 };

static void greet_and_join(struct udp_viewer *s)
{
    cr_assert_eq(lane_greet(stage_lane(&udp_tracks, &udp_patient), &s->viewer), 0);
    udp_stage_join(s, &udp_patient);
}

/* What came with the RTP, a letter each: v, a: RTP; V, A: sender report; W, B: with BYE. */
static const char *story(struct udp_viewer *s)
{
    static char text[1024];
    static const char letters[2][3] = {{'v', 'V', 'W'}, {'a', 'A', 'B'}};
    struct slice rest = buf_slice(&s->got);
    struct wire_packet packet;
    size_t len = 0;
    while (wire_next(&rest, &packet) && len < sizeof text - 1) {
        struct rtcp_seen seen = {0};
        unsigned kind = packet.channel % 2;
        if (kind == 1) {
            cr_assert_eq(rtcp_parse(packet.bytes, &seen), 0);
            cr_assert(seen.has_sr);
            kind += seen.has_bye;
        }
        text[len++] = letters[packet.channel / 2][kind];
    }
    text[len] = '\0';
    return text;
}

static void expect_story(struct udp_viewer *s, const char *want)
{
    udp_viewer_hear(s, &feed);
    while (strlen(story(s)) < strlen(want) && ear_has_more(&s->rtp))
        udp_viewer_hear(s, &feed);
    cr_assert_str_eq(story(s), want);
    udp_viewer_clear(s);
}

TestSuite(player_udp_reports, .init = udp_stage_set_up, .fini = udp_stage_tear_down);

/* Loopback keeps the order of what is sent, whichever socket it is sent from. */
Test(player_udp_reports, reports_come_before_the_first_packets)
{
    struct udp_viewer s;
    feed_video(&feed, true, 10);
    feed_audio(&feed, AUDIO, 10);
    udp_stage_open(&s, 0);
    udp_viewer_mux(&s);
    greet_and_join(&s);
    expect_story(&s, "VAva");
    udp_viewer_close(&s);
}

Test(player_udp_reports, reports_of_tracks_without_frames_come_with_their_first_frame)
{
    struct udp_viewer s;
    udp_stage_open(&s, 0);
    udp_viewer_mux(&s);
    greet_and_join(&s);
    expect_story(&s, "");
    feed_video(&feed, true, 10);
    turn_now();
    expect_story(&s, "Vv");
    feed_audio(&feed, AUDIO, 10);
    feed_video(&feed, false, 10);
    turn_now();
    expect_story(&s, "Aav");
    udp_viewer_close(&s);
}

Test(player_udp_reports, reports_come_every_five_seconds_right_before_a_frame)
{
    struct udp_viewer s[2];
    feed_video(&feed, true, 10);
    feed_audio(&feed, AUDIO, 10);
    for (unsigned i = 0; i < 2; i++) {
        udp_stage_open(&s[i], i);
        udp_viewer_mux(&s[i]);
        udp_stage_join(&s[i], &udp_patient);
    }
    for (unsigned second = 0; second < 16; second++) {
        feed_video(&feed, false, 10);
        turn_later(NS_PER_S);
    }
    expect_story(&s[0], "vavvvvVAvvvvvVAvvvvvVAvv");
    expect_story(&s[1], "vavvvvVAvvvvvVAvvvvvVAvv");
    udp_viewer_close(&s[0]);
    udp_viewer_close(&s[1]);
}

/* Who is behind gets them behind what it lacks, not at once. */
Test(player_udp_reports, reports_keep_their_place_for_who_is_behind)
{
    struct udp_viewer s;
    udp_stage_limit(RATE, 2000);
    udp_stage_use_packets_of(1000);
    feed_video(&feed, true, 2900);
    udp_stage_open(&s, 0);
    udp_viewer_mux(&s);
    udp_stage_join(&s, &udp_patient);
    expect_story(&s, "vv");
    loop.now_ns += 1;
    stage_lane(&udp_tracks, &udp_patient); /* keeps the fan-out */
    feed_video(&feed, false, 900);
    turn_now();
    expect_story(&s, "");
    for (unsigned ms = 0; ms < 10; ms++)
        turn_later(NS_PER_MS);
    expect_story(&s, "vv");
    feed_video(&feed, false, 2900);
    turn_later(5 * NS_PER_S);
    expect_story(&s, "Vvv");
    for (unsigned ms = 0; ms < 10; ms++)
        turn_later(NS_PER_MS);
    expect_story(&s, "v");
    udp_viewer_close(&s);
}

Test(player_udp_reports, reports_go_to_the_rtcp_address_from_the_rtcp_port)
{
    struct udp_viewer s;
    feed_video(&feed, true, 10);
    udp_stage_open(&s, 0);
    cr_assert_eq(lane_greet(stage_lane(&udp_tracks, &udp_patient), &s.viewer), 0);
    cr_assert(ear_has_more(&s.rtcp));
    udp_viewer_hear(&s, &feed);
    cr_assert_eq(buf_len(&s.got), 0);
    cr_assert_gt(buf_len(&s.reports), 0);
    cr_assert_eq(addr_port(&s.from), udp_port(&rtcp));
    udp_viewer_close(&s);
}

/* -- the end -- */

Test(player_udp_reports, end_of_stream_is_bye_and_then_on_end)
{
    struct udp_viewer s;
    feed_video(&feed, true, 10);
    udp_stage_open(&s, 0);
    udp_viewer_mux(&s);
    udp_stage_join(&s, &udp_patient);
    stream_end(feed.stream);
    turn_now();
    expect_story(&s, "vWB");
    cr_assert_eq(s.ends, 1);
    cr_assert_eq(s.why, VIEWER_STREAM_ENDED);
    cr_assert_null(s.viewer.lane);
    udp_viewer_close(&s);
}

Test(player_udp_reports, who_catches_up_gets_the_rest_and_then_bye)
{
    struct udp_viewer s;
    udp_stage_limit(RATE, 2000);
    udp_stage_use_packets_of(1000);
    feed_video(&feed, true, 9800);
    udp_stage_open(&s, 0);
    udp_viewer_mux(&s);
    udp_stage_join(&s, &udp_patient);
    stream_end(feed.stream);
    turn_now();
    expect_story(&s, "vv");
    cr_assert_eq(s.ends, 0);
    for (unsigned ms = 0; ms < 30; ms++)
        turn_later(NS_PER_MS);
    expect_story(&s, "vvvvvvvvWB");
    cr_assert_eq(s.ends, 1);
    udp_viewer_close(&s);
}

Test(player_udp_reports, who_waits_for_a_key_frame_hears_of_the_end)
{
    struct udp_viewer s;
    udp_stage_keep_no_gop();
    udp_stage_feed(2, 10);
    udp_stage_open(&s, 0);
    udp_viewer_mux(&s);
    udp_stage_join(&s, &udp_patient);
    stream_end(feed.stream);
    turn_now();
    expect_story(&s, "WB");
    cr_assert_eq(s.ends, 1);
    udp_viewer_close(&s);
}
