/* SPDX-License-Identifier: MIT */
/*
 * There and back: an access unit of an audio codec through packer and unpacker.
 */
#pragma once

#include "rtp/codec.h"
#include "tests/rtp/pack_rows.h"
#include "tests/rtp/unpack_rows.h"

enum { TRIP_TIME = 9000 };

/* Sizes from the smallest that an access unit may have to that of several payloads. */
#define TRIP_SIZES(max)                                                                            \
    {                                                                                              \
        1, 2, 3, (max)-5, (max)-4, (max)-3, (max)-2, (max)-1, (max), (max) + 1, 2 * (max)-9,       \
            2 * (max)-8, 2 * (max)-5, 2 * (max)-4, 2 * (max)-3, 2 * (max), 5 * (max) + 7           \
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
    while ((pkt.payload = next_payload(&p, &pkt.marker)).len > 0) {
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

/* A packet of three frames, behind its payload header: each comes out, so many ticks later. */
static inline void trip_joined(const struct media_track *track, struct slice header,
                               struct slice frame, uint32_t ticks, const char *name)
{
    enum { FRAMES = 3 };
    struct collected c = {0};
    uint8_t *payload = malloc(header.len + FRAMES * frame.len);
    struct rtp_packet pkt = {.rtp_time = TRIP_TIME, .payload = slice_of(payload, header.len)};
    memcpy(payload, header.ptr, header.len);
    for (size_t i = 0; i < FRAMES; i++, pkt.payload.len += frame.len)
        memcpy(payload + pkt.payload.len, frame.ptr, frame.len);
    struct unpacker *u = unpacker_create(track, (struct slice){0}, collect, &c);
    cr_assert_eq(push_wire(u, &pkt, RTP_HEADER_BYTES + pkt.payload.len), 0);
    unpacker_destroy(u);
    free(payload);
    cr_assert_eq(c.count, FRAMES, "%s", name);
    for (size_t i = 0; i < FRAMES; i++)
        cr_assert(slice_eq(c.unit[i].data, frame), "%s", name);
    cr_assert_eq(c.unit[1].rtp_time, TRIP_TIME + ticks, "%s", name);
    collected_free(&c);
}

/* How many frames come out of a packet before it shows that it is malformed. */
static inline unsigned trip_malformed(const struct media_track *track, struct slice payload)
{
    struct collected c = {0};
    struct unpacker *u = unpacker_create(track, (struct slice){0}, collect, &c);
    struct rtp_packet pkt = {.payload = payload};
    cr_assert_neq(unpacker_push(u, &pkt), 0);
    unpacker_destroy(u);
    unsigned count = c.count;
    collected_free(&c);
    return count;
}
