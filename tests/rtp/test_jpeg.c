/* SPDX-License-Identifier: MIT */
#include "rtp/jpeg.h"

#include "tests/rtp/frame_loss.h"

static const struct media_track track = {.codec = CODEC_JPEG, .clock_rate = 90000};

#define A50 A10 A10 A10 A10 A10

/* The headers of a frame: main, 320x240 pixels (type, Q), restart interval, quantization tables. */
#define MAIN(type, q)     "\0\0\0\0" type q "\x28\x1e"
#define MAIN_AT(at, t, q) "\0" at t q "\x28\x1e"
#define RESTART(interval) interval "\xff\xff"
#define TABLES            "\0\x02\0\x08tabletab"

/* Payloads are 64 bytes long: 52 of scan data behind 8 of header and 4 of restart header. */
static const struct pack_row pack_rows[] = {
    {"one packet", BYTES(MAIN("\1", "\x32") "scan"), {BYTES(MAIN("\1", "\x32") "scan")}},
    {"another type-specific byte",
     BYTES("\3\0\0\0\1\x32\x28\x1e" A50 "uvwxyzscan"),
     {BYTES("\3\0\0\0\1\x32\x28\x1e" A50 "uvwxyz"), BYTES("\3\0\0\x38\1\x32\x28\x1e"
                                                          "scan")}},
    {"just fits", BYTES(MAIN("\0", "\x32") A50 "uvwxyz"), {BYTES(MAIN("\0", "\x32") A50 "uvwxyz")}},
    {"three packets with restart markers",
     BYTES(MAIN("\x41", "\x32") RESTART("\0\x05") A50 "xy" A50 "zu"
                                                      "v"),
     {BYTES(MAIN("\x41", "\x32") RESTART("\0\x05") A50 "xy"),
      BYTES(MAIN_AT("\0\0\x34", "\x41", "\x32") RESTART("\0\x05") A50 "zu"),
      BYTES(MAIN_AT("\0\0\x68", "\x41", "\x32") RESTART("\0\x05") "v")}},
    {"tables in the first packet only",
     BYTES(MAIN("\x40", "\xff") RESTART("\0\x05") TABLES A10 A10 A10 A10 A50 "xy"
                                                                             "z"),
     {BYTES(MAIN("\x40", "\xff") RESTART("\0\x05") TABLES A10 A10 A10 A10),
      BYTES(MAIN_AT("\0\0\x28", "\x40", "\xff") RESTART("\0\x05") A50 "xy"),
      BYTES(MAIN_AT("\0\0\x5c", "\x40", "\xff") RESTART("\0\x05") "z")}},
    {"tables and no room for data",
     BYTES(MAIN("\1", "\x80") "\0\0\0\x34" A50 "xy"
                              "scan"),
     {BYTES("")}},
    {"tables and room for a byte",
     BYTES(MAIN("\1", "\x80") "\0\0\0\x33" A50 "x"
                              "scan"),
     {BYTES(MAIN("\1", "\x80") "\0\0\0\x33" A50 "x"
                               "s"),
      BYTES(MAIN_AT("\0\0\1", "\1", "\x80") "can")}},
    {"nothing", BYTES(""), {BYTES("")}},
    {"no data", BYTES(MAIN("\1", "\x32")), {BYTES("")}},
    {"not the beginning", BYTES(MAIN_AT("\0\0\1", "\1", "\x32") "scan"), {BYTES("")}},
};

Test(jpeg, payloads_are_those_of_rfc_2435)
{
    run_pack_rows(CODEC_JPEG, pack_rows, ARRAY_LEN(pack_rows));
}

/* A frame of those headers and so much scan data. Free its ptr. */
static struct slice shape_jpeg(struct slice headers, size_t scan_bytes)
{
    uint8_t *frame = malloc(headers.len + scan_bytes);
    memcpy(frame, headers.ptr, headers.len);
    fill_nonzero(frame + headers.len, scan_bytes, 2);
    return slice_of(frame, headers.len + scan_bytes);
}

static const struct {
    struct slice headers;
    size_t fixed; /* what every packet has of them */
} shapes[] = {
    {BYTES(MAIN("\0", "\x32")), 8},
    {BYTES(MAIN("\x41", "\x32") RESTART("\0\x05")), 12},
    {BYTES(MAIN("\1", "\xff") TABLES), 8},
    {BYTES(MAIN("\x40", "\x80") RESTART("\0\x05") TABLES), 12},
};

static void trip_sizes(struct slice headers, size_t fixed, size_t max)
{
    size_t first = max - headers.len, other = max - fixed;
    const size_t sizes[] = {1,
                            first - 1,
                            first,
                            first + 1,
                            first + other - 1,
                            first + other,
                            first + other + 1,
                            9 * max + 7,
                            300000};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct slice frame = shape_jpeg(headers, sizes[i]);
        size_t behind_first = sizes[i] > first ? sizes[i] - first : 0;
        unsigned packets =
            video_trip(CODEC_JPEG, SLICE_LIT(MAIN("\1", "\x32") "x"), frame, true, max);
        cr_assert_eq(packets, 1 + (behind_first + other - 1) / other);
        shape_free(frame);
    }
}

Test(jpeg, a_frame_of_any_size_survives)
{
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++)
        for (size_t n = 0; n < ARRAY_LEN(shapes); n++)
            trip_sizes(shapes[n].headers, shapes[n].fixed, payload_sizes[i]);
}

Test(jpeg, the_loss_of_any_packet_costs_its_frame_and_no_other)
{
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        struct slice frame = shape_jpeg(shapes[i].headers, 500);
        lose_each(CODEC_JPEG, frame, 100);
        shape_free(frame);
    }
}

Test(jpeg, offsets_have_24_bits)
{
    enum { OFFSETS = 1 << 24, SIZE = 65000 };
    const size_t sizes[] = {OFFSETS - 1, OFFSETS};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct packer p;
        bool marker;
        struct slice frame = shape_jpeg(SLICE_LIT(MAIN("\1", "\x32")), sizes[i]);
        packer_init(&p, CODEC_JPEG, frame, SIZE);
        cr_assert_eq(packer_next(&p, NULL, &marker), sizes[i] < OFFSETS ? SIZE : 0);
        shape_free(frame);
    }
}

/* 16x16 pixels from GStreamer 1.22: jpegenc quality=20 ! rtpjpegpay. The data ends with EOI. */
#define GST_TABLES                                                                                 \
    "\0\0\0\x80\x28\x1c\x1e\x23\x1e\x19\x28\x23\x21\x23\x2d\x2b\x28\x30\x3c\x64\x41\x3c\x37\x37"   \
    "\x3c\x7b\x58\x5d\x49\x64\x91\x80\x99\x96\x8f\x80\x8c\x8a\xa0\xb4\xe6\xc3\xa0\xaa\xda\xad\x8a" \
    "\x8c\xc8\xff\xcb\xda\xee\xf5\xff\xff\xff\x9b\xc1\xff\xff\xff\xfa\xff\xe6\xfd\xff\xf8\x2b\x2d" \
    "\x2d\x3c\x35\x3c\x76\x41\x41\x76\xf8\xa5\x8c\xa5\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8" \
    "\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8" \
    "\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8"
#define GST_FRAME "\0\0\0\0\1\xff\2\2" GST_TABLES "\xce\xa2\x8a\x2b\xd5\x20\xff\xd9"

/* 32x32 pixels from ffmpeg 5.1: mjpeg -huffman default, one table for all. No EOI. */
#define FFMPEG_FRAME                                                                               \
    "\0\0\0\0\1\xff\4\4\0\0\0\x40\x08\x3e\x3e\x49\x3e\x49\x55\x55\x55\x55\x55\x55\x64\x5d\x64\x68" \
    "\x68\x68\x64\x64\x64\x64\x68\x68\x68\x70\x70\x70\x83\x83\x83\x70\x70\x70\x68\x68\x70\x70\x7c" \
    "\x7c\x83\x83\x8f\x93\x8f\x87\x87\x83\x87\x93\x93\x9b\x9b\x9b\xba\xba\xb2\xb2\xd9\xd9\xe0\xff" \
    "\xff\xe2\x95\x6b\xa3\x15\xbf\xb7\x15\x8b\x40\x1b\xa2\xb5\xc3\xe2\xb0\xfb\x57\x12\xcd\x8a\0"   \
    "\xf4\xa3\x5c\xe6\x2a\0\xd5\x7e\x80\x03\x5e\xc3\x35\xde\xd4\x7b\x73\x40\x1f"

/* With Q 50, and with tables of their own. */
#define Q50          MAIN("\1", "\x32")
#define Q50_AT(at)   MAIN_AT("\0\0" at, "\1", "\x32")
#define Q128         MAIN("\1", "\x80")
#define Q255         MAIN("\1", "\xff")
#define NO_TABLES    "\0\0\0\0"
#define OTHER_TABLES "\0\0\0\4othr"

static const struct row whole_rows[] = {
    {"from GStreamer", {{1, 100, true, BYTES(GST_FRAME)}}, {{100, true, BYTES(GST_FRAME)}}},
    {"from ffmpeg", {{1, 100, true, BYTES(FFMPEG_FRAME)}}, {{100, true, BYTES(FFMPEG_FRAME)}}},
    {"fragments",
     {{1, 100, false, BYTES(Q50 "one")},
      {2, 100, false, BYTES(Q50_AT("\3") "twotwo")},
      {3, 100, true, BYTES(Q50_AT("\x09") "x")}},
     {{100, true, BYTES(Q50 "onetwotwox")}}},
    {"chunks of restart intervals",
     {{1, 100, false,
       BYTES(MAIN("\x40", "\x32") "\0\x05\x80\0"
                                  "one")},
      {2, 100, false,
       BYTES(MAIN_AT("\0\0\3", "\x40", "\x32") "\0\x05\x40\0"
                                               "two")},
      {3, 100, true,
       BYTES(MAIN_AT("\0\0\6", "\x40", "\x32") "\0\x05\xc0\7"
                                               "x")}},
     {{100, true, BYTES(MAIN("\x40", "\x32") RESTART("\0\x05") "onetwox")}}},
    {"tables that are changing",
     {{1, 100, true, BYTES(Q255 TABLES "one")}, {2, 200, true, BYTES(Q255 OTHER_TABLES "two")}},
     {{100, true, BYTES(Q255 TABLES "one")}, {200, true, BYTES(Q255 OTHER_TABLES "two")}}},
    {"tables that were sent before",
     {{1, 100, true, BYTES(Q128 TABLES "one")},
      {2, 200, true, BYTES(Q128 NO_TABLES "two")},
      {3, 300, true, BYTES(Q255 OTHER_TABLES "x")},
      {4, 400, true, BYTES(Q128 NO_TABLES "three")}},
     {{100, true, BYTES(Q128 TABLES "one")},
      {200, true, BYTES(Q128 TABLES "two")},
      {300, true, BYTES(Q255 OTHER_TABLES "x")},
      {400, true, BYTES(Q128 TABLES "three")}}},
    {"the last tables that were sent before",
     {{1, 100, true, BYTES(Q128 TABLES "one")},
      {2, 200, true, BYTES(Q128 OTHER_TABLES "two")},
      {3, 300, true, BYTES(Q128 NO_TABLES "three")}},
     {{100, true, BYTES(Q128 TABLES "one")},
      {200, true, BYTES(Q128 OTHER_TABLES "two")},
      {300, true, BYTES(Q128 OTHER_TABLES "three")}}},
    {"tables of a frame that was damaged",
     {{1, 100, false, BYTES(Q128 TABLES "one")}, {3, 200, true, BYTES(Q128 NO_TABLES "two")}},
     {{200, true, BYTES(Q128 TABLES "two")}},
     1},
    {"a first byte of the table header that is not zero",
     {{1, 100, true,
       BYTES(Q255 "\xee\2\0\1t"
                  "one")}},
     {{100, true,
       BYTES(Q255 "\0\2\0\1t"
                  "one")}}},
    {"no marker ever",
     {{1, 100, false, BYTES(Q50 "one")},
      {2, 100, false, BYTES(Q50_AT("\3") "two")},
      {3, 200, false, BYTES(Q50 "x")},
      {4, 300, false, BYTES(Q50 "y")}},
     {{100, true, BYTES(Q50 "onetwo")}, {200, true, BYTES(Q50 "x")}}},
    {"no marker and no new time stamp between two fields",
     {{1, 100, false,
       BYTES("\1\0\0\0\1\x32\x28\x0f"
             "odd")},
      {2, 100, true,
       BYTES("\2\0\0\0\1\x32\x28\x0f"
             "even")}},
     {{100, true,
       BYTES("\1\0\0\0\1\x32\x28\x0f"
             "odd")},
      {100, true,
       BYTES("\2\0\0\0\1\x32\x28\x0f"
             "even")}}},
    {"sequence numbers wrap",
     {{0xffff, 100, false, BYTES(Q50 "one")}, {0, 100, true, BYTES(Q50_AT("\3") "two")}},
     {{100, true, BYTES(Q50 "onetwo")}}},
};

/* The whole frame and the next one around what is malformed or lost. */
#define WHOLE_PAYLOAD Q50 "one"
#define WHOLE_UNIT    Q50 "one"
#define NEXT_PAYLOAD  Q50 "next"
#define NEXT_UNIT     Q50 "next"
#define NEXT_KEY      true

/* Another behind the first of a frame that is not taken. */
#define MISFIT(name, payload)                                                                      \
    {                                                                                              \
        name,                                                                                      \
            {WHOLE(0),                                                                             \
             {1, 200, false, BYTES(Q50 "abc")},                                                    \
             {2, 200, false, BYTES(payload), true},                                                \
             {3, 200, true, BYTES(Q50_AT("\6") "x")},                                              \
             NEXT(4)},                                                                             \
            {WHOLE_OUT, NEXT_OUT}, 1                                                               \
    }

static const struct row malformed_rows[] = {
    MALFORMED("half a main header", "\0\0\0\0\1\x32\x28"),
    MALFORMED("no data", Q50),
    MALFORMED("half a restart header", MAIN("\x41", "\x32") "\0\1\xff"),
    MALFORMED("no data behind a restart header", MAIN("\x41", "\x32") "\0\1\xff\xff"),
    MALFORMED("half a table header", Q255 "\0\0\0"),
    MALFORMED("half of the tables", Q255 "\0\0\0\x08tabl"),
    MALFORMED("no data behind the tables", Q255 TABLES),
    MALFORMED("no tables that should be there", Q255 NO_TABLES "x"),
    MALFORMED("a dynamic type", MAIN("\x80", "\x32") "x"),
    MALFORMED("no beginning", Q50_AT("\3") "x"),
    MISFIT("an offset too low", Q50_AT("\2") "def"),
    MISFIT("an offset too high", Q50_AT("\4") "def"),
    MISFIT("another type", MAIN_AT("\0\0\3", "\0", "\x32") "def"),
    MISFIT("another Q", MAIN_AT("\0\0\3", "\1", "\x33") "def"),
    MISFIT("another size", "\0\0\0\3\1\x32\x28\x1f"
                           "def"),
    MISFIT("no data in the middle", Q50_AT("\3")),
};

static const struct row loss_rows[] = {
    {"of the end",
     {WHOLE(0), {1, 200, false, BYTES(Q50 "abc")}, NEXT(3)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"of the end, and of the beginning of the next",
     {{1, 100, false, BYTES(Q50 "abc")},
      {3, 200, false, BYTES(Q50_AT("\3") "def")},
      {4, 200, true, BYTES(Q50_AT("\6") "ghi")},
      NEXT(5)},
     {NEXT_OUT},
     2},
    {"of the end, and the next has the same time stamp",
     {{1, 300, false, BYTES(Q50 "abc")}, NEXT(3)},
     {NEXT_OUT},
     1},
    {"of whole frames", {WHOLE(0), NEXT(9)}, {WHOLE_OUT, NEXT_OUT}},
    {"of the beginning, by joining late",
     {{5, 100, false, BYTES(Q50_AT("\3") "def")},
      {6, 100, true, BYTES(Q50_AT("\6") "ghi")},
      NEXT(7)},
     {NEXT_OUT},
     1},
    {"of the tables, by joining late",
     {{5, 100, false, BYTES(Q128 NO_TABLES "abc")},
      {6, 100, true, BYTES(MAIN_AT("\0\0\3", "\1", "\x80") "def")},
      NEXT(7)},
     {NEXT_OUT},
     1},
};

Test(jpeg, whole_frames_come_out_in_one_form)
{
    run_rows(whole_rows, ARRAY_LEN(whole_rows), &track, (struct slice){0});
}

Test(jpeg, a_malformed_payload_costs_its_frame_and_no_other)
{
    run_rows(malformed_rows, ARRAY_LEN(malformed_rows), &track, (struct slice){0});
}

Test(jpeg, a_loss_costs_what_it_damaged_and_no_more)
{
    run_rows(loss_rows, ARRAY_LEN(loss_rows), &track, (struct slice){0});
}

Test(jpeg, every_prefix_of_a_packet_is_taken_within_its_bytes)
{
    run_rows_prefixes(whole_rows, ARRAY_LEN(whole_rows), &track, (struct slice){0});
    run_rows_prefixes(malformed_rows, ARRAY_LEN(malformed_rows), &track, (struct slice){0});
}

/* As many bytes of tables as there may be, and one more. */
Test(jpeg, tables_are_bounded)
{
    for (size_t bytes = JPEG_TABLES_MAX; bytes <= JPEG_TABLES_MAX + 1; bytes++) {
        struct slice payload = shape_jpeg(SLICE_LIT(Q255 "\0\0\0\0"), bytes + 1);
        struct jpeg_payload jpeg;
        put_be16((uint8_t *)(uintptr_t)payload.ptr + 10, (uint16_t)bytes);
        cr_assert_eq(jpeg_parse(payload, &jpeg), bytes == JPEG_TABLES_MAX);
        shape_free(payload);
    }
}

Test(jpeg, a_frame_is_parsed_within_its_bytes)
{
    struct slice whole = SLICE_LIT(MAIN("\x41", "\x80") RESTART("\0\x05") TABLES "s");
    for (size_t n = 0; n <= whole.len; n++) {
        struct slice copy = guard_copy(slice_head(whole, n));
        struct jpeg_payload jpeg;
        cr_assert_eq(jpeg_parse(copy, &jpeg), n == whole.len);
        guard_free(copy);
    }
}
