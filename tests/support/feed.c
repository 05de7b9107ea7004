/* SPDX-License-Identifier: MIT */
#include "tests/support/feed.h"

#include <criterion/criterion.h>

#include "core/bytes.h"
#include "core/nal.h"
#include "rtp/batch.h"

enum { PACKET_BYTES = 200, NAL_IDR = 0x65, NAL_SLICE = 0x41 };

#define FIRST_FRAME_NS  (1000 * NS_PER_S)
#define WALL_MINUS_MONO (1600000000 * NS_PER_S)

const struct media feed_video_and_audio = {
    .track_count = 2,
    .track = {[VIDEO] = {.codec = CODEC_H264, .clock_rate = 90000},
              [AUDIO] = {.codec = CODEC_AAC, .clock_rate = 48000, .channels = 2}},
};

const struct media feed_audio_only = {
    .track_count = 1,
    .track = {{.codec = CODEC_AAC, .clock_rate = 48000, .channels = 2}},
};

const struct stream_options feed_options = {
    .keep = {.gop_cache_bytes = 1 << 20, .max_lag_bytes = 1 << 20, .max_lag_ns = 10 * NS_PER_S},
    .packet_bytes = PACKET_BYTES,
    .watch_slots = 2,
    .ring_slots = 256,
};

void feed_open(struct feed *f, const struct media *media, const struct stream_options *options)
{
    f->stream = stream_create("live/one", media, options);
    cr_assert_not_null(f->stream);
    f->now_ns = FIRST_FRAME_NS;
    stream_open(f->stream);
}

void feed_close(struct feed *f)
{
    stream_unref(&f->stream);
}

static uint64_t publish(struct feed *f, struct frame *frame)
{
    const struct media_track *track = &stream_media(f->stream, NULL)->track[frame->track];
    struct batch_size size =
        batch_measure(track->codec, frame_data(frame), stream_packet_bytes(f->stream));
    int64_t ms = f->now_ns / NS_PER_MS;
    frame->rtp_time = (uint32_t)(ms * track->clock_rate / 1000);
    frame->wall_ns = f->now_ns + WALL_MINUS_MONO;
    frame->packets = size.packets;
    stream_publish(f->stream, frame, size.payload_octets, f->now_ns);
    f->now_ns += FEED_STEP_NS;
    return ring_head(stream_ring(f->stream)) - 1;
}

/* What the next frame is filled with: never zero, and the first slice of a picture begins so. */
static int filling(const struct feed *f)
{
    return 0x80 | (int)(ring_head(stream_ring(f->stream)) & 0x7f);
}

uint64_t feed_video(struct feed *f, bool key, size_t bytes)
{
    struct frame *frame = frame_create(NAL_LENGTH_BYTES + bytes);
    cr_assert_not_null(frame);
    put_be32(frame->data, (uint32_t)bytes);
    memset(frame->data + NAL_LENGTH_BYTES, filling(f), bytes);
    frame->data[NAL_LENGTH_BYTES] = key ? NAL_IDR : NAL_SLICE;
    frame->track = VIDEO;
    frame->key = key;
    return publish(f, frame);
}

uint64_t feed_gop(struct feed *f, unsigned frames, size_t bytes)
{
    uint64_t pos = 0;
    for (unsigned i = 0; i < frames; i++)
        pos = feed_video(f, i == 0, bytes);
    return pos + 1;
}

uint64_t feed_audio(struct feed *f, uint8_t track, size_t bytes)
{
    struct frame *frame = frame_create(bytes);
    cr_assert_not_null(frame);
    memset(frame->data, filling(f), bytes);
    frame->track = track;
    return publish(f, frame);
}

struct frame *feed_frame(const struct feed *f, uint64_t pos)
{
    struct frame *frame;
    uint64_t missed;
    cr_assert_eq(ring_read(stream_ring(f->stream), pos, &frame, &missed), RING_FRAME);
    return frame;
}
