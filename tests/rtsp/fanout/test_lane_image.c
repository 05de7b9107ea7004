/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/lane_image.h"

#include <criterion/criterion.h>

#include "rtp/rtcp.h"
#include "rtp/unpacker.h"
#include "rtsp/sdp/sdp.h"
#include "tests/support/stage.h"

static const struct lane_layout layout = {3, {{10, 11}, {20, 21}}};

static struct image *build(const struct frame *f, struct slice report)
{
    struct image *img = lane_image_build(feed.stream, &layout, f, report);
    cr_assert_not_null(img);
    return img;
}

static struct slice image_bytes(const struct image *img)
{
    return slice_of(img->data, img->len);
}

TestSuite(lane_image, .init = stage_set_up, .fini = stage_tear_down);

struct arrival {
    unsigned count;
    struct buf data;
    bool key;
    uint32_t rtp_time;
};

static void on_au(void *arg, const struct access_unit *au)
{
    struct arrival *a = arg;
    a->count++;
    a->key = au->key;
    a->rtp_time = au->rtp_time;
    buf_append(&a->data, au->data);
}

/* Every packet on its channel with the stream's numbers; a receiver gets the frame back. */
static void expect_frame(const struct frame *f, uint8_t channel, struct slice fmtp)
{
    const struct media_track *track = &feed_video_and_audio.track[f->track];
    struct image *img = build(f, (struct slice){0});
    struct unpacker *u;
    struct arrival arrival = {0};
    struct slice rest = image_bytes(img);
    struct wire_packet packet;
    uint32_t packets = 0, octets = 0;
    cr_assert_not_null(u = unpacker_create(track, fmtp, on_au, &arrival));
    for (; wire_next(&rest, &packet); packets++) {
        struct rtp_packet rtp;
        cr_assert_eq(packet.channel, channel);
        cr_assert_leq(packet.bytes.len, stream_packet_bytes(feed.stream));
        cr_assert_eq(rtp_parse(packet.bytes, &rtp), 0);
        cr_assert_eq(rtp.payload_type, sdp_payload_type(&feed_video_and_audio, f->track));
        cr_assert_eq(rtp.ssrc, stream_ssrc(feed.stream, f->track));
        cr_assert_eq(rtp.rtp_time, f->rtp_time);
        cr_assert_eq(rtp.seq, (uint16_t)(f->first_seq + packets));
        cr_assert_eq(rtp.marker, rest.len == 0);
        octets += (uint32_t)rtp.payload.len;
        cr_assert_eq(unpacker_push(u, &rtp), 0);
    }
    cr_assert_eq(packets, f->packets);
    cr_assert_eq(octets, f->octets);
    cr_assert_eq(arrival.count, 1);
    cr_assert_eq(arrival.key, f->key);
    cr_assert(slice_eq(buf_slice(&arrival.data), frame_data(f)));
    cr_assert(img->pos == f->pos && img->arrival_ns == f->arrival_ns);
    buf_reset(&arrival.data);
    unpacker_destroy(u);
    image_unref(&img);
}

Test(lane_image, holds_the_frame_as_rtp_packets)
{
    static const size_t sizes[] = {1, 10, 188, 189, 500, 5000};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        expect_frame(feed_frame(&feed, feed_video(&feed, i % 2 == 0, 2 + sizes[i])), 10,
                     (struct slice){0});
        expect_frame(feed_frame(&feed, feed_audio(&feed, AUDIO, sizes[i])), 20,
                     SLICE_LIT("sizelength=13;indexlength=3;indexdeltalength=3"));
    }
}

Test(lane_image, frames_of_a_track_are_numbered_through)
{
    const struct frame *last = feed_frame(&feed, feed_video(&feed, true, 700));
    for (unsigned i = 0; i < 10; i++) {
        feed_audio(&feed, AUDIO, 90);
        const struct frame *f = feed_frame(&feed, feed_video(&feed, false, 100 * i + 2));
        cr_assert_eq(f->first_seq, (uint16_t)(last->first_seq + last->packets));
        last = f;
    }
}

/* Whichever worker makes it, live or from the cache. */
Test(lane_image, is_a_function_of_frame_and_layout)
{
    const struct frame *f = feed_frame(&feed, feed_video(&feed, true, 700));
    struct image *a = build(f, (struct slice){0}), *b = build(f, (struct slice){0});
    cr_assert(slice_eq(image_bytes(a), image_bytes(b)));
    image_unref(&a);
    image_unref(&b);
}

Test(lane_image, report_stands_in_front)
{
    static const uint8_t report[] = {'$', 11, 0, 2, 1, 2};
    const struct frame *f = feed_frame(&feed, feed_video(&feed, true, 700));
    struct image *plain = build(f, (struct slice){0});
    struct image *with = build(f, slice_of(report, sizeof report));
    struct slice bytes = image_bytes(with);
    cr_assert(slice_eq(slice_head(bytes, sizeof report), slice_of(report, sizeof report)));
    cr_assert(slice_eq(slice_from(bytes, sizeof report), image_bytes(plain)));
    image_unref(&plain);
    image_unref(&with);
}

Test(lane_image, wrapped_packets_stand_where_the_last_image_does)
{
    struct image *after = build(feed_frame(&feed, feed_video(&feed, true, 7)), (struct slice){0});
    struct image *img = lane_image_wrap(SLICE_LIT("packets"), after);
    cr_assert(slice_is(image_bytes(img), "packets"));
    cr_assert(img->pos == after->pos && img->arrival_ns == after->arrival_ns);
    cr_assert_null(after->next, "linking is the chain's business");
    image_unref(&img);
    img = lane_image_wrap((struct slice){0}, NULL);
    cr_assert_eq(img->len, 0);
    image_unref(&img);
    image_unref(&after);
}

/* -- reports -- */

static void next_report(struct slice *rest, uint8_t channel, struct rtcp_seen *seen)
{
    struct wire_packet packet;
    cr_assert(wire_next(rest, &packet));
    cr_assert_eq(packet.channel, channel);
    cr_assert_eq(rtcp_parse(packet.bytes, seen), 0);
    cr_assert(seen->has_sr);
}

Test(lane_image, report_is_the_present_instant_on_both_clocks)
{
    static const int64_t later_ms[] = {0, 1, 40, 2500};
    feed_video(&feed, true, 700);
    feed_video(&feed, false, 300);
    feed_audio(&feed, AUDIO, 90);
    const struct frame *last[] = {feed_frame(&feed, 1), feed_frame(&feed, 2)};
    for (size_t i = 0; i < ARRAY_LEN(later_ms); i++) {
        int64_t now_ns = last[AUDIO]->arrival_ns + later_ms[i] * NS_PER_MS;
        struct buf out = {0};
        struct rtcp_seen seen;
        cr_assert_eq(
            lane_image_report(fanout_follower(stage_fanout()), &layout, now_ns, false, &out), 0);
        struct slice rest = buf_slice(&out);
        for (unsigned track = VIDEO; track <= AUDIO; track++) {
            const struct frame *f = last[track];
            int64_t ms = (now_ns - f->arrival_ns) / NS_PER_MS;
            uint32_t rate = feed_video_and_audio.track[track].clock_rate;
            next_report(&rest, layout.channel[track].rtcp, &seen);
            cr_assert_not(seen.has_bye);
            cr_assert_eq(seen.sr.ssrc, stream_ssrc(feed.stream, track));
            cr_assert_eq(seen.sr.rtp_time, f->rtp_time + (uint32_t)(ms * rate / 1000));
            cr_assert_eq(seen.sr.ntp, rtcp_ntp_from_wall(f->wall_ns + ms * NS_PER_MS));
        }
        cr_assert_eq(rest.len, 0);
        buf_reset(&out);
    }
}

Test(lane_image, report_counts_all_that_was_sent)
{
    uint32_t packets = 0, octets = 0;
    for (unsigned i = 0; i < 10; i++) {
        const struct frame *f = feed_frame(&feed, feed_video(&feed, i == 0, 100 * i + 2));
        packets += f->packets;
        octets += f->octets;
        feed_audio(&feed, AUDIO, 90);
    }
    struct buf out = {0};
    struct rtcp_seen seen;
    cr_assert_eq(
        lane_image_report(fanout_follower(stage_fanout()), &layout, feed.now_ns, false, &out), 0);
    struct slice rest = buf_slice(&out);
    next_report(&rest, 11, &seen);
    cr_assert_eq(seen.sr.packets, packets);
    cr_assert_eq(seen.sr.octets, octets);
    buf_reset(&out);
}

Test(lane_image, report_is_of_tracks_with_frames_in_the_layout)
{
    struct buf out = {0};
    struct rtcp_seen seen;
    cr_assert_eq(
        lane_image_report(fanout_follower(stage_fanout()), &layout, feed.now_ns, false, &out), 0);
    cr_assert_eq(buf_len(&out), 0);
    feed_video(&feed, true, 100);
    mailbox_deliver(&loop.mailbox);
    cr_assert_eq(
        lane_image_report(fanout_follower(stage_fanout()), &audio_alone, feed.now_ns, false, &out),
        0);
    cr_assert_eq(buf_len(&out), 0);
    cr_assert_eq(
        lane_image_report(fanout_follower(stage_fanout()), &layout, feed.now_ns, false, &out), 0);
    struct slice rest = buf_slice(&out);
    next_report(&rest, 11, &seen);
    cr_assert_eq(rest.len, 0);
    buf_reset(&out);
}

Test(lane_image, goodbye_is_on_every_track)
{
    struct buf out = {0};
    struct rtcp_seen seen;
    feed_video(&feed, true, 100);
    cr_assert_eq(
        lane_image_report(fanout_follower(stage_fanout()), &layout, feed.now_ns, true, &out), 0);
    struct slice rest = buf_slice(&out);
    next_report(&rest, 11, &seen);
    cr_assert(seen.has_bye);
    next_report(&rest, 21, &seen);
    cr_assert(seen.has_bye);
    cr_assert_eq(seen.sr.ssrc, stream_ssrc(feed.stream, AUDIO));
    cr_assert_eq(seen.sr.packets, 0);
    cr_assert_eq(rest.len, 0);
    buf_reset(&out);
}
