/* SPDX-License-Identifier: MIT */
#include "rtp/codec.h"

#include "tests/rtp/audio_trip.h"

static const struct media_track track = {.codec = CODEC_LATM, .clock_rate = 48000, .channels = 2};

Test(latm, elements_of_any_size_survive_in_any_payload_size)
{
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++) {
        size_t max = payload_sizes[i];
        const size_t sizes[] = TRIP_SIZES(max);
        for (size_t n = 0; n < ARRAY_LEN(sizes); n++) {
            struct slice au = shape_aac(sizes[n]);
            cr_assert_eq(trip_whole(&track, au, max), (au.len + max - 1) / max);
            shape_free(au);
        }
    }
}

Test(latm, the_marker_is_on_the_last_fragment)
{
    uint8_t au[2 * PACKER_MIN_PAYLOAD + 1] = {0};
    static const size_t lengths[] = {PACKER_MIN_PAYLOAD, PACKER_MIN_PAYLOAD, 1, 0};
    struct packer p;
    bool marker = false;
    packer_init(&p, CODEC_LATM, slice_of(au, sizeof(au)), PACKER_MIN_PAYLOAD);
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        cr_assert_eq(packer_next(&p, NULL, &marker), lengths[i]);
        cr_assert_eq(marker, lengths[i] <= 1);
    }
    cr_assert_eq(trip_count(CODEC_LATM, (struct slice){0}, PACKER_MIN_PAYLOAD), 0);
}

/* An element with PayloadLengthInfo (ISO/IEC 14496-3 section 1.7.3.1) in front of the frame. */
#define ELEMENT "\x03\xab\xcd\xef"

static const struct row rows[] = {
    {"an element a packet",
     {{1, 0, true, BYTES(ELEMENT)}, {2, 1024, true, BYTES(ELEMENT "x")}},
     {OUT(0, ELEMENT), OUT(1024, ELEMENT "x")}},
    {"two in a packet stay together",
     {{1, 0, true, BYTES(ELEMENT ELEMENT)}},
     {OUT(0, ELEMENT ELEMENT)}},
    {"two of one time, told apart by the marker",
     {{1, 0, true, BYTES(ELEMENT)}, {2, 0, true, BYTES(ELEMENT)}},
     {OUT(0, ELEMENT), OUT(0, ELEMENT)}},
    {"fragments",
     {{1, 0, false, BYTES("\x06tel")},
      {2, 0, false, BYTES("l")},
      {3, 0, true, BYTES("er")},
      {4, 1024, true, BYTES(ELEMENT)}},
     {OUT(0, "\x06teller"), OUT(1024, ELEMENT)}},
    {"no marker on the last fragment",
     {{1, 0, false, BYTES("\x06tel")},
      {2, 0, false, BYTES("ler")},
      {3, 1024, true, BYTES(ELEMENT)}},
     {OUT(0, "\x06teller"), OUT(1024, ELEMENT)}},
    {"no marker ever",
     {{1, 0, false, BYTES(ELEMENT)}, {2, 1024, false, BYTES("b")}, {3, 2048, false, BYTES("c")}},
     {OUT(0, ELEMENT), OUT(1024, "b")}},
};

static const struct row loss_rows[] = {
    {"of a whole element, where all are whole",
     {{1, 0, true, BYTES(ELEMENT)}, {3, 2048, true, BYTES("b")}},
     {OUT(0, ELEMENT), OUT(2048, "b")}},
    {"of the first fragment",
     {{1, 0, true, BYTES("a")},
      {3, 1024, false, BYTES("inner")},
      {4, 1024, true, BYTES("last")},
      {5, 2048, true, BYTES("c")}},
     {OUT(0, "a"), OUT(2048, "c")},
     1},
    {"of an inner fragment",
     {{1, 1024, false, BYTES("first")},
      {3, 1024, true, BYTES("last")},
      {4, 2048, true, BYTES("c")}},
     {OUT(2048, "c")},
     1},
    {"of the last fragment, and what follows is in doubt",
     {{1, 1024, false, BYTES("first")}, {3, 2048, true, BYTES("b")}, {4, 3072, true, BYTES("c")}},
     {OUT(3072, "c")},
     2},
    {"of all but the last fragment, where there were fragments before",
     {{1, 0, false, BYTES("a")},
      {2, 0, true, BYTES("b")},
      {5, 1024, true, BYTES("last")},
      {6, 2048, true, BYTES("c")}},
     {OUT(0, "ab"), OUT(2048, "c")},
     1},
    {"of what is between two elements without the marker",
     {{1, 0, false, BYTES("a")}, {4, 4096, false, BYTES("e")}, {5, 5120, true, BYTES("f")}},
     {OUT(5120, "f")},
     2},
};

Test(latm, elements_come_out_whole)
{
    run_rows(rows, ARRAY_LEN(rows), &track, (struct slice){0});
    run_rows_prefixes(rows, ARRAY_LEN(rows), &track, (struct slice){0});
}

Test(latm, a_loss_drops_every_element_that_may_lack_a_fragment)
{
    run_rows(loss_rows, ARRAY_LEN(loss_rows), &track, (struct slice){0});
}

Test(latm, packets_without_payload_make_no_element)
{
    struct collected c = {0};
    struct unpacker *u = unpacker_create(&track, (struct slice){0}, collect, &c);
    for (uint16_t seq = 0; seq < 4; seq++) {
        struct rtp_packet pkt = {.seq = seq, .rtp_time = seq / 2U, .marker = seq % 2 != 0};
        cr_assert_eq(unpacker_push(u, &pkt), 0);
    }
    unpacker_destroy(u);
    cr_assert_eq(c.count, 0);
}
