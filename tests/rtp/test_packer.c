/* SPDX-License-Identifier: MIT */
#include "rtp/packer.h"

#include "rtp/unpacker.h"
#include "tests/rtp/shapes.h"

#include <criterion/criterion.h>

enum { RTP_TIME = 9000 };

/* What comes back from the packets of one access unit. */
struct trip {
    struct slice want;
    bool key;
    unsigned arrived;
};

static void arrive(void *arg, const struct access_unit *au)
{
    struct trip *t = arg;
    cr_assert(slice_eq(au->data, t->want));
    cr_assert_eq(au->rtp_time, RTP_TIME);
    cr_assert_eq(au->key, t->key);
    t->arrived++;
}

/* Packs, checks every packet and its measure, and unpacks. Returns the number of packets. */
static unsigned round_trip(enum codec codec, struct slice au, bool key, size_t max_payload)
{
    struct media_track track = {.codec = codec, .clock_rate = 48000};
    struct trip trip = {au, key, 0};
    struct unpacker *u = unpacker_create(&track, (struct slice){0}, arrive, &trip);
    uint8_t *payload = malloc(max_payload);
    struct rtp_packet pkt = {.rtp_time = RTP_TIME};
    struct packer p, measure;
    packer_init(&p, codec, au, max_payload);
    measure = p;
    size_t len;
    while ((len = packer_next(&p, payload, &pkt.marker)) > 0) {
        bool measured_marker;
        cr_assert_leq(len, max_payload);
        cr_assert_eq(packer_next(&measure, NULL, &measured_marker), len);
        cr_assert_eq(measured_marker, pkt.marker);
        cr_assert_eq(trip.arrived, 0, "a packet behind the marker");
        pkt.payload = slice_of(payload, len);
        cr_assert_eq(unpacker_push(u, &pkt), 0);
        pkt.seq++;
    }
    cr_assert_eq(trip.arrived, 1, "%zu bytes in payloads of %zu", au.len, max_payload);
    cr_assert_eq(unpacker_stats(u).dropped_aus, 0);
    free(payload);
    unpacker_destroy(u);
    return pkt.seq;
}

static const size_t payload_sizes[] = {PACKER_MIN_PAYLOAD, 65, 100, 1348, 1460, PACKER_MAX_PAYLOAD};

static unsigned round_trip_h264(const uint8_t *headers, const size_t *bytes, size_t count,
                                size_t max_payload)
{
    struct shape shape = {headers, bytes, count};
    struct slice au = shape_h264(&shape);
    unsigned packets = round_trip(CODEC_H264, au, headers[count - 1] == 0x65, max_payload);
    shape_free(au);
    return packets;
}

Test(packer, one_nal_unit_of_any_size_survives)
{
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++) {
        size_t max = payload_sizes[i];
        const size_t sizes[] = {2,           3,           max - 1,     max,         max + 1,
                                2 * max - 6, 2 * max - 4, 2 * max - 3, 2 * max - 2, 2 * max - 1,
                                2 * max,     2 * max + 1, 5 * max + 7, 300000};
        for (size_t n = 0; n < ARRAY_LEN(sizes); n++) {
            unsigned packets = round_trip_h264((const uint8_t[]){0x65}, &sizes[n], 1, max);
            size_t fragments = (sizes[n] - 1 + max - 3) / (max - 2);
            cr_assert_eq(packets, sizes[n] <= max ? 1 : fragments);
        }
    }
}

Test(packer, parameter_sets_and_slices_of_sizes_around_the_limit_survive)
{
    static const uint8_t headers[] = {0x09, 0x67, 0x68, 0x06, 0x65};
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++) {
        size_t max = size_min(payload_sizes[i], 2000);
        for (size_t extra = 0; extra < 50; extra++) {
            const size_t sizes[] = {2, 10, 4, max - 40 + extra, max - 25 + extra};
            round_trip_h264(headers, sizes, ARRAY_LEN(sizes), max);
        }
    }
}

Test(packer, many_small_nal_units_survive_in_few_packets)
{
    enum { UNITS = 200 };
    uint8_t headers[UNITS];
    size_t sizes[UNITS];
    for (size_t i = 0; i < UNITS; i++) {
        headers[i] = i % 3 == 0 ? 0x06 : 0x41;
        sizes[i] = 2 + i % 5;
    }
    headers[UNITS - 1] = 0x41;
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++) {
        unsigned packets = round_trip_h264(headers, sizes, UNITS, payload_sizes[i]);
        size_t wire_bytes = UNITS * (4 + 2);
        cr_assert_leq(packets, 1 + wire_bytes / (payload_sizes[i] - 8));
    }
}

Test(packer, aac_of_any_size_survives)
{
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++) {
        size_t max = size_min(payload_sizes[i], 8000);
        const size_t sizes[] = {1,   2,           max - 5,     max - 4, max - 3, max - 1,
                                max, 2 * max - 9, 2 * max - 8, max + 1, 8190,    8191};
        for (size_t n = 0; n < ARRAY_LEN(sizes); n++) {
            struct slice au = shape_aac(size_min(sizes[n], 8191));
            unsigned packets = round_trip(CODEC_AAC, au, false, max);
            cr_assert_eq(packets, (au.len + max - 5) / (max - 4));
            shape_free(au);
        }
    }
}

Test(packer, a_malformed_access_unit_gives_its_whole_units_only)
{
    struct packer p;
    uint8_t payload[PACKER_MIN_PAYLOAD];
    bool marker = false;
    packer_init(&p, CODEC_H264, SLICE_LIT("\0\0\0\2\x65\x88\0\0\1\0\x65"), sizeof(payload));
    cr_assert_eq(packer_next(&p, payload, &marker), 2);
    cr_assert(marker);
    cr_assert_eq(packer_next(&p, payload, &marker), 0);
}
