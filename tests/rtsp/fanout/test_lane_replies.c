/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/lane.h"

#include <criterion/criterion.h>

#include "tests/support/stage.h"

#define REPLY "RTSP/1.0 200 OK\r\nCSeq: 7\r\n\r\n"

/* Takes the reply out of what came; the test fails unless it stands between two packets. */
static size_t cut_reply_out(struct spectator *s)
{
    struct slice got = buf_slice(&s->got);
    const uint8_t *at = memmem(got.ptr, got.len, REPLY, strlen(REPLY));
    cr_assert_not_null(at);
    size_t before = (size_t)(at - got.ptr);
    struct buf rest = {0};
    struct slice packets = slice_head(got, before);
    struct wire_packet packet;
    while (wire_next(&packets, &packet))
        ;
    buf_append(&rest, slice_head(got, before));
    buf_append(&rest, slice_from(got, before + strlen(REPLY)));
    buf_reset(&s->got);
    s->got = rest;
    return before;
}

TestSuite(lane_replies, .init = stage_set_up, .fini = stage_tear_down);

Test(lane_replies, reply_lands_between_two_packets)
{
    for (size_t shift = 1; shift < 250; shift += 31) {
        struct spectator s;
        char filler[256] = "";
        spectator_open(&s, SPECTATOR_TIGHT);
        buf_append(&s.viewer.out, slice_of(filler, shift));
        uint64_t head = ring_head(stream_ring(feed.stream));
        feed_gop(&feed, 20, FRAME_BYTES);
        stage_join(&s, &both_tracks, &patient);
        cr_assert(s.viewer.full);
        cr_assert_eq(viewer_send(&s.viewer, SLICE_LIT(REPLY)), 0);
        feed_video(&feed, false, FRAME_BYTES);
        turn(&loop);
        spectator_read_all(&s);
        buf_consume(&s.got, shift, true);
        size_t before = cut_reply_out(&s);
        cr_assert_lt(before, 5000, "and waits for no more than the socket had");
        spectator_expect(&s, &feed, &both_tracks, head, head + 21);
        spectator_close(&s);
        turn(&loop);
    }
}

Test(lane_replies, reply_goes_out_at_once_when_nothing_is_in_its_way)
{
    struct spectator s;
    spectator_open(&s, SPECTATOR_ROOMY);
    cr_assert_eq(viewer_send(&s.viewer, SLICE_LIT("one")), 0);
    feed_gop(&feed, 1, FRAME_BYTES);
    stage_join(&s, &both_tracks, &patient);
    cr_assert_eq(viewer_send(&s.viewer, SLICE_LIT("two")), 0);
    spectator_read(&s);
    struct buf frame = wire_frames(&feed, &both_tracks, 0, 1);
    struct slice got = buf_slice(&s.got);
    cr_assert_eq(got.len, 3 + buf_len(&frame) + 3);
    cr_assert(slice_is(slice_head(got, 3), "one"));
    cr_assert(slice_is(slice_from(got, got.len - 3), "two"));
    buf_reset(&frame);
    spectator_close(&s);
}

Test(lane_replies, replies_of_an_idle_viewer_wait_for_room)
{
    struct spectator s;
    spectator_open(&s, SPECTATOR_TIGHT);
    for (unsigned i = 0; i < 1000; i++)
        cr_assert_eq(viewer_send(&s.viewer, SLICE_LIT(REPLY)), 0);
    cr_assert(s.viewer.full);
    cr_assert_neq(s.viewer.stalled_since_ns, 0);
    cr_assert_eq(s.fulls, 1);
    spectator_read_all(&s);
    cr_assert_eq(buf_len(&s.got), 1000 * strlen(REPLY));
    cr_assert_eq(s.viewer.sent_bytes, 1000 * strlen(REPLY));
    cr_assert(!s.viewer.full && s.viewer.stalled_since_ns == 0);
    spectator_close(&s);
}

Test(lane_replies, viewer_whose_replies_wait_may_join)
{
    struct spectator s;
    spectator_open(&s, SPECTATOR_TIGHT);
    for (unsigned i = 0; i < 1000; i++)
        viewer_send(&s.viewer, SLICE_LIT(REPLY));
    feed_gop(&feed, 3, FRAME_BYTES);
    stage_join(&s, &both_tracks, &patient);
    spectator_read_all(&s);
    buf_consume(&s.got, 1000 * strlen(REPLY), true);
    spectator_expect(&s, &feed, &both_tracks, 0, 3);
    spectator_close(&s);
}

Test(lane_replies, player_leaves_at_the_end_of_a_packet)
{
    struct spectator s;
    feed_gop(&feed, 40, FRAME_BYTES);
    stage_enter(&s, SPECTATOR_TIGHT, &both_tracks, &patient);
    cr_assert(s.viewer.full);
    viewer_leave(&s.viewer);
    cr_assert_null(s.viewer.lane);
    viewer_leave(&s.viewer); /* harmless */
    cr_assert_eq(viewer_send(&s.viewer, SLICE_LIT(REPLY)), 0);
    spectator_read_all(&s);
    size_t sent = cut_reply_out(&s);
    cr_assert_eq(sent, buf_len(&s.got), "nothing follows the reply");
    struct buf frames = wire_frames(&feed, &both_tracks, 0, 40);
    cr_assert_eq(wire_whole_packets(buf_slice(&s.got), buf_slice(&frames)), sent);
    buf_reset(&frames);
    cr_assert_eq(s.ends, 0, "that was its own wish");
    spectator_close(&s);
}
