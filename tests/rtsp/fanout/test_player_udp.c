/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/support/sending.h"
#include "tests/support/udp_stage.h"

TestSuite(player_udp, .init = udp_stage_set_up, .fini = udp_stage_tear_down);

enum { SOME = 5 };

/* From the cache and live, small frames and large: everybody gets what a player on TCP gets. */
static void expect_the_same_as_over_tcp(void)
{
    struct udp_viewer s[SOME];
    struct spectator tcp;
    uint64_t from = ring_head(stream_ring(feed.stream));
    udp_stage_feed(4, FRAME_BYTES);
    for (unsigned i = 0; i < SOME; i++)
        udp_stage_enter(&s[i], i);
    spectator_open(&tcp, SPECTATOR_ROOMY);
    cr_assert_eq(lane_join(stage_lane(&both_tracks, &udp_patient), &tcp.viewer), 0);
    feed_video(&feed, false, LARGE_BYTES);
    turn_now();
    udp_stage_feed(3, 190);
    feed_video(&feed, false, 1);
    uint64_t upto = udp_stage_feed(2, LARGE_BYTES);
    turn_now();
    spectator_read(&tcp);
    for (unsigned i = 0; i < SOME; i++) {
        udp_viewer_expect(&s[i], &feed, from, upto);
        cr_assert(slice_eq(buf_slice(&s[i].got), buf_slice(&tcp.got)));
        cr_assert_eq(buf_len(&s[i].reports), 0);
        udp_viewer_close(&s[i]);
    }
    spectator_close(&tcp);
    turn_now();
}

Test(player_udp, packets_are_those_of_tcp)
{
    expect_the_same_as_over_tcp();
    if (rtp.can_segment)
        cr_assert_gt(sending.cut, 0);
    rtp.can_segment = false;
    sending.cut = 0;
    expect_the_same_as_over_tcp();
    cr_assert_eq(sending.cut, 0);
}

/* As on a path that takes smaller packets, and on one that cuts nothing. */
Test(player_udp, packets_are_whole_when_the_kernel_refuses_to_cut)
{
    sending.refuses_cut = EMSGSIZE;
    expect_the_same_as_over_tcp();
    sending.refuses_cut = EINVAL;
    expect_the_same_as_over_tcp();
    sending.refuses_cut = EIO;
    expect_the_same_as_over_tcp();
}

Test(player_udp, packets_of_one_size_go_as_one_message)
{
    if (!rtp.can_segment)
        cr_skip("this kernel cuts nothing");
    struct udp_viewer s;
    udp_stage_enter(&s, 0);
    feed_video(&feed, true, LARGE_BYTES);
    turn_now();
    cr_assert_eq(sending.taken, 2, "49 packets are more than one message takes");
    cr_assert_eq(sending.calls, 1);
    udp_viewer_expect(&s, &feed, 0, 1);
    udp_viewer_close(&s);
}

Test(player_udp, a_slice_of_players_is_served_by_one_call)
{
    enum { CROWD = 60 };
    static struct udp_viewer s[CROWD];
    for (unsigned i = 0; i < CROWD; i++)
        udp_stage_enter(&s[i], i);
    feed_video(&feed, true, FRAME_BYTES);
    turn_now();
    cr_assert_eq(sending.calls, rtp.can_segment ? 1 : 4);
    for (unsigned i = 0; i < CROWD; i++) {
        udp_viewer_expect(&s[i], &feed, 0, 1);
        udp_viewer_close(&s[i]);
    }
}

Test(player_udp, packets_come_from_the_address_that_the_player_knows)
{
    struct udp_viewer s;
    char text[ADDR_TEXT_MAX];
    udp_viewer_open(&s, &rtp, "127.0.0.2", "127.0.0.77");
    udp_stage_join(&s, &udp_patient);
    udp_stage_feed(1, FRAME_BYTES);
    turn_now();
    udp_viewer_expect(&s, &feed, 0, 1);
    addr_format_host(&s.from, text);
    cr_assert_str_eq(text, "127.0.0.77");
    cr_assert_eq(addr_port(&s.from), udp_port(&rtp));
    udp_viewer_close(&s);
}

/* An access unit that its payload format cannot express. */
Test(player_udp, frames_without_packets_are_passed_over)
{
    struct udp_viewer s;
    udp_stage_enter(&s, 0);
    udp_stage_feed(1, FRAME_BYTES);
    for (unsigned i = 0; i < 3; i++)
        feed_audio(&feed, AUDIO, 9000);
    turn_now();
    feed_audio(&feed, AUDIO, 9000);
    turn_now();
    feed_video(&feed, false, FRAME_BYTES);
    turn_now();
    udp_viewer_expect(&s, &feed, 0, 6);
    stream_end(feed.stream);
    turn_now();
    cr_assert_eq(s.ends, 1);
    udp_viewer_close(&s);
}

Test(player_udp, an_address_that_takes_nothing_harms_nobody)
{
    struct udp_viewer s[3];
    for (unsigned i = 0; i < ARRAY_LEN(s); i++)
        udp_stage_open(&s[i], i);
    s[1].rtp_addr = udp_addr_with_port(&s[1].rtp_addr, 0);
    for (unsigned i = 0; i < ARRAY_LEN(s); i++)
        udp_stage_join(&s[i], &udp_patient);
    udp_stage_feed(2, LARGE_BYTES);
    turn_now();
    cr_assert_gt(rtp.refused, 0);
    udp_viewer_expect(&s[0], &feed, 0, 2);
    udp_viewer_expect(&s[2], &feed, 0, 2);
    for (unsigned i = 0; i < ARRAY_LEN(s); i++)
        udp_viewer_close(&s[i]);
}

/* A connection that takes nothing at the moment has nothing to do with where the datagrams go. */
Test(player_udp, starts_when_the_key_frame_comes_whatever_its_connection_does)
{
    struct udp_viewer s;
    udp_stage_keep_no_gop();
    udp_stage_feed(2, FRAME_BYTES);
    udp_stage_open(&s, 0);
    s.viewer.full = true;
    udp_stage_join(&s, &udp_patient);
    feed_video(&feed, true, FRAME_BYTES);
    feed_video(&feed, false, FRAME_BYTES);
    turn_now();
    udp_viewer_expect(&s, &feed, 2, 4);
    udp_viewer_close(&s);
}
