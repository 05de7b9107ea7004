/* SPDX-License-Identifier: MIT */
/*
 * There and back: an access unit of a video codec through packer and unpacker, each payload written
 * into memory that has not a byte more than it takes.
 */
#pragma once

#include "rtp/codec.h"
#include "tests/rtp/unpack_rows.h"

static const size_t video_payload_sizes[] = {PACKER_MIN_PAYLOAD, 65, 100, 1348, 1460,
                                             PACKER_MAX_PAYLOAD};

/* The packer's next payload, in memory of its own: free its ptr. Empty at the end. */
static inline struct slice video_next(struct packer *p, bool *marker)
{
    struct packer measure = *p;
    bool measured_marker = *marker;
    size_t len = packer_next(&measure, NULL, &measured_marker);
    uint8_t *payload = malloc(len);
    cr_assert_leq(len, p->max_payload);
    cr_assert_eq(packer_next(p, payload, marker), len);
    cr_assert_eq(*marker, measured_marker);
    return slice_of(payload, len);
}

static inline void video_free(struct slice bytes)
{
    free((void *)(uintptr_t)bytes.ptr);
}

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
    for (; (pkt.payload = video_next(&p, &pkt.marker)).len > 0; packets++) {
        cr_assert_eq(c.count, 1, "a packet behind the marker");
        pkt.seq++;
        cr_assert_eq(unpacker_push(u, &pkt), 0);
        video_free(pkt.payload);
    }
    video_free(pkt.payload);
    cr_assert_eq(c.count, 2, "%zu bytes in payloads of %zu", au.len, max_payload);
    cr_assert(slice_eq(c.unit[1].data, au), "%zu bytes in payloads of %zu", au.len, max_payload);
    cr_assert_eq(c.unit[1].rtp_time, TIME);
    cr_assert_eq(c.unit[1].key, key);
    cr_assert_eq(unpacker_stats(u).dropped_aus, 0);
    unpacker_destroy(u);
    collected_free(&c);
    return packets;
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

struct pack_row {
    const char *name;
    struct slice au;
    struct slice payload[6]; /* of PACKER_MIN_PAYLOAD at the most; ends at an empty one */
};

static inline void run_pack_row(enum codec codec, const struct pack_row *row)
{
    struct packer p;
    bool marker = false;
    packer_init(&p, codec, row->au, PACKER_MIN_PAYLOAD);
    for (size_t n = 0; n < ARRAY_LEN(row->payload) && row->payload[n].len > 0; n++) {
        cr_assert_not(marker, "%s: marker before packet %zu", row->name, n);
        struct slice got = video_next(&p, &marker);
        cr_assert(slice_eq(got, row->payload[n]), "%s: packet %zu", row->name, n);
        video_free(got);
    }
    cr_assert_eq(packer_next(&p, NULL, &marker), 0, "%s", row->name);
    cr_assert_eq(marker, row->payload[0].len > 0, "%s: marker", row->name);
}
