/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <sys/epoll.h>

#include "tests/support/sending.h"
#include "tests/support/udp_stage.h"

enum { SOME = 5 };

static void has_room_again(struct udp *u)
{
    u->io.on_events(&u->io, EPOLLOUT);
}

TestSuite(player_udp_full, .init = udp_stage_set_up, .fini = udp_stage_tear_down);

static void fill_up(unsigned room, bool can_segment)
{
    struct udp_viewer s[SOME];
    rtp.can_segment = can_segment;
    sending.room = UINT_MAX;
    uint64_t from = feed_video(&feed, true, FRAME_BYTES);
    for (unsigned i = 0; i < SOME; i++)
        udp_stage_enter(&s[i], i);
    sending.room = room;
    udp_stage_feed(4, FRAME_BYTES);
    turn_now();
    uint64_t upto = udp_stage_feed(2, LARGE_BYTES);
    turn_now();
    cr_assert(rtp.full);
    while (rtp.full) {
        cr_assert_eq(rtp.refused, 0);
        sending.room = room;
        has_room_again(&rtp);
        turn_now();
    }
    for (unsigned i = 0; i < SOME; i++) {
        udp_viewer_expect(&s[i], &feed, from, upto);
        cr_assert_eq(s[i].viewer.jumps, 0);
        udp_viewer_close(&s[i]);
    }
    turn_now();
}

Test(player_udp_full, a_full_socket_goes_on_where_it_stopped)
{
    static const unsigned rooms[] = {1, 2, 3, 5, 8, 13, 21};
    for (size_t i = 0; i < ARRAY_LEN(rooms); i++) {
        fill_up(rooms[i], rtp.can_segment);
        fill_up(rooms[i], false);
    }
}

Test(player_udp_full, all_lanes_go_on_when_there_is_room)
{
    static const struct lane_layout video_alone = {.tracks = 1, .kind = LANE_UDP};
    struct udp_viewer s[2];
    for (unsigned i = 0; i < 2; i++)
        udp_stage_open(&s[i], i);
    udp_stage_join(&s[0], &udp_patient);
    cr_assert_eq(lane_join(stage_lane(&video_alone, &udp_patient), &s[1].viewer), 0);
    sending.room = 0;
    feed_video(&feed, true, FRAME_BYTES);
    turn_now();
    udp_viewer_hear(&s[0], &feed);
    udp_viewer_hear(&s[1], &feed);
    cr_assert_eq(buf_len(&s[0].got) + buf_len(&s[1].got), 0);
    sending.room = UINT_MAX;
    has_room_again(&rtp);
    turn_now();
    for (unsigned i = 0; i < 2; i++) {
        udp_viewer_expect(&s[i], &feed, 0, 1);
        udp_viewer_close(&s[i]);
    }
}

Test(player_udp_full, a_lane_that_waits_for_room_may_go)
{
    struct udp_viewer s;
    udp_stage_enter(&s, 0);
    sending.room = 0;
    udp_stage_feed(1, FRAME_BYTES);
    turn_now();
    cr_assert(rtp.full);
    udp_viewer_close(&s);
    turn(&loop);
    cr_assert_null(stream_watch(feed.stream, 0), "and its fan-out with it");
    sending_reset();
    has_room_again(&rtp);
    turn(&loop);
    cr_assert_eq(sending.calls, 0);
}

Test(player_udp_full, end_waits_for_room_in_the_socket)
{
    struct udp_viewer s[SOME];
    for (unsigned i = 0; i < SOME; i++)
        udp_stage_enter(&s[i], i);
    sending.room = 0;
    udp_stage_feed(2, FRAME_BYTES);
    turn_now();
    stream_end(feed.stream);
    turn_now();
    for (unsigned i = 0; i < SOME; i++)
        cr_assert_eq(s[i].ends, 0);
    sending.room = UINT_MAX;
    has_room_again(&rtp);
    turn_now();
    for (unsigned i = 0; i < SOME; i++) {
        cr_assert_eq(s[i].ends, 1);
        udp_viewer_expect(&s[i], &feed, 0, 2);
        udp_viewer_close(&s[i]);
    }
}
