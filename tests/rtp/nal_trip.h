/* SPDX-License-Identifier: MIT */
/*
 * There and back for H.264 and H.265: access units whose NAL units are of chosen sizes.
 */
#pragma once

#include "tests/rtp/video_trip.h"

struct nal_kind {
    enum codec codec;
    size_t header_bytes;
    uint8_t key;        /* (first byte of) the header of an IDR picture */
    struct slice first; /* a payload that is a whole access unit */
};

/* The last unit is a slice. Returns the number of packets. */
static inline unsigned nal_trip(const struct nal_kind *kind, const uint8_t *headers,
                                const size_t *sizes, size_t count, size_t max_payload)
{
    struct shape shape = {headers, sizes, count};
    struct slice au = shape_nals(&shape, kind->header_bytes);
    bool key = headers[count - 1] == kind->key && sizes[count - 1] > kind->header_bytes;
    unsigned packets = video_trip(kind->codec, kind->first, au, key, max_payload);
    shape_free(au);
    return packets;
}

static inline void nal_trip_one_unit(const struct nal_kind *kind)
{
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++) {
        size_t max = payload_sizes[i];
        const size_t sizes[] = {2,           3,           max - 1,     max,
                                max + 1,     2 * max - 8, 2 * max - 6, 2 * max - 5,
                                2 * max - 4, 2 * max - 3, 2 * max - 2, 2 * max - 1,
                                2 * max,     2 * max + 1, 5 * max + 7, 300000};
        size_t room = max - kind->header_bytes - 1; /* of a fragment */
        for (size_t n = 0; n < ARRAY_LEN(sizes); n++) {
            unsigned packets = nal_trip(kind, &kind->key, &sizes[n], 1, max);
            size_t fragments = (sizes[n] - kind->header_bytes + room - 1) / room;
            cr_assert_eq(packets, sizes[n] <= max ? 1 : fragments);
        }
    }
}

/* Small units, and behind them two that are almost as large as a payload, or larger. */
static inline void nal_trip_around_the_limit(const struct nal_kind *kind, const uint8_t *headers,
                                             size_t count)
{
    size_t sizes[6] = {3, 10, 20, 4};
    cr_assert_leq(count, ARRAY_LEN(sizes));
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++) {
        size_t max = size_min(payload_sizes[i], 2000);
        for (size_t extra = 0; extra < 50; extra++) {
            sizes[count - 2] = max - 40 + extra;
            sizes[count - 1] = max - 25 + extra;
            nal_trip(kind, headers, sizes, count, max);
        }
    }
}
