/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/chain.h"

#include <criterion/criterion.h>

#include "rtp/rtcp.h"
#include "tests/support/stage.h"

#define BEGIN_NS           (50 * NS_PER_S)
#define REPORT_INTERVAL_NS (5 * NS_PER_S)

static struct chain chain;

static void begin(const struct lane_layout *layout)
{
    chain_init(&chain, fanout_follower(stage_fanout()), layout, BEGIN_NS);
}

static void tear_down(void)
{
    chain_fini(&chain);
    stage_tear_down();
}

/* As the fan-out does it with every frame that comes. */
static bool push_at(uint64_t pos, int64_t now_ns)
{
    mailbox_deliver(&loop.mailbox);
    return chain_push(&chain, feed_frame(&feed, pos), now_ns);
}

static bool push_video(bool key)
{
    return push_at(feed_video(&feed, key, FRAME_BYTES), BEGIN_NS);
}

static bool push_audio(void)
{
    return push_at(feed_audio(&feed, AUDIO, 90), BEGIN_NS);
}

/* The images from 'img' to the end are those of frames from .. upto-1, and their sums add up. */
static void expect_images(const struct image *img, uint64_t from, uint64_t upto)
{
    uint64_t pos = from;
    for (; img; img = img->next) {
        cr_assert_eq(img->pos, pos);
        struct buf frame = wire_frames(&feed, &chain.layout, pos, pos + 1);
        cr_assert(slice_eq(slice_of(img->data, img->len), buf_slice(&frame)));
        buf_reset(&frame);
        cr_assert_eq(img->sum_before + img->len, img->next ? img->next->sum_before : chain.sum);
        pos++;
    }
    cr_assert_eq(pos, upto);
}

TestSuite(chain, .init = stage_set_up, .fini = tear_down);

Test(chain, empty_stream_has_no_start)
{
    begin(&both_tracks);
    cr_assert_eq(chain_start_pos(&chain), GOP_NONE);
    cr_assert_null(chain_start(&chain));
}

Test(chain, cached_frames_are_the_start_of_an_empty_chain)
{
    for (unsigned i = 0; i < 8; i++)
        feed_video(&feed, i % 3 == 0, FRAME_BYTES);
    begin(&both_tracks);
    cr_assert_eq(chain_start_pos(&chain), 6);
    expect_images(chain_start(&chain), 6, 8);
    cr_assert_eq(chain.newest->pos, 7);
    push_video(false);
    push_audio();
    expect_images(chain_start(&chain), 6, 10);
}

/* The frames before the newest image were sent and forgotten: they come from the ring again. */
Test(chain, cached_frames_are_woven_in_ahead_of_the_newest_image)
{
    begin(&both_tracks);
    push_video(true);
    push_video(false);
    push_audio();
    push_video(false);
    expect_images(chain.newest, 3, 4);
    struct image *newest = chain.newest;
    expect_images(chain_start(&chain), 0, 4);
    cr_assert_eq(chain.newest, newest);
}

Test(chain, start_is_the_newest_image_when_that_is_a_key_frame)
{
    begin(&both_tracks);
    push_video(true);
    cr_assert_eq(chain_start(&chain), chain.newest);
    push_video(true);
    cr_assert_eq(chain_start(&chain), chain.newest);
    cr_assert_eq(chain.newest->pos, 1);
}

Test(chain, start_stays_the_same_until_the_next_key_frame)
{
    begin(&both_tracks);
    push_video(true);
    push_video(false);
    struct image *start = chain_start(&chain);
    cr_assert_eq(chain_start(&chain), start);
    push_video(false);
    cr_assert_eq(chain_start(&chain), start);
    expect_images(start, 0, 3);
    push_video(true);
    push_video(false);
    expect_images(chain_start(&chain), 3, 5);
}

Test(chain, who_waited_starts_at_the_next_key_frame_even_if_it_is_not_kept)
{
    struct stream_options options = feed_options;
    options.keep.gop_cache_bytes = 1;
    stage_use_stream(&feed_video_and_audio, &options);
    begin(&both_tracks);
    push_video(true);
    cr_assert_null(chain_start(&chain));
    push_video(false);
    cr_assert_null(chain_start(&chain));
    push_video(true);
    expect_images(chain_start(&chain), 2, 3);
    push_video(false);
    cr_assert_null(chain_start(&chain), "who comes now is too late");
}

Test(chain, without_video_the_newest_frame_is_the_start)
{
    for (unsigned i = 0; i < 3; i++)
        feed_audio(&feed, AUDIO, 90);
    feed_video(&feed, true, FRAME_BYTES);
    begin(&audio_alone);
    cr_assert_eq(chain_start_pos(&chain), 2);
    expect_images(chain_start(&chain), 2, 3);
    push_audio();
    cr_assert_eq(chain_start_pos(&chain), 4);
    expect_images(chain_start(&chain), 4, 5);
}

/* It passes through, and the stream's key track is another. */
Test(chain, video_of_an_unknown_codec_starts_where_a_picture_begins)
{
    static const struct media media = {
        .track_count = 2,
        .track = {[VIDEO] = {.codec = CODEC_H264, .clock_rate = 90000},
                  [AUDIO] = {.codec = CODEC_OTHER, .other_kind = MEDIA_VIDEO, .clock_rate = 90000}},
    };
    stage_use_stream(&media, &feed_options);
    begin(&audio_alone);
    push_audio();
    cr_assert_null(chain_start(&chain));
}

Test(chain, frames_of_other_tracks_make_no_image)
{
    begin(&audio_alone);
    cr_assert_not(push_video(true));
    cr_assert_null(chain.newest);
    cr_assert(push_audio());
    cr_assert_eq(chain.newest->pos, 1);
}

Test(chain, broken_one_goes_on_at_a_key_frame)
{
    begin(&both_tracks);
    cr_assert(push_video(true));
    cr_assert(push_video(false));
    chain_break(&chain);
    cr_assert_not(push_video(false));
    cr_assert_not(push_audio());
    cr_assert_null(chain_start(&chain), "nobody may start before the gap");
    cr_assert(push_video(true));
    cr_assert_eq(chain.newest->pos, 4);
    cr_assert(push_audio());
    expect_images(chain_start(&chain), 4, 6);
}

Test(chain, break_without_video_loses_nothing_more)
{
    begin(&audio_alone);
    push_audio();
    chain_break(&chain);
    cr_assert(push_audio());
}

/* What everybody has been sent is freed at once, if nobody wants to start there. */
Test(chain, keeps_nothing_that_nobody_needs)
{
    begin(&both_tracks);
    push_video(true);
    for (unsigned i = 0; i < 50; i++)
        push_video(false);
    cr_assert_eq(chain.newest->refs, 1);
    cr_assert_null(chain.start);
}

/* -- reports -- */

/* Sender reports at the front of an image, a bit for each RTCP channel; whole packets all. */
static unsigned reports_in(const struct image *img)
{
    struct slice rest = slice_of(img->data, img->len);
    struct wire_packet packet;
    unsigned channels = 0;
    bool media = false;
    while (wire_next(&rest, &packet)) {
        struct rtcp_seen seen;
        bool is_report = packet.channel % 2 == 1;
        cr_assert(!is_report || !media, "reports come first");
        media |= !is_report;
        if (!is_report)
            continue;
        cr_assert_eq(rtcp_parse(packet.bytes, &seen), 0);
        cr_assert(seen.has_sr && !seen.has_bye);
        channels |= 1u << packet.channel;
    }
    return channels;
}

Test(chain, reports_go_with_the_first_frame_after_each_interval)
{
    begin(&both_tracks);
    static const struct {
        int64_t after_ns;
        unsigned channels;
    } rows[] = {
        {0, 0},
        {REPORT_INTERVAL_NS - 1, 0},
        {REPORT_INTERVAL_NS, 1u << 1 | 1u << 3},
        {REPORT_INTERVAL_NS + 1, 0},
        {2 * REPORT_INTERVAL_NS - 1, 0},
        {3 * REPORT_INTERVAL_NS, 1u << 1 | 1u << 3},
        {4 * REPORT_INTERVAL_NS - 1, 0},
        {4 * REPORT_INTERVAL_NS, 1u << 1 | 1u << 3},
    };
    push_audio();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t pos = feed_video(&feed, i == 0, FRAME_BYTES);
        cr_assert(push_at(pos, BEGIN_NS + rows[i].after_ns));
        cr_assert_eq(reports_in(chain.newest), rows[i].channels, "row %zu", i);
    }
}

Test(chain, joiner_gets_the_reports_that_can_be_made_and_the_others_later)
{
    struct buf out = {0};
    begin(&both_tracks);
    push_video(true);
    cr_assert_eq(chain_add_report(&chain, BEGIN_NS, &out), 0);
    struct slice rest = buf_slice(&out);
    struct wire_packet packet;
    cr_assert(wire_next(&rest, &packet));
    cr_assert_eq(packet.channel, 1);
    cr_assert_eq(rest.len, 0);
    buf_reset(&out);

    push_video(false);
    cr_assert_eq(reports_in(chain.newest), 0);
    push_audio();
    cr_assert_eq(reports_in(chain.newest), 1u << 3, "with the track's first frame");
    push_audio();
    cr_assert_eq(reports_in(chain.newest), 0);
}

/* -- the end -- */

static unsigned count_byes(const struct image *img)
{
    struct slice rest = slice_of(img->data, img->len);
    struct wire_packet packet;
    struct rtcp_seen seen;
    unsigned byes = 0;
    while (wire_next(&rest, &packet))
        byes += rtcp_parse(packet.bytes, &seen) == 0 && seen.has_bye;
    return byes;
}

Test(chain, last_image_is_bye)
{
    begin(&both_tracks);
    push_video(true);
    struct image *start = chain_start(&chain);
    chain_finish(&chain, BEGIN_NS);
    cr_assert(chain.finished);
    cr_assert_eq(chain_start(&chain), start, "there is still something to see");
    cr_assert_eq(start->next, chain.newest);
    cr_assert_eq(count_byes(chain.newest), 2);
    cr_assert_eq(chain.newest->sum_before + chain.newest->len, chain.sum);
}

Test(chain, bye_may_be_all_there_is)
{
    begin(&both_tracks);
    chain_finish(&chain, BEGIN_NS);
    cr_assert_not_null(chain.newest);
    cr_assert_eq(count_byes(chain.newest), 2);
    cr_assert_null(chain_start(&chain));
}
