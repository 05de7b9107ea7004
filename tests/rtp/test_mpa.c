/* SPDX-License-Identifier: MIT */
#include "rtp/codec.h"

#include "tests/rtp/audio_trip.h"

static const struct media_track track = {.codec = CODEC_MPA, .clock_rate = 90000};

/* A frame of so many bytes, with the header given. */
static struct slice shape_mpa(uint32_t header, size_t bytes)
{
    uint8_t *au = malloc(bytes);
    fill_nonzero(au, bytes, 1);
    put_be32(au, header);
    return slice_of(au, bytes);
}

/* ISO/IEC 11172-3 and 13818-3; 2.5 is the quarter rates that these do not have. */
static const struct {
    const char *name;
    uint32_t header;
    size_t bytes;
    uint32_t ticks; /* of the 90 kHz clock */
} kinds[] = {
    {"MPEG-1 layer I, 32 kbit/s, 48 kHz", 0xffff1400, 32, 720},
    {"MPEG-1 layer I, 448 kbit/s, 44.1 kHz, padded", 0xffffe200, 488, 783},
    {"MPEG-1 layer II, 192 kbit/s, 48 kHz", 0xfffda400, 576, 2160},
    {"MPEG-1 layer II, 384 kbit/s, 32 kHz", 0xfffde800, 1728, 3240},
    {"MPEG-1 layer III, 128 kbit/s, 44.1 kHz", 0xfffb9000, 417, 2351},
    {"MPEG-1 layer III, 128 kbit/s, 44.1 kHz, padded", 0xfffb9200, 418, 2351},
    {"MPEG-1 layer III, 128 kbit/s, with a CRC", 0xfffa9000, 417, 2351},
    {"MPEG-1 layer III, 320 kbit/s, 32 kHz", 0xfffbe800, 1440, 3240},
    {"MPEG-2 layer I, 256 kbit/s, 22.05 kHz", 0xfff7e000, 556, 1567},
    {"MPEG-2 layer II, 160 kbit/s, 16 kHz", 0xfff5e800, 1440, 6480},
    {"MPEG-2 layer III, 8 kbit/s, 24 kHz", 0xfff31400, 24, 2160},
    {"MPEG-2 layer III, 64 kbit/s, 22.05 kHz", 0xfff38000, 208, 2351},
    {"MPEG-2.5 layer II, 160 kbit/s, 8 kHz", 0xffe5e800, 2880, 12960},
    {"MPEG-2.5 layer III, 160 kbit/s, 8 kHz", 0xffe3e800, 1440, 6480},
    {"MPEG-2.5 layer III, 64 kbit/s, 11.025 kHz", 0xffe38000, 417, 4702},
};

Test(mpa, frames_survive_in_any_payload_size)
{
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        struct slice au = shape_mpa(kinds[k].header, kinds[k].bytes);
        for (size_t max = PACKER_MIN_PAYLOAD; max < 3000; max += 1 + max / 50) {
            unsigned packets = trip_whole(&track, au, max);
            cr_assert_eq(packets, (au.len + max - 5) / (max - 4), "%s", kinds[k].name);
        }
        cr_assert_eq(trip_whole(&track, au, PACKER_MAX_PAYLOAD), 1);
        shape_free(au);
    }
}

/* Of the free format, which alone has frames of any size. */
Test(mpa, frames_of_any_size_survive)
{
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++) {
        const size_t sizes[] = TRIP_SIZES(payload_sizes[i]);
        for (size_t n = 0; n < ARRAY_LEN(sizes); n++) {
            if (sizes[n] < 4 || sizes[n] > UINT16_MAX)
                continue;
            struct slice au = shape_mpa(0xfff304c4, sizes[n]);
            trip_whole(&track, au, payload_sizes[i]);
            shape_free(au);
        }
    }
}

Test(mpa, a_frame_with_fragments_that_16_bits_cannot_count_makes_no_packets)
{
    struct slice au = shape_mpa(0xfff304c4, UINT16_MAX + 1);
    cr_assert_gt(trip_count(CODEC_MPA, slice_head(au, UINT16_MAX), 1348), 0);
    cr_assert_eq(trip_count(CODEC_MPA, au, 1348), 0);
    cr_assert_eq(trip_count(CODEC_MPA, (struct slice){0}, 1348), 0);
    shape_free(au);
}

Test(mpa, frames_in_a_packet_are_told_apart_by_their_headers)
{
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        struct slice au = shape_mpa(kinds[k].header, kinds[k].bytes);
        trip_joined(&track, SLICE_LIT("\0\0\0\0"), au, kinds[k].ticks, kinds[k].name);
        shape_free(au);
    }
}

/* 576 samples at 22.05 kHz are 2351 and 1/49 ticks. */
Test(mpa, rounding_does_not_add_up_inside_a_packet)
{
    enum { FRAMES = 200, FRAME_BYTES = 26 };
    uint8_t payload[4 + FRAMES * FRAME_BYTES] = {0};
    struct rtp_packet pkt = {.rtp_time = 0xffffff00, .payload = slice_of(payload, sizeof(payload))};
    struct collected c = {0};
    for (size_t i = 0; i < FRAMES; i++)
        put_be32(payload + 4 + i * FRAME_BYTES, 0xfff31000);
    struct unpacker *u = unpacker_create(&track, (struct slice){0}, collect, &c);
    cr_assert_eq(unpacker_push(u, &pkt), 0);
    unpacker_destroy(u);
    cr_assert_eq(c.count, FRAMES);
    for (uint32_t i = 0; i < FRAMES; i++)
        cr_assert_eq(c.unit[i].rtp_time, 0xffffff00 + i * 2351 + i / 49);
    collected_free(&c);
}

/* What ffmpeg 5.1 makes of a sine with -c:a libmp3lame: at 8 kbit/s and pkt_size=92 three frames a
 * packet; at 24 kbit/s and pkt_size=64 two fragments of one of 72 bytes. */
#define LAME_1                                                                                     \
    "\xff\xf3\x14\xc4\x00\x02\x98\x3a\xbc\x01\x43\x00\x01\x77\x77\x77\x38\x80\x60\x60\x60\x60"     \
    "\x61\xe0"
#define LAME_2                                                                                     \
    "\xff\xf3\x14\xc4\x00\x02\x80\x3a\xd8\x01\x8b\x00\x00\x87\x7f\x90\x40\xc2\xa1\x24\x81\x93"     \
    "\xce\x4c"
#define LAME_3                                                                                     \
    "\xff\xf3\x14\xc4\x00\x02\xa8\x3e\xda\x81\xca\x00\x00\x00\x00\x90\xfe\x98\x21\x16\x06\xe1"     \
    "\xf1\x30"
#define LAME_HEAD                                                                                  \
    "\xff\xf3\x34\xc4\x00\x0e\x80\x62\x84\x5f\x4f\x18\x00\x00\xa6\xd6\xd0\x00\x34\xcd\x33\x4c"     \
    "\xb7\x93\xb2\x76\x85\xa4\x04\x20\x00\xb0\x02\xc0\x15\x80\xb6\x0a\xb1\x73\x32\xd9\xdf\xbc"     \
    "\x78\xf1\xe3\xc8"
#define LAME_TAIL                                                                                  \
    "\x80\x80\x64\x1f\x07\xc3\xfc\x10\xe0\xf9\xfc\xa0\x62\x53\x94\x0f\xf0\xf7\xbf\xa3\xdf\xd1"     \
    "\xef\x4c"

/* A frame of 24 bytes, in three parts. */
#define PART_1                                                                                     \
    "\xff\xf3\x14\xc4"                                                                             \
    "abcdef"
#define PART_2 "ghijklmn"
#define PART_3 "opqrst"
#define FRAME  PART_1 PART_2 PART_3
#define FREE                                                                                       \
    "\xff\xf3\x04\xc4"                                                                             \
    "free format"

#define AT(offset, part) BYTES("\0\0\0" offset part)

static const struct row rows[] = {
    {"three frames of a real encoder",
     {{1, 100, false, AT("\0", LAME_1 LAME_2 LAME_3)}},
     {OUT(100, LAME_1), OUT(2260, LAME_2), OUT(4420, LAME_3)}},
    {"two fragments of a real encoder",
     {{1, 100, false, AT("\0", LAME_HEAD)}, {2, 100, false, AT("\x30", LAME_TAIL)}},
     {OUT(100, LAME_HEAD LAME_TAIL)}},
    {"the marker says nothing",
     {{1, 0, true, AT("\0", PART_1)},
      {2, 0, true, AT("\x0a", PART_2)},
      {3, 0, true, AT("\x12", PART_3)},
      {4, 2160, true, AT("\0", FRAME FRAME)}},
     {OUT(0, FRAME), OUT(2160, FRAME), OUT(4320, FRAME)}},
    {"bits that must be zero are not looked at",
     {{1, 0, false, BYTES("\1\2\0\0" FRAME)}},
     {OUT(0, FRAME)}},
    {"fragments that start over",
     {{1, 0, false, AT("\0", PART_1)}, {2, 0, false, AT("\0", FRAME)}},
     {OUT(0, FRAME)},
     1},
    {"a new time stamp too early",
     {{1, 0, false, AT("\0", PART_1)}, {2, 2160, false, AT("\0", FRAME)}},
     {OUT(2160, FRAME)},
     1},
    {"fragments of more than the whole",
     {{1, 0, false, AT("\0", PART_1)},
      {2, 0, false, AT("\x0a", PART_2 PART_3 "x"), true},
      {3, 2160, false, AT("\0", FRAME)}},
     {OUT(2160, FRAME)},
     1},
    {"fragments with a hole between",
     {{1, 0, false, AT("\0", PART_1)},
      {2, 0, false, AT("\x12", PART_3), true},
      {3, 0, false, AT("\x18", PART_3)},
      {4, 2160, false, AT("\0", FRAME)}},
     {OUT(2160, FRAME)},
     1},
    {"a frame behind others that does not end",
     {{1, 0, false, AT("\0", FRAME PART_1)}, {2, 4320, false, AT("\0", FRAME)}},
     {OUT(0, FRAME), OUT(4320, FRAME)},
     1},
    {"no frame behind others",
     {{1, 0, false, AT("\0", FRAME "TAG"), true}, {2, 4320, false, AT("\0", FRAME)}},
     {OUT(0, FRAME), OUT(4320, FRAME)},
     1},
    {"no payload behind the header",
     {{1, 0, false, BYTES("\0\0\0\0"), true},
      {2, 0, false, BYTES("\0\0\0"), true},
      {3, 0, false, AT("\0", FRAME)}},
     {OUT(0, FRAME)},
     2},
    {"the free format: each packet shows that the last one was whole",
     {{1, 0, false, AT("\0", FREE)},
      {2, 100, false, AT("\0", FREE)},
      {3, 100, false, AT("\x0f", "more")},
      {4, 200, false, AT("\0", FRAME)}},
     {OUT(0, FREE), OUT(100, FREE "more"), OUT(200, FRAME)}},
};

static const struct row loss_rows[] = {
    {"of the first fragment",
     {{1, 0, false, AT("\0", FRAME)},
      {3, 2160, false, AT("\x0a", PART_2)},
      {4, 2160, false, AT("\x12", PART_3)},
      {5, 4320, false, AT("\0", FRAME)}},
     {OUT(0, FRAME), OUT(4320, FRAME)},
     1},
    {"of an inner fragment",
     {{1, 0, false, AT("\0", PART_1)},
      {3, 0, false, AT("\x12", PART_3)},
      {4, 2160, false, AT("\0", FRAME)}},
     {OUT(2160, FRAME)},
     1},
    {"of the last fragment",
     {{1, 0, false, AT("\0", PART_1)},
      {2, 0, false, AT("\x0a", PART_2)},
      {4, 2160, false, AT("\0", FRAME)}},
     {OUT(2160, FRAME)},
     1},
    {"of the last fragment and the first of the next",
     {{1, 0, false, AT("\0", PART_1)},
      {4, 2160, false, AT("\x0a", PART_2 PART_3)},
      {5, 4320, false, AT("\0", FRAME)}},
     {OUT(4320, FRAME)},
     2},
    {"of a whole frame",
     {{1, 0, false, AT("\0", FRAME)}, {3, 4320, false, AT("\0", FRAME)}},
     {OUT(0, FRAME), OUT(4320, FRAME)}},
};

Test(mpa, frames_come_out_whole_or_not_at_all)
{
    run_rows(rows, ARRAY_LEN(rows), &track, (struct slice){0});
    run_rows_prefixes(rows, ARRAY_LEN(rows), &track, (struct slice){0});
}

Test(mpa, a_loss_costs_what_it_damaged_and_no_more)
{
    run_rows(loss_rows, ARRAY_LEN(loss_rows), &track, (struct slice){0});
}

/* Zeros stand behind the header: at the latest, it is they that are no frame. */
Test(mpa, headers_that_are_none_are_refused)
{
    static const struct {
        uint32_t header;
        unsigned frames;
    } headers[] = {
        {0xfffb9000, 1}, /* that of 417 bytes above */
        {0x7ffb9000, 0}, /* sync */
        {0xffdb9000, 0}, /* the same */
        {0xffeb9000, 0}, /* version */
        {0xfff99000, 0}, /* layer */
        {0xfffbf000, 0}, /* bit rate */
        {0xfffb9c00, 0}, /* sampling rate */
    };
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        uint8_t payload[600] = {0};
        put_be32(payload + 4, headers[i].header);
        unsigned frames = trip_malformed(&track, slice_of(payload, sizeof(payload)));
        cr_assert_eq(frames, headers[i].frames, "%08x", headers[i].header);
    }
}

Test(mpa, fragments_say_where_in_the_frame_they_begin)
{
    static const struct slice whole = AT("\0", LAME_HEAD LAME_TAIL); /* 76 bytes */
    struct packer p;
    uint8_t payload[76];
    bool marker = true;
    packer_init(&p, CODEC_MPA, slice_from(whole, 4), sizeof(payload));
    cr_assert_eq(packer_next(&p, payload, &marker), sizeof(payload));
    cr_assert(slice_eq(slice_of(payload, sizeof(payload)), whole));
    cr_assert_not(marker);
    packer_init(&p, CODEC_MPA, slice_from(whole, 4), 64);
    cr_assert_eq(packer_next(&p, payload, &marker), 64);
    cr_assert_eq(get_be32(payload), 0);
    cr_assert_eq(packer_next(&p, payload, &marker), 4 + 12);
    cr_assert_eq(get_be32(payload), 60);
    cr_assert_not(marker);
}
