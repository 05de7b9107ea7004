/* SPDX-License-Identifier: MIT */
#include "rtp/other.h"

#include "rtp/batch.h"
#include "tests/rtp/audio_trip.h"

static const struct media_track track = {
    .codec = CODEC_OTHER, .other_kind = MEDIA_DATA, .clock_rate = 90000};

/* A frame as unpacking makes it. */
static struct slice shape_other(uint8_t flags, size_t payload_bytes)
{
    uint8_t *au = malloc(OTHER_FLAGS_BYTES + payload_bytes);
    au[0] = flags;
    fill_nonzero(au + OTHER_FLAGS_BYTES, payload_bytes, 1);
    return slice_of(au, OTHER_FLAGS_BYTES + payload_bytes);
}

Test(other, a_payload_leaves_as_it_came_whatever_the_packet_size)
{
    static const size_t sizes[] = {1, 2, 63, 64, 65, 1348, 1349, 9000, PACKER_MAX_PAYLOAD};
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++) {
        for (size_t n = 0; n < ARRAY_LEN(sizes); n++) {
            struct slice au = shape_other(n % 2 ? OTHER_MARKER : 0, sizes[n]);
            cr_assert_eq(trip_whole(&track, au, payload_sizes[i]), 1);
            shape_free(au);
        }
    }
}

Test(other, what_no_packet_can_hold_makes_none)
{
    struct slice large = shape_other(0, PACKER_MAX_PAYLOAD + 1);
    cr_assert_eq(trip_count(CODEC_OTHER, large, PACKER_MAX_PAYLOAD), 0);
    cr_assert_eq(trip_count(CODEC_OTHER, slice_head(large, OTHER_FLAGS_BYTES), 64), 0);
    cr_assert_eq(trip_count(CODEC_OTHER, (struct slice){0}, 64), 0);
    shape_free(large);
}

Test(other, a_batch_has_room_for_a_payload_beyond_the_packet_size)
{
    const struct batch_layout layout = {.channel = 2, .payload_type = 98, .first_seq = 7};
    const size_t packet_bytes = RTP_HEADER_BYTES + PACKER_MIN_PAYLOAD;
    struct slice au = shape_other(OTHER_MARKER, PACKER_MAX_PAYLOAD);
    struct batch_size size = batch_measure(CODEC_OTHER, au, packet_bytes);
    size_t bytes = batch_interleaved_bytes(size);
    cr_assert_eq(bytes, INTERLEAVED_HEADER_BYTES + UINT16_MAX);
    uint8_t *dst = malloc(bytes);
    cr_assert_eq(batch_write_interleaved(dst, CODEC_OTHER, au, packet_bytes, &layout), dst + bytes);
    struct rtp_packet pkt;
    cr_assert_eq(get_be16(dst + 2), UINT16_MAX);
    cr_assert_eq(rtp_parse(slice_of(dst + INTERLEAVED_HEADER_BYTES, UINT16_MAX), &pkt), 0);
    cr_assert(pkt.marker);
    cr_assert(slice_eq(pkt.payload, slice_from(au, OTHER_FLAGS_BYTES)));
    free(dst);
    shape_free(au);
}

static const struct row rows[] = {
    {"packet by packet, with the marker",
     {{1, 0, false, BYTES("G@")}, {2, 0, true, BYTES("xyz")}, {3, 3000, false, BYTES("\0")}},
     {{0, false, BYTES("\0G@")}, {0, false, BYTES("\1xyz")}, {3000, false, BYTES("\0\0")}}},
    {"a loss costs no other packet",
     {{1, 0, false, BYTES("a")}, {3, 0, true, BYTES("c")}},
     {{0, false, BYTES("\0a")}, {0, false, BYTES("\1c")}}},
};

Test(other, packets_come_out_as_they_came)
{
    run_rows(rows, ARRAY_LEN(rows), &track, (struct slice){0});
    run_rows_prefixes(rows, ARRAY_LEN(rows), &track, (struct slice){0});
}
