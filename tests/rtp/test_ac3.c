/* SPDX-License-Identifier: MIT */
#include "rtp/codec.h"

#include "tests/rtp/audio_trip.h"

static const struct media_track track = {.codec = CODEC_AC3, .clock_rate = 48000, .channels = 2};

enum { BSID = 8 << 3 };

/* A frame of so many bytes, with the two codes of its size, and a bsid. */
static struct slice shape_ac3(uint8_t codes, uint8_t bsid, size_t bytes)
{
    uint8_t *au = malloc(bytes);
    fill_nonzero(au, bytes, 1);
    put_be16(au, 0x0b77);
    au[4] = codes;
    au[5] = bsid;
    return slice_of(au, bytes);
}

/* ATSC A/52 table 5.18. */
static const struct {
    const char *name;
    uint8_t codes; /* fscod, frmsizecod */
    uint8_t bsid;
    size_t bytes;
    uint32_t ticks; /* of a 48 kHz clock */
} kinds[] = {
    {"32 kbit/s, 48 kHz", 0x00, BSID, 128, 1536},
    {"32 kbit/s, 48 kHz, the other code", 0x01, BSID, 128, 1536},
    {"192 kbit/s, 48 kHz", 0x14, BSID, 768, 1536},
    {"640 kbit/s, 48 kHz", 0x24, BSID, 2560, 1536},
    {"32 kbit/s, 44.1 kHz", 0x40, BSID, 138, 1671},
    {"32 kbit/s, 44.1 kHz, a word more", 0x41, BSID, 140, 1671},
    {"448 kbit/s, 44.1 kHz", 0x5e, BSID, 1950, 1671},
    {"448 kbit/s, 44.1 kHz, a word more", 0x5f, BSID, 1952, 1671},
    {"640 kbit/s, 44.1 kHz, a word more", 0x65, BSID, 2788, 1671},
    {"32 kbit/s, 32 kHz", 0x80, BSID, 192, 2304},
    {"640 kbit/s, 32 kHz", 0xa5, BSID, 3840, 2304},
    {"an older bsid", 0x14, 6 << 3, 768, 1536},
    {"half the rate", 0x14, 9 << 3, 768, 3072},
    {"a quarter of the rate", 0x14, 10 << 3, 768, 6144},
};

Test(ac3, frames_survive_in_any_payload_size)
{
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        struct slice au = shape_ac3(kinds[k].codes, kinds[k].bsid, kinds[k].bytes);
        for (size_t max = PACKER_MIN_PAYLOAD; max < 4000; max += 1 + max / 50) {
            unsigned packets = trip_whole(&track, au, max);
            cr_assert_eq(packets, (au.len + max - 3) / (max - 2), "%s", kinds[k].name);
        }
        cr_assert_eq(trip_whole(&track, au, PACKER_MAX_PAYLOAD), 1);
        shape_free(au);
    }
}

Test(ac3, frames_in_a_packet_are_told_apart_by_their_headers)
{
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        struct slice au = shape_ac3(kinds[k].codes, kinds[k].bsid, kinds[k].bytes);
        trip_joined(&track, SLICE_LIT("\0\3"), au, kinds[k].ticks, kinds[k].name);
        shape_free(au);
    }
}

static const struct {
    size_t max_payload;
    struct {
        uint8_t type;
        uint8_t count;
        size_t bytes; /* behind the header */
    } packet[4];
} pack_rows[] = {
    {200, {{0, 1, 128}}},
    {130, {{0, 1, 128}}},
    {129, {{1, 2, 127}, {3, 2, 1}}},
    {82, {{1, 2, 80}, {3, 2, 48}}},
    {81, {{2, 2, 79}, {3, 2, 49}}},
    {64, {{2, 3, 62}, {3, 3, 62}, {3, 3, 4}}},
};

Test(ac3, the_payload_header_says_what_part_of_a_frame_follows)
{
    struct slice au = shape_ac3(0, BSID, 128);
    for (size_t i = 0; i < ARRAY_LEN(pack_rows); i++) {
        struct packer p;
        uint8_t payload[200];
        bool marker = false;
        size_t len;
        packer_init(&p, CODEC_AC3, au, pack_rows[i].max_payload);
        for (size_t n = 0; (len = packer_next(&p, payload, &marker)) > 0; n++) {
            cr_assert_eq(len, 2 + pack_rows[i].packet[n].bytes, "row %zu packet %zu", i, n);
            cr_assert_eq(payload[0], pack_rows[i].packet[n].type, "row %zu packet %zu", i, n);
            cr_assert_eq(payload[1], pack_rows[i].packet[n].count, "row %zu packet %zu", i, n);
            cr_assert_eq(marker, pack_rows[i].packet[n + 1].bytes == 0);
        }
        cr_assert(marker);
    }
    shape_free(au);
}

Test(ac3, what_a_byte_cannot_count_makes_no_packets)
{
    struct slice au = shape_ac3(0, BSID, 255 * 62 + 1);
    cr_assert_eq(trip_count(CODEC_AC3, slice_head(au, 255 * 62), 64), 255);
    cr_assert_eq(trip_count(CODEC_AC3, au, 64), 0);
    cr_assert_eq(trip_count(CODEC_AC3, (struct slice){0}, 64), 0);
    shape_free(au);
}

/* What GStreamer 1.22 makes of noise with avenc_ac3 bitrate=32000 ! ac3parse ! rtpac3pay: two
 * frames a packet with mtu=300, and the two fragments of one with mtu=80. */
#define GST_1                                                                                      \
    "\x0b\x77\x9f\xa3\x00\x40\x2f\x84\x29\x00\xeb\xc8\x7c\xf9\x4d\x38\x69\x69\xb9\xa6\xf5\xf5"     \
    "\xaa\xea\x61\xd2\x7e\xa5\x55\x27\xcf\x8c\xbf\x93\x10\x6f\x9c\x81\xa0\x64\xe6\xc1\xae\x6b"     \
    "\x5a\xdb\x11\xa1\x4a\x01\x24\x57\x8e\x20\xc9\xe0\x20\xc9\x92\x2e\xcd\x52\xa0\x04\x02\x0c"     \
    "\x7b\x9a\xbd\x93\x6c\x92\x32\xcd\xa2\x99\x98\x28\x08\x02\xb0\xe2\x70\x24\xb8\x95\x50\x6c"     \
    "\xe0\x43\xd8\x10\xc4\x90\x0a\xa9\xc5\xea\xa6\x44\xb2\xc6\x55\xa6\xf3\x5b\x48\x94\xa0\x09"     \
    "\xf1\x17\x16\xd2\xdf\x81\x08\x53\x6d\x96\x46\xbd\x49\x00\x00\x00\x4e\xde"
#define GST_2                                                                                      \
    "\x0b\x77\x5b\x43\x00\x40\x2f\x84\x29\x00\xed\xd8\x4e\x85\xf3\xda\x6f\x9e\xd8\x7c\xa5\xfc"     \
    "\xe7\xcf\x5f\xb9\xb0\x43\x42\x64\xaf\xcc\xbf\x93\x10\x4e\x9c\x30\x43\xb1\xa2\x4d\x92\x5a"     \
    "\xe2\x65\xa4\x41\xd0\x08\x8d\x54\x69\x0d\xaa\x8e\x59\x4e\xf6\x15\xdb\x77\x55\x00\x3d\x5a"     \
    "\x18\xf4\x02\xd7\xb5\x92\x43\x06\x66\xcd\x31\x90\x07\x86\x49\xae\x36\x2a\x5c\x0c\xdc\x99"     \
    "\x6c\x1c\xd6\x11\x00\x72\x1a\xe5\x20\x5c\x4b\x29\x92\xad\x68\x10\xed\x5b\x10\x04\xd6\xd5"     \
    "\x9f\x21\xf4\xcd\xcc\xb9\xcd\x72\x89\x37\x98\x00\x00\x00\x00\x00\xb7\xaf"
#define GST_HEAD                                                                                   \
    "\x0b\x77\xe6\xe6\x00\x40\x2f\x84\x29\x01\x2b\x57\x7d\x4d\x53\xf4\xaf\x9f\xc1\xa6"             \
    "\x99\x2d\x37\x4e\x9f\x2e\x7c\xf9\xfa\x64\xae\x8c\xbf\x93\x10\x7c\xcc\x2f\x5b\x91\x59\x8d"     \
    "\x94\x4b\x35\xad\x98\x72\xd4\x01\x03\xeb\x5d\x78\xd6\xd4\x83\x84\x1a\x42\x34\x6d\x19\x10"     \
    "\x04\xef"
#define GST_TAIL                                                                                   \
    "\x46\xf5\x91\xc9\x17\x46\x0d\x58\x4e\x55\xd8\xec\x40\x15\xd9\x73\xe3\xd3\x62\x5a"             \
    "\xc6\xda\xcc\x13\xc4\xe3\xd9\x00\xf5\x66\xd0\x1e\x5a\xd5\x3b\xe5\x63\x22\x26\x6c\x54\xa4"     \
    "\x01\x83\x8c\x1c\x46\x07\xda\xd1\x6c\x9a\xc2\x96\x0d\x23\x40\x00\x00\x00\x3b\x4c"

/* A frame of 128 bytes, in three parts. */
#define PART_1 "\x0b\x77\0\0\0\x40" A10 A10 A10 A10
#define PART_2 A10 A10 A10 A10 A10
#define PART_3 A10 A10 A10 "kl"
#define FRAME  PART_1 PART_2 PART_3

static const struct row rows[] = {
    {"two frames of a real encoder",
     {{1, 100, true, BYTES("\0\2" GST_1 GST_2)}},
     {OUT(100, GST_1), OUT(1636, GST_2)}},
    {"two fragments of a real encoder",
     {{1, 100, false, BYTES("\1\2" GST_HEAD)}, {2, 100, true, BYTES("\3\2" GST_TAIL)}},
     {OUT(100, GST_HEAD GST_TAIL)}},
    {"three fragments, without the marker",
     {{1, 0, false, BYTES("\2\3" PART_1)},
      {2, 0, false, BYTES("\3\3" PART_2)},
      {3, 0, false, BYTES("\3\3" PART_3)},
      {4, 1536, false, BYTES("\0\1" FRAME)}},
     {OUT(0, FRAME), OUT(1536, FRAME)}},
    {"counts and bits that must be zero are not looked at",
     {{1, 0, true, BYTES("\xfc\0" FRAME)}},
     {OUT(0, FRAME)}},
    {"fragments that start over",
     {{1, 0, false, BYTES("\2\2" PART_1)}, {2, 0, true, BYTES("\0\1" FRAME)}},
     {OUT(0, FRAME)},
     1},
    {"a new time stamp too early",
     {{1, 0, false, BYTES("\2\2" PART_1)},
      {2, 1536, false, BYTES("\3\2" PART_2)},
      {3, 3072, true, BYTES("\0\1" FRAME)}},
     {OUT(3072, FRAME)},
     2},
    {"fragments of more than the whole",
     {{1, 0, false, BYTES("\2\2" PART_1)},
      {2, 0, true, BYTES("\3\2" PART_2 PART_3 "m"), true},
      {3, 1536, true, BYTES("\0\1" FRAME)}},
     {OUT(1536, FRAME)},
     1},
    {"no frame behind others",
     {{1, 0, true, BYTES("\0\2" FRAME "\x0b\x77"), true}, {2, 3072, true, BYTES("\0\1" FRAME)}},
     {OUT(0, FRAME), OUT(3072, FRAME)},
     1},
    {"no payload behind the header",
     {{1, 0, true, BYTES("\0\0"), true},
      {2, 0, true, BYTES("\0"), true},
      {3, 0, true, BYTES("\0\1" FRAME)}},
     {OUT(0, FRAME)},
     2},
};

static const struct row loss_rows[] = {
    {"of the first fragment",
     {{1, 0, true, BYTES("\0\1" FRAME)},
      {3, 1536, false, BYTES("\3\3" PART_2)},
      {4, 1536, true, BYTES("\3\3" PART_3)},
      {5, 3072, true, BYTES("\0\1" FRAME)}},
     {OUT(0, FRAME), OUT(3072, FRAME)},
     1},
    {"of an inner fragment",
     {{1, 0, false, BYTES("\2\3" PART_1)},
      {3, 0, true, BYTES("\3\3" PART_3)},
      {4, 1536, true, BYTES("\0\1" FRAME)}},
     {OUT(1536, FRAME)},
     1},
    {"of the last fragment",
     {{1, 0, false, BYTES("\2\3" PART_1)},
      {2, 0, false, BYTES("\3\3" PART_2)},
      {4, 1536, true, BYTES("\0\1" FRAME)}},
     {OUT(1536, FRAME)},
     1},
    {"of the last fragment and the first of the next",
     {{1, 0, false, BYTES("\2\2" PART_1)},
      {4, 1536, true, BYTES("\3\2" PART_2 PART_3)},
      {5, 3072, true, BYTES("\0\1" FRAME)}},
     {OUT(3072, FRAME)},
     2},
    {"of a whole frame",
     {{1, 0, true, BYTES("\0\1" FRAME)}, {3, 3072, true, BYTES("\0\1" FRAME)}},
     {OUT(0, FRAME), OUT(3072, FRAME)}},
};

Test(ac3, frames_come_out_whole_or_not_at_all)
{
    run_rows(rows, ARRAY_LEN(rows), &track, (struct slice){0});
    run_rows_prefixes(rows, ARRAY_LEN(rows), &track, (struct slice){0});
}

Test(ac3, a_loss_costs_what_it_damaged_and_no_more)
{
    run_rows(loss_rows, ARRAY_LEN(loss_rows), &track, (struct slice){0});
}

/* Zeros stand behind the header: at the latest, it is they that are no frame. */
Test(ac3, headers_that_are_none_are_refused)
{
    static const struct {
        uint8_t header[6];
        unsigned frames;
    } headers[] = {
        {{0x0b, 0x77, 0, 0, 0x14, BSID}, 1},
        {{0x77, 0x0b, 0, 0, 0x14, BSID}, 0},    /* sync, of the other byte order */
        {{0x0b, 0x77, 0, 0, 0xd4, BSID}, 0},    /* sampling rate */
        {{0x0b, 0x77, 0, 0, 0x26, BSID}, 0},    /* size */
        {{0x0b, 0x77, 0, 0, 0x14, 16 << 3}, 0}, /* E-AC-3 */
    };
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        uint8_t payload[4000] = {0};
        memcpy(payload + 2, headers[i].header, sizeof(headers[i].header));
        unsigned frames = trip_malformed(&track, slice_of(payload, sizeof(payload)));
        cr_assert_eq(frames, headers[i].frames, "row %zu", i);
    }
}
