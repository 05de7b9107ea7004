/* SPDX-License-Identifier: MIT */
#include "rtp/codec.h"

#include "tests/rtp/audio_trip.h"

static const struct media_track track = {.codec = CODEC_OPUS, .clock_rate = 48000, .channels = 2};

Test(opus, a_packet_is_a_payload)
{
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++) {
        size_t max = payload_sizes[i];
        for (size_t bytes = 1; bytes <= max; bytes += 1 + bytes / 3) {
            struct slice au = shape_aac(bytes);
            cr_assert_eq(trip_whole(&track, au, max), 1);
            shape_free(au);
        }
    }
}

Test(opus, the_largest_that_fits_is_one_packet_and_a_larger_one_none)
{
    uint8_t au[PACKER_MIN_PAYLOAD + 1] = {0};
    cr_assert_eq(trip_count(CODEC_OPUS, slice_of(au, PACKER_MIN_PAYLOAD), PACKER_MIN_PAYLOAD), 1);
    cr_assert_eq(trip_count(CODEC_OPUS, slice_of(au, sizeof(au)), PACKER_MIN_PAYLOAD), 0);
    cr_assert_eq(trip_count(CODEC_OPUS, (struct slice){0}, PACKER_MIN_PAYLOAD), 0);
}

Test(opus, the_marker_is_never_set)
{
    struct packer p;
    bool marker = true;
    packer_init(&p, CODEC_OPUS, SLICE_LIT("\xfc\xff\xfe"), PACKER_MIN_PAYLOAD);
    cr_assert_eq(packer_next(&p, NULL, &marker), 3);
    cr_assert_not(marker);
}

/* Silence of 20 ms as libopus codes it, with and without the marker of a talkspurt. */
static const struct row rows[] = {
    {"packet by packet",
     {{1, 0, true, BYTES("\xfc\xff\xfe")},
      {2, 960, false, BYTES("\xfc\xff\xfe")},
      {3, 1920, false, BYTES("\xfc")}},
     {{0, false, BYTES("\xfc\xff\xfe")},
      {960, false, BYTES("\xfc\xff\xfe")},
      {1920, false, BYTES("\xfc")}}},
    {"a loss costs no other packet",
     {{1, 0, false, BYTES("\xfc\xff\xfe")}, {3, 1920, false, BYTES("\xfc")}},
     {{0, false, BYTES("\xfc\xff\xfe")}, {1920, false, BYTES("\xfc")}}},
};

Test(opus, packets_come_out_as_they_came)
{
    run_rows(rows, ARRAY_LEN(rows), &track, (struct slice){0});
    run_rows_prefixes(rows, ARRAY_LEN(rows), &track, (struct slice){0});
}
