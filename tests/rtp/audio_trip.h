/* SPDX-License-Identifier: MIT */
/*
 * There and back: an access unit through packer and unpacker, each payload written into memory that
 * has not a byte more than it takes.
 */
#pragma once

#include "rtp/codec.h"
#include "tests/rtp/shapes.h"
#include "tests/rtp/unpack_rows.h"

enum { TRIP_TIME = 9000 };

/* Sizes from the smallest that an access unit may have to that of several payloads. */
#define TRIP_SIZES(max)                                                                            \
    {                                                                                              \
        1, 2, 3, (max)-5, (max)-4, (max)-3, (max)-2, (max)-1, (max), (max) + 1, 2 * (max)-9,       \
            2 * (max)-8, 2 * (max)-5, 2 * (max)-4, 2 * (max)-3, 2 * (max), 5 * (max) + 7           \
    }

static const size_t trip_payload_sizes[] = {
    PACKER_MIN_PAYLOAD, 65, 100, 1348, 1460, PACKER_MAX_PAYLOAD - 100, PACKER_MAX_PAYLOAD};

/* Writes the next payload into memory of its own, which the caller frees. Empty at the end. */
static inline struct slice trip_next(struct packer *p, bool *marker)
{
    struct packer measure = *p;
    bool measured_marker = false;
    size_t len = packer_next(&measure, NULL, &measured_marker);
    uint8_t *payload = malloc(len);
    cr_assert_eq(packer_next(p, payload, marker), len);
    cr_assert(len == 0 || *marker == measured_marker);
    cr_assert_eq(p->ticks, measure.ticks);
    return slice_of(payload, len);
}

/*
 * What comes out of the packets of au goes to *c. Returns how many packets there were. A last
 * packet without payload ends what is open.
 */
static inline unsigned trip(const struct media_track *track, struct slice au, size_t max_payload,
                            struct collected *c)
{
    struct unpacker *u = unpacker_create(track, (struct slice){0}, collect, c);
    struct rtp_packet pkt = {.seq = 0xfffe, .ssrc = 1};
    struct packer p;
    unsigned packets = 0;
    packer_init(&p, track->codec, au, max_payload);
    while ((pkt.payload = trip_next(&p, &pkt.marker)).len > 0) {
        cr_assert(pkt.payload.len <= max_payload || track->codec == CODEC_OTHER);
        pkt.rtp_time = TRIP_TIME + p.ticks;
        cr_assert_eq(unpacker_push(u, &pkt), 0);
        shape_free(pkt.payload);
        pkt.seq++;
        packets++;
    }
    shape_free(pkt.payload);
    pkt.payload = (struct slice){0};
    pkt.rtp_time++;
    unpacker_push(u, &pkt);
    cr_assert_eq(unpacker_stats(u).dropped_aus, 0);
    unpacker_destroy(u);
    return packets;
}

/* For a codec of which an access unit comes back as one. */
static inline unsigned trip_whole(const struct media_track *track, struct slice au,
                                  size_t max_payload)
{
    struct collected c = {0};
    unsigned packets = trip(track, au, max_payload, &c);
    cr_assert_eq(c.count, 1, "%zu bytes in payloads of %zu", au.len, max_payload);
    cr_assert(slice_eq(c.unit[0].data, au), "%zu bytes in payloads of %zu", au.len, max_payload);
    cr_assert_eq(c.unit[0].rtp_time, TRIP_TIME);
    cr_assert_not(c.unit[0].key);
    collected_free(&c);
    return packets;
}

/* How many packets the packer makes of an access unit. */
static inline unsigned trip_count(enum codec codec, struct slice au, size_t max_payload)
{
    struct packer p;
    unsigned packets = 0;
    bool marker;
    for (packer_init(&p, codec, au, max_payload); packer_next(&p, NULL, &marker) > 0; packets++)
        ;
    return packets;
}
