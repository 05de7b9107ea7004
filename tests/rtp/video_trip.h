/* SPDX-License-Identifier: MIT */
/*
 * There and back: an access unit of a codec whose last packet has the marker, of video most of all,
 * through packer and unpacker.
 */
#pragma once

#include "rtp/codec.h"
#include "tests/rtp/pack_rows.h"
#include "tests/rtp/unpack_rows.h"

/*
 * first: a payload that is a whole access unit of its own, so that what follows is not in doubt.
 * Returns the number of packets.
 */
static inline unsigned video_trip(enum codec codec, struct slice first, struct slice au, bool key,
                                  size_t max_payload)
{
    enum { FIRST_TIME = 1, TIME = 9000 };
    struct media_track track = {.codec = codec, .clock_rate = 90000};
    struct collected c = {0};
    struct unpacker *u = unpacker_create(&track, (struct slice){0}, collect, &c);
    struct rtp_packet pkt = {
        .seq = 0xfffe, .marker = true, .rtp_time = FIRST_TIME, .payload = first};
    struct packer p;
    cr_assert_eq(unpacker_push(u, &pkt), 0);
    pkt.rtp_time = TIME;
    pkt.marker = false;
    packer_init(&p, codec, au, max_payload);
    unsigned packets = 0;
    for (; (pkt.payload = next_payload(&p, &pkt.marker)).len > 0; packets++) {
        cr_assert_eq(c.count, 1, "a packet behind the marker");
        cr_assert_leq(pkt.payload.len, max_payload);
        pkt.seq++;
        cr_assert_eq(unpacker_push(u, &pkt), 0);
        shape_free(pkt.payload);
    }
    shape_free(pkt.payload);
    cr_assert_eq(c.count, 2, "%zu bytes in payloads of %zu", au.len, max_payload);
    cr_assert(slice_eq(c.unit[1].data, au), "%zu bytes in payloads of %zu", au.len, max_payload);
    cr_assert_eq(c.unit[1].rtp_time, TIME);
    cr_assert_eq(c.unit[1].key, key);
    cr_assert_eq(unpacker_stats(u).dropped_aus, 0);
    unpacker_destroy(u);
    collected_free(&c);
    return packets;
}

/* Frames of all sizes, for a codec whose payloads are a byte of descriptor and a part of a frame.
 * key, inter: the first byte of a frame that is one. */
static inline void video_trip_frames(enum codec codec, struct slice first, uint8_t key,
                                     uint8_t inter)
{
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++) {
        size_t max = payload_sizes[i];
        const size_t sizes[] = {1,           2,           max - 2,     max - 1,     max,
                                2 * max - 3, 2 * max - 2, 2 * max - 1, 9 * max + 7, 300000};
        for (size_t n = 0; n < ARRAY_LEN(sizes); n++) {
            bool is_key = n % 2 == 0;
            struct slice frame = shape_frame(is_key ? key : inter, sizes[n]);
            unsigned packets = video_trip(codec, first, frame, is_key, max);
            cr_assert_eq(packets, (frame.len + max - 2) / (max - 1));
            shape_free(frame);
        }
    }
}

/* Packets of nothing but padding have an empty payload, which rows take for the end of a row. */
static inline void assert_padding_between(enum codec codec, const struct slice *payload,
                                          size_t count, struct slice au)
{
    struct media_track track = {.codec = codec, .clock_rate = 90000};
    struct collected c = {0};
    struct unpacker *u = unpacker_create(&track, (struct slice){0}, collect, &c);
    struct rtp_packet pkt = {0};
    for (size_t i = 0; i < count; i++) {
        pkt.payload = payload[i];
        pkt.marker = i + 1 == count;
        cr_assert_eq(unpacker_push(u, &pkt), 0);
        pkt.seq++;
        pkt.payload = (struct slice){0};
        pkt.marker = false;
        cr_assert_eq(unpacker_push(u, &pkt), 0);
        pkt.seq++;
    }
    cr_assert_eq(c.count, 1);
    cr_assert(slice_eq(c.unit[0].data, au));
    unpacker_destroy(u);
    collected_free(&c);
}
