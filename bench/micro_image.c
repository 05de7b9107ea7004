/* SPDX-License-Identifier: MIT */
/*
 * The last steps before a send: a frame's image is built once a lane, and each player's cursor
 * walks over it.
 */
#include <stdlib.h>

#include "bench/micro.h"
#include "bench/micro_sample.h"
#include "rtp/batch.h"
#include "rtsp/fanout/lane_image.h"

enum {
    BUILDS = 512,
    CHAIN_IMAGES = 64,
    WALKS = 512,
    WRITE_BYTES = 5000, /* what a socket may take at a time that is nearly full */
};

struct bench {
    struct stream *stream;
    struct frame *frame; /* borrowed from the stream's ring, which keeps it */
    struct lane_layout layout;
    struct image *oldest;
    size_t chain_bytes;
};

static void publish(struct bench *b, const struct sample *sample)
{
    uint64_t missed;
    struct frame *f = micro_need(frame_create(sample->len));
    struct batch_size size =
        batch_measure(sample->kind->codec, sample_slice(sample), SAMPLE_PACKET_BYTES);
    memcpy(f->data, sample->data, sample->len);
    f->key = sample->kind->key;
    f->packets = size.packets;
    stream_publish(b->stream, f, size.payload_octets, NS_PER_S);
    if (ring_read(stream_ring(b->stream), 0, &b->frame, &missed) != RING_FRAME)
        micro_fail("a frame is not in the ring");
}

static struct image *build(const struct bench *b)
{
    return micro_need(lane_image_build(b->stream, &b->layout, b->frame, (struct slice){0}));
}

static void *open_image(const void *param)
{
    static const struct stream_options options = {
        .keep = {.gop_cache_bytes = 1 << 20, .max_lag_bytes = 1 << 20, .max_lag_ns = NS_PER_S},
        .packet_bytes = SAMPLE_PACKET_BYTES,
        .ring_slots = 16,
    };
    struct bench *b = micro_need(calloc(1, sizeof *b));
    struct media media = {.track_count = 1};
    struct sample sample;
    rcu_enter();
    sample_describe(param, &media.track[0]);
    b->stream = micro_need(stream_create("live/camera", &media, &options));
    b->layout = (struct lane_layout){.tracks = 1, .channel = {{0, 1}}};
    sample_init(&sample, param);
    publish(b, &sample);
    sample_fini(&sample);
    return b;
}

static void close_image(void *state)
{
    struct bench *b = state;
    image_unref(&b->oldest);
    stream_unref(&b->stream);
    rcu_leave();
    rcu_drain();
    free(b);
}

static void build_batch(void *state, struct micro_tally *tally)
{
    struct bench *b = state;
    int64_t start_ns = micro_cpu_ns();
    for (unsigned i = 0; i < BUILDS; i++) {
        struct image *img = build(b);
        micro_keep(img->data);
        image_unref(&img);
    }
    micro_add(tally, BUILDS, start_ns);
}

/* -- cursors -- */

static void *open_chain(const void *param)
{
    struct bench *b = open_image(param);
    struct image *newest = b->oldest = build(b);
    b->chain_bytes = newest->len;
    for (unsigned i = 1; i < CHAIN_IMAGES; i++) {
        struct image *next = build(b);
        image_link(newest, next);
        newest = next;
        b->chain_bytes += next->len;
        image_unref(&next);
    }
    return b;
}

/* From the oldest image to the end of the newest, 'step' bytes at a time; returns the steps. */
static uint64_t walk(const struct bench *b, size_t step)
{
    struct cursor c = {.at = image_ref(b->oldest)};
    uint64_t steps = 0;
    for (size_t left = b->chain_bytes; left > 0; steps++) {
        size_t n = size_min(step, left);
        cursor_advance(&c, n);
        left -= n;
    }
    if (!cursor_at_end(&c))
        micro_fail("a cursor is not at the end of its chain");
    cursor_drop(&c);
    return steps;
}

static void walk_images(void *state, struct micro_tally *tally)
{
    const struct bench *b = state;
    uint64_t steps = 0;
    int64_t start_ns = micro_cpu_ns();
    for (unsigned i = 0; i < WALKS; i++)
        steps += walk(b, b->oldest->len);
    micro_add(tally, steps, start_ns);
}

static void walk_parts(void *state, struct micro_tally *tally)
{
    uint64_t steps = 0;
    int64_t start_ns = micro_cpu_ns();
    for (unsigned i = 0; i < WALKS; i++)
        steps += walk(state, WRITE_BYTES);
    micro_add(tally, steps, start_ns);
}

/* A player that is sent to the next key frame first gets the rest of the packet that it is in. */
static void find_packet_ends(void *state, struct micro_tally *tally)
{
    const struct bench *b = state;
    uint64_t ends = 0;
    int64_t start_ns = micro_cpu_ns();
    for (unsigned i = 0; i < WALKS; i++) {
        ends += image_packet_end(b->oldest, b->oldest->len / 2);
        micro_keep(b->oldest);
    }
    micro_keep_number(ends);
    micro_add(tally, WALKS, start_ns);
}

static const char what_make[] = "make a frame's image and free it";
static const char what_whole[] = "move a cursor over an image of 8 KB";
static const char what_part[] = "move a cursor by 5,000 bytes";
static const char what_packet_end[] = "find the end of a packet amid an image of 60 KB";

const struct micro micro_image[] = {
    {"image/build/h264-p-8k", what_make, &sample_h264_p, open_image, build_batch, close_image},
    {"image/build/h264-idr-60k", what_make, &sample_h264_idr, open_image, build_batch, close_image},
    {"image/build/aac-200", what_make, &sample_aac, open_image, build_batch, close_image},
    {"image/cursor/whole", what_whole, &sample_h264_p, open_chain, walk_images, close_image},
    {"image/cursor/part", what_part, &sample_h264_p, open_chain, walk_parts, close_image},
    {"image/packet-end", what_packet_end, &sample_h264_idr, open_chain, find_packet_ends,
     close_image},
    {0},
};
