/* SPDX-License-Identifier: MIT */
#include "core/stream.h"

#include <criterion/criterion.h>

enum { VIDEO, AUDIO, FRAME_BYTES = 100 };

static const struct stream_options options = {
    .keep = {.gop_cache_bytes = 10 * FRAME_BYTES,
             .max_lag_bytes = 20 * FRAME_BYTES,
             .max_lag_ns = NS_PER_S},
    .packet_bytes = 1360,
    .watch_slots = 2,
    .ring_slots = 64,
};

static const struct media video_and_audio = {
    .track_count = 2,
    .track = {{.codec = CODEC_H264, .clock_rate = 90000},
              {.codec = CODEC_AAC, .clock_rate = 48000}},
};

static const struct media audio_only = {
    .track_count = 1,
    .track = {{.codec = CODEC_AAC, .clock_rate = 48000}},
};

static struct stream *create_with(const struct media *media, const struct stream_options *o)
{
    struct stream *s = stream_create("live/one", media, o);
    cr_assert_not_null(s);
    return s;
}

static struct stream *create(void)
{
    return create_with(&video_and_audio, &options);
}

static void finish(struct stream *s)
{
    stream_unref(&s);
    cr_assert_null(s);
    rcu_leave();
    rcu_drain();
}

static struct frame *make(uint8_t track, bool key, uint32_t source_time, uint32_t packets)
{
    struct frame *f = frame_create(FRAME_BYTES);
    cr_assert_not_null(f);
    memset(f->data, track, f->len);
    f->track = track;
    f->key = key;
    f->rtp_time = source_time;
    f->packets = packets;
    return f;
}

static struct frame *at(const struct stream *s, uint64_t pos)
{
    struct frame *f;
    uint64_t missed;
    cr_assert_eq(ring_read(stream_ring(s), pos, &f, &missed), RING_FRAME, "position %lu", pos);
    return f;
}

static struct frame *newest(const struct stream *s)
{
    return at(s, ring_head(stream_ring(s)) - 1);
}

/* One video frame of one packet, at 25 frames a second. */
static void publish_video(struct stream *s, bool key)
{
    uint32_t n = (uint32_t)ring_head(stream_ring(s));
    stream_publish(s, make(VIDEO, key, n * 3600, 1), 90, (int64_t)n * 40 * NS_PER_MS);
}

TestSuite(stream, .init = rcu_enter);

Test(stream, is_what_it_was_created_as)
{
    struct stream *s = create();
    cr_assert_str_eq(stream_name(s), "live/one");
    cr_assert_eq(stream_packet_bytes(s), 1360);
    cr_assert_eq(stream_state(s), STREAM_ANNOUNCED);
    cr_assert_eq(stream_start(s), GOP_NONE);
    cr_assert_eq(ring_head(stream_ring(s)), 0);
    cr_assert_neq(stream_ssrc(s, VIDEO), stream_ssrc(s, AUDIO));
    struct stream *again = create();
    cr_assert_neq(stream_id(s), stream_id(again));
    stream_unref(&again);
    finish(s);
}

Test(stream, goes_from_announced_to_live_to_ended)
{
    struct stream *s = create();
    stream_open(s);
    cr_assert_eq(stream_state(s), STREAM_LIVE);
    stream_end(s);
    cr_assert_eq(stream_state(s), STREAM_ENDED);
    finish(s);
}

Test(stream, outlives_all_but_its_last_reference)
{
    struct stream *s = create(), *mine = stream_ref(s);
    stream_unref(&s);
    cr_assert_str_eq(stream_name(mine), "live/one");
    stream_unref(&s); /* nothing */
    finish(mine);
}

Test(stream, stays_readable_until_quiescent_after_the_last_reference)
{
    struct stream *s = create(), *borrowed = s;
    publish_video(s, true);
    stream_unref(&s);
    cr_assert_eq(at(borrowed, 0)->track, VIDEO);
    cr_assert_eq(stream_media(borrowed, NULL)->track_count, 2);
    finish(NULL);
}

Test(stream, sets_place_and_sums_of_each_frame)
{
    struct stream *s = create();
    for (unsigned i = 0; i < 3; i++)
        stream_publish(s, make(VIDEO, i == 0, i, 1), 90, 1000 + i);
    for (unsigned i = 0; i < 3; i++) {
        const struct frame *f = at(s, i);
        cr_assert_eq(f->pos, i);
        cr_assert_eq(f->bytes_sum, (i + 1) * FRAME_BYTES);
        cr_assert_eq(f->arrival_ns, 1000 + i);
    }
    finish(s);
}

/* 200 frames of 997 packets: the sequence numbers go round three times. */
Test(stream, sequence_numbers_go_on_where_the_last_frame_ended)
{
    struct stream *s = create();
    uint16_t next = 0;
    for (unsigned i = 0; i < 200; i++) {
        stream_publish(s, make(VIDEO, i % 10 == 0, i, 997), 90, i);
        if (i > 0)
            cr_assert_eq(newest(s)->first_seq, next, "frame %u", i);
        next = (uint16_t)(newest(s)->first_seq + 997);
    }
    finish(s);
}

/* The source's clock wraps within the run, and the stream's own does somewhere else. */
Test(stream, time_stamps_advance_as_the_source_does)
{
    struct stream *s = create();
    uint32_t source = UINT32_MAX - 40 * 3600, step = 100000000, last = 0;
    for (unsigned i = 0; i < 100; i++, source += step) {
        stream_publish(s, make(VIDEO, i % 10 == 0, source, 1), 90, i);
        const struct frame *f = newest(s);
        cr_assert_eq(f->rtp_step, i == 0 ? 0 : step, "frame %u", i);
        if (i > 0)
            cr_assert_eq(f->rtp_time, last + step, "frame %u", i);
        last = f->rtp_time;
    }
    finish(s);
}

/* B-frames: presentation times go back and forth. */
Test(stream, time_stamps_may_step_back)
{
    static const uint32_t source[] = {0, 10800, 3600, 7200};
    struct stream *s = create();
    for (unsigned i = 0; i < ARRAY_LEN(source); i++)
        stream_publish(s, make(VIDEO, i == 0, source[i], 1), 90, i);
    for (unsigned i = 0; i < ARRAY_LEN(source); i++)
        cr_assert_eq(at(s, i)->rtp_time - at(s, 0)->rtp_time, source[i]);
    finish(s);
}

Test(stream, a_new_timeline_goes_on_as_much_later_as_it_came)
{
    struct stream *s = create();
    stream_publish(s, make(VIDEO, true, 1000, 1), 90, 5 * NS_PER_S);
    struct frame *again = make(VIDEO, true, 4000000000, 1);
    again->new_timeline = true;
    stream_publish(s, again, 90, 5400 * NS_PER_MS);
    stream_publish(s, make(VIDEO, false, 4000003600, 1), 90, 5440 * NS_PER_MS);
    cr_assert_eq(at(s, 1)->rtp_time - at(s, 0)->rtp_time, 36000);
    cr_assert_eq(at(s, 2)->rtp_time - at(s, 1)->rtp_time, 3600);
    finish(s);
}

/* The last to be published is a B-frame, and the new time line comes at once. */
Test(stream, a_new_timeline_is_later_than_all_that_was_published)
{
    static const uint32_t source[] = {0, 10800, 3600, 7200};
    struct stream *s = create();
    for (unsigned i = 0; i < ARRAY_LEN(source); i++)
        stream_publish(s, make(VIDEO, i == 0, source[i], 1), 90, 0);
    struct frame *again = make(VIDEO, true, 99, 1);
    again->new_timeline = true;
    stream_publish(s, again, 90, 40 * NS_PER_MS);
    cr_assert_eq(newest(s)->rtp_time - at(s, 0)->rtp_time, 10800 + 1);
    cr_assert_eq(newest(s)->rtp_step, 3600 + 1, "since the B-frame");
    finish(s);
}

/* Within hours a 32-bit clock goes half around. */
Test(stream, a_new_timeline_may_come_after_hours)
{
    struct stream *s = create();
    stream_publish(s, make(VIDEO, true, 1000, 1), 90, 0);
    struct frame *again = make(VIDEO, true, 99, 1);
    again->new_timeline = true;
    stream_publish(s, again, 90, 7 * 3600 * NS_PER_S);
    cr_assert_eq(newest(s)->rtp_step, UINT32_C(7) * 3600 * 90000);
    finish(s);
}

/* What the source says of its own accord goes through; the next time line does not wait for it. */
Test(stream, a_leap_back_is_not_taken_for_a_b_frame)
{
    struct stream *s = create();
    stream_publish(s, make(VIDEO, true, 90000000, 1), 90, 0);
    stream_publish(s, make(VIDEO, true, 0, 1), 90, 0);
    struct frame *again = make(VIDEO, true, 5, 1);
    again->new_timeline = true;
    stream_publish(s, again, 90, 40 * NS_PER_MS);
    cr_assert_eq(at(s, 2)->rtp_time - at(s, 1)->rtp_time, 3600);
    finish(s);
}

Test(stream, tracks_count_apart)
{
    struct stream *s = create();
    stream_publish(s, make(VIDEO, true, 5000, 7), 900, 1);
    stream_publish(s, make(AUDIO, false, 90, 1), 80, 2);
    stream_publish(s, make(VIDEO, false, 8600, 3), 300, 3);
    stream_publish(s, make(AUDIO, false, 1114, 1), 70, 4);
    const struct frame *v0 = at(s, 0), *a0 = at(s, 1), *v1 = at(s, 2), *a1 = at(s, 3);
    cr_assert_eq(v1->first_seq, (uint16_t)(v0->first_seq + 7));
    cr_assert_eq(a1->first_seq, (uint16_t)(a0->first_seq + 1));
    cr_assert_eq(v1->rtp_step, 3600);
    cr_assert_eq(a1->rtp_step, 1024);
    cr_assert(v0->packets_sum == 0 && v0->octets_sum == 0);
    cr_assert(v1->packets_sum == 7 && v1->octets_sum == 900);
    cr_assert(a1->packets_sum == 1 && a1->octets_sum == 80);
    finish(s);
}

Test(stream, starts_at_the_newest_key_frame)
{
    struct stream *s = create();
    publish_video(s, false);
    cr_assert_eq(stream_start(s), GOP_NONE);
    publish_video(s, true);
    publish_video(s, false);
    cr_assert_eq(stream_start(s), 1);
    publish_video(s, true);
    cr_assert_eq(stream_start(s), 3);
    finish(s);
}

Test(stream, audio_alone_starts_at_the_newest_frame)
{
    struct stream *s = create_with(&audio_only, &options);
    for (uint32_t i = 0; i < 5; i++) {
        stream_publish(s, make(0, false, i * 1024, 1), 90, i);
        cr_assert_eq(stream_start(s), i);
    }
    finish(s);
}

Test(stream, has_no_start_while_its_gop_is_too_large)
{
    struct stream *s = create();
    for (unsigned i = 0; i < 10; i++)
        publish_video(s, i == 0);
    cr_assert_eq(stream_start(s), 0);
    publish_video(s, false);
    cr_assert_eq(stream_start(s), GOP_NONE);
    publish_video(s, true);
    cr_assert_eq(stream_start(s), 11);
    finish(s);
}

/* Whoever joined there would be lapped, and would not find a key frame. */
Test(stream, has_no_start_that_a_full_ring_gave_up)
{
    struct stream_options o = options;
    o.ring_slots = 4;
    struct stream *s = create_with(&video_and_audio, &o);
    for (unsigned i = 0; i < 4; i++)
        publish_video(s, i == 0);
    cr_assert_eq(stream_start(s), 0);
    publish_video(s, false);
    cr_assert_eq(ring_tail(stream_ring(s)), 1);
    cr_assert_eq(stream_start(s), GOP_NONE);
    finish(s);
}

Test(stream, retires_what_is_older_than_gop_and_lag)
{
    struct stream *s = create();
    for (unsigned i = 0; i < 200; i++) {
        publish_video(s, i % 10 == 0);
        uint64_t head = ring_head(stream_ring(s)), tail = ring_tail(stream_ring(s));
        cr_assert_leq(tail, stream_start(s), "the GOP is there");
        cr_assert(tail == 0 || head - tail > 20, "and so is the lag");
        cr_assert_leq(head - tail, 20 + 10 + 1, "but not more than a GOP longer");
    }
    finish(s);
}

Test(stream, without_key_frames_retires_in_batches)
{
    struct stream *s = create();
    uint64_t last_tail = 0;
    for (unsigned i = 0; i < 500; i++) {
        publish_video(s, false);
        uint64_t tail = ring_tail(stream_ring(s));
        cr_assert(tail == last_tail || tail - last_tail == 32, "%lu", tail - last_tail);
        last_tail = tail;
    }
    cr_assert_gt(last_tail, 400);
    finish(s);
}

Test(stream, media_is_copied_and_versions_count_up)
{
    struct media media = video_and_audio;
    struct stream *s = create_with(&media, &options);
    media.track_count = 0;
    uint64_t version = 0;
    const struct media *first = stream_media(s, &version);
    cr_assert_eq(version, 1);
    cr_assert_eq(first->track_count, 2);

    media = video_and_audio;
    cr_assert(media_track_set_config(&media.track[VIDEO], SLICE_LIT("sps pps")));
    cr_assert_eq(stream_set_media(s, &media), 0);
    const struct media *second = stream_media(s, &version);
    cr_assert_eq(version, 2);
    cr_assert(slice_is(media_track_config(&second->track[VIDEO]), "sps pps"));
    cr_assert_eq(first->track[VIDEO].config_len, 0, "the old one is borrowed still, and unchanged");
    finish(s);
}

struct counting_watch {
    struct stream_watch watch;
    struct stream *stream;
    unsigned calls;
    uint64_t head;
    enum stream_state state;
};

static void count_news(struct stream_watch *w)
{
    struct counting_watch *c = CONTAINER_OF(w, struct counting_watch, watch);
    c->calls++;
    c->head = ring_head(stream_ring(c->stream));
    c->state = stream_state(c->stream);
}

Test(stream, tells_every_watch_of_each_frame_and_of_the_end)
{
    struct stream *s = create();
    struct counting_watch w[2] = {{{count_news}, s, 0, 0, 0}, {{count_news}, s, 0, 0, 0}};
    stream_open(s);
    publish_video(s, true); /* nobody watches */
    stream_set_watch(s, 1, &w[1].watch);
    publish_video(s, false);
    stream_set_watch(s, 0, &w[0].watch);
    publish_video(s, false);
    cr_assert(w[0].calls == 1 && w[1].calls == 2);
    cr_assert(w[0].head == 3 && w[1].head == 3, "the news is there to be read");
    stream_set_watch(s, 1, NULL);
    stream_end(s);
    cr_assert(w[0].calls == 2 && w[1].calls == 2);
    cr_assert_eq(w[0].state, STREAM_ENDED);
    finish(s);
}

/* -- the right to publish -- */

Test(stream, belongs_to_its_creator_until_it_lets_go)
{
    struct stream *s = create();
    cr_assert_not(stream_claim(s));
    stream_release(s);
    cr_assert(stream_claim(s));
    cr_assert_not(stream_claim(s), "one at a time");
    finish(s);
}

Test(stream, is_claimed_again_by_its_ticket_if_nobody_has_come)
{
    struct stream *s = create();
    uint64_t ticket = stream_release(s);
    cr_assert(stream_claim_again(s, ticket));
    cr_assert_not(stream_claim_again(s, ticket), "it is claimed");
    finish(s);
}

Test(stream, ticket_is_void_once_another_has_had_it)
{
    struct stream *s = create();
    uint64_t first = stream_release(s);
    cr_assert(stream_claim(s));
    cr_assert_not(stream_claim_again(s, first), "another has it");
    uint64_t second = stream_release(s);
    cr_assert_not(stream_claim_again(s, first), "another has had it");
    cr_assert(stream_claim_again(s, second));
    finish(s);
}

Test(stream, no_made_up_ticket_is_good)
{
    struct stream *s = create();
    for (uint64_t ticket = 0; ticket < 8; ticket++)
        cr_assert_not(stream_claim_again(s, ticket), "while it is claimed: %lu", ticket);
    uint64_t good = stream_release(s);
    for (uint64_t ticket = 0; ticket < 8; ticket++)
        cr_assert(ticket == good || !stream_claim_again(s, ticket), "%lu", ticket);
    cr_assert(stream_claim_again(s, good));
    finish(s);
}

Test(stream, each_publisher_has_a_count_of_its_own)
{
    struct stream *s = create();
    uint64_t first = stream_claim_count(s);
    stream_release(s);
    uint64_t between = stream_claim_count(s);
    cr_assert(stream_claim(s));
    uint64_t second = stream_claim_count(s);
    cr_assert(first != between && between != second && first != second);
    finish(s);
}

Test(stream, note_of_the_wait_goes_with_the_next_frame)
{
    struct stream *s = create();
    stream_open(s);
    cr_assert_eq(stream_wait_end_ns(s), 0);
    stream_set_wait_end_ns(s, 7);
    stream_release(s);
    cr_assert(stream_claim(s));
    cr_assert_eq(stream_wait_end_ns(s), 7);
    stream_publish(s, make(VIDEO, true, 1000, 5), 90, 0);
    cr_assert_eq(stream_wait_end_ns(s), 0);
    finish(s);
}

/* Everything that makes it one stream for its players. */
Test(stream, next_publisher_goes_on_where_the_last_one_stopped)
{
    struct stream *s = create();
    stream_open(s);
    uint32_t ssrc = stream_ssrc(s, VIDEO), id = stream_id(s);
    stream_publish(s, make(VIDEO, true, 1000, 5), 90, 0);
    stream_release(s);
    cr_assert_eq(stream_state(s), STREAM_LIVE);
    cr_assert_eq(stream_start(s), 0, "who joins meanwhile has something to see");
    cr_assert(stream_claim(s));
    struct frame *next = make(VIDEO, true, 3000000000, 1);
    next->new_timeline = true;
    uint16_t next_seq = (uint16_t)(at(s, 0)->first_seq + 5);
    stream_publish(s, next, 90, 2 * NS_PER_S);
    cr_assert(stream_ssrc(s, VIDEO) == ssrc && stream_id(s) == id);
    cr_assert_eq(newest(s)->pos, 1);
    cr_assert_eq(newest(s)->first_seq, next_seq);
    cr_assert_eq(newest(s)->rtp_step, 180000);
    cr_assert_eq(newest(s)->packets_sum, 5);
    cr_assert_eq(stream_start(s), 1);
    finish(s);
}
