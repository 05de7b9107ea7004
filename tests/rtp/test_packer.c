/* SPDX-License-Identifier: MIT */
#include "rtp/packer.h"

#include "tests/rtp/nal_trip.h"

static const struct nal_kind h264 = {CODEC_H264, 1, 0x65, BYTES("\x65\x88i")};

Test(packer, one_nal_unit_of_any_size_survives)
{
    nal_trip_one_unit(&h264);
}

Test(packer, parameter_sets_and_slices_of_sizes_around_the_limit_survive)
{
    static const uint8_t headers[] = {0x09, 0x67, 0x68, 0x06, 0x65};
    nal_trip_around_the_limit(&h264, headers, ARRAY_LEN(headers));
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
        unsigned packets = nal_trip(&h264, headers, sizes, UNITS, payload_sizes[i]);
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
            unsigned packets =
                video_trip(CODEC_AAC, SLICE_LIT("\0\x10\0\x28hello"), au, false, max);
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
