/* SPDX-License-Identifier: MIT */
#include "rtp/codec.h"

#include "tests/rtp/frame_loss.h"

static const struct media_track track = {.codec = CODEC_VP9, .clock_rate = 90000};

enum { KEY_FRAME = 0x82, INTER_FRAME = 0x86 }; /* first bytes of a frame */

static const struct pack_row pack_rows[] = {
    {"nothing", BYTES(""), {BYTES("")}},
    {"a key frame", BYTES("\x82"), {BYTES("\x0c\x82")}},
    {"an inter frame", BYTES("\x86"), {BYTES("\x4c\x86")}},
    {"just fits", BYTES("\x82" A60 "xy"), {BYTES("\x0c\x82" A60 "xy")}},
    {"a byte more", BYTES("\x82" A60 "xyz"), {BYTES("\x08\x82" A60 "xy"), BYTES("\x04z")}},
    {"three packets",
     BYTES("\x86" A60 "xy" A60 "uvw" A10),
     {BYTES("\x48\x86" A60 "xy"), BYTES("\x40" A60 "uvw"), BYTES("\x44" A10)}},
};

Test(vp9, payloads_are_those_of_rfc_9628)
{
    run_pack_rows(CODEC_VP9, pack_rows, ARRAY_LEN(pack_rows));
}

Test(vp9, a_picture_of_any_size_survives)
{
    video_trip_frames(CODEC_VP9, SLICE_LIT("\x0c\x82"), KEY_FRAME, INTER_FRAME);
}

Test(vp9, the_loss_of_any_packet_costs_its_picture_and_no_other)
{
    struct slice frame = shape_frame(KEY_FRAME, 500);
    lose_each(CODEC_VP9, frame, 100);
    shape_free(frame);
}

/* First bytes of a frame: marker, profile, show_existing_frame, frame_type, and two more bits. */
static const struct {
    const char *name;
    uint8_t first;
    bool key;
} header_rows[] = {
    {"profile 0, key", 0x80, true},    {"profile 0, key, shown", 0x83, true},
    {"profile 0, inter", 0x84, false}, {"profile 0, shows another frame", 0x88, false},
    {"profile 1, key", 0xa0, true},    {"profile 1, inter", 0xa4, false},
    {"profile 2, key", 0x90, true},    {"profile 2, inter", 0x94, false},
    {"profile 3, key", 0xb0, true},    {"profile 3, key, shown", 0xb1, true},
    {"profile 3, inter", 0xb2, false}, {"profile 3, shows another frame", 0xb4, false},
    {"no frame marker", 0x40, false},  {"no frame marker either", 0xc0, false},
};

Test(vp9, the_frame_header_tells_a_key_frame)
{
    for (size_t i = 0; i < ARRAY_LEN(header_rows); i++) {
        const uint8_t frame[] = {header_rows[i].first, 'x'};
        video_trip(CODEC_VP9, SLICE_LIT("\x0c\x82"), slice_of(frame, sizeof(frame)),
                   header_rows[i].key, 100);
    }
}

/* Two frames of 32x32 pixels from GStreamer 1.22: vp9enc ! rtpvp9pay mtu=70 picture-id-mode=2. */
#define GST_KEY                                                                                    \
    "\xb1\x24\xc1\xa1\x48\0\x0f\x80\x0f\xb0\x11\xc1\x20\xe0\xcc\x80\0\x01\x80\x70\0\0\x7f\x72\x1e" \
    "\xa6\x81\xfb\x0e\x87\x81\x02\xf1\xf2\x9e\xd3\x69\x97\x0a\xcd\x69\x21\x4c\xf4\xf6\x4f\xa3"
#define GST_KEY_END "\xf9\x32\x69\x87\xb9\x2d\xcf\xfe\xe0\xeb\0\0"
#define GST_INTER   "\0\x20\x49\x16\0\x2c\x80\0\x01\x80\x20\0\0\x4d\x66\0"

/* Frames as they come out. */
#define KEY   "\x82key"
#define INTER "\x86int"
#define UPPER "\x86upp" /* of an upper spatial layer */

static const struct row whole_rows[] = {
    {"one byte of descriptor",
     {{1, 100, false, BYTES("\x08" KEY)},
      {2, 100, true,
       BYTES("\x04"
             "a")},
      {3, 200, true, BYTES("\x4c" INTER)}},
     {{100, true, BYTES(KEY "a")}, {200, false, BYTES(INTER)}}},
    {"picture ids",
     {{1, 100, false, BYTES("\x88\x7f" KEY)},
      {2, 100, false,
       BYTES("\x80\x80\x01"
             "a")},
      {3, 100, true,
       BYTES("\x84\xff\xff"
             "b")}},
     {{100, true, BYTES(KEY "ab")}}},
    {"layers with TL0PICIDX",
     {{1, 100, false, BYTES("\xa8\x01\x00\x07" KEY)},
      {2, 100, false,
       BYTES("\x24\x00\x07"
             "a")},
      {3, 100, false, BYTES("\xa8\x01\x03\x07" UPPER)},
      {4, 100, true,
       BYTES("\xa4\x01\x03\x07"
             "b")}},
     {{100, true, BYTES(KEY "a" UPPER "b")}}},
    {"layers in flexible mode",
     {{1, 100, false, BYTES("\xbc\x01\x00" KEY)},
      {2, 100, true, BYTES("\xfc\x01\x03\x02" UPPER)},
      {3, 200, true, BYTES("\xfc\x01\x00\x03\x05\x06" INTER)},
      {4, 300, true, BYTES("\xdc\x01\x03\x05\x02" INTER)}},
     {{100, true, BYTES(KEY UPPER)}, {200, false, BYTES(INTER)}, {300, false, BYTES(INTER)}}},
    {"flexible mode without references",
     {{1, 100, true, BYTES("\x9c\x01" KEY)}},
     {{100, true, BYTES(KEY)}}},
    {"a scalability structure of nothing",
     {{1, 100, true, BYTES("\x0e\x00" KEY)}},
     {{100, true, BYTES(KEY)}}},
    {"a scalability structure of two sizes",
     {{1, 100, true, BYTES("\x0e\x30\x00\x20\x00\x20\x00\x40\x00\x40" KEY)}},
     {{100, true, BYTES(KEY)}}},
    {"a scalability structure of a size and a picture group",
     {{1, 100, true, BYTES("\x8e\x01\x18\x00\x20\x00\x20\x03\x00\x44\x01\x4c\x01\x02\x03" KEY)}},
     {{100, true, BYTES(KEY)}}},
    {"from GStreamer",
     {{1, 100, false, BYTES("\x8a\xc9\x51\x18\0\x20\0\x20\x01\x04\x01" GST_KEY)},
      {2, 100, true, BYTES("\x84\xc9\x51" GST_KEY_END)},
      {3, 200, true, BYTES("\xcc\xc9\x52" GST_INTER)}},
     {{100, true, BYTES(GST_KEY GST_KEY_END)}, {200, false, BYTES(GST_INTER)}}},
    {"a picture without its lower layers",
     {{1, 100, true, BYTES("\x0c" KEY)}, {2, 200, true, BYTES("\x6c\x04\x07" UPPER)}},
     {{100, true, BYTES(KEY)}, {200, false, BYTES(UPPER)}}},
    {"no marker ever",
     {{1, 100, false, BYTES("\x08" KEY)},
      {2, 100, false,
       BYTES("\x04"
             "a")},
      {3, 200, false, BYTES("\x4c" INTER)},
      {4, 300, false, BYTES("\x4c" INTER)}},
     {{100, true, BYTES(KEY "a")}, {200, false, BYTES(INTER)}}},
    {"sequence numbers wrap",
     {{0xffff, 100, false, BYTES("\x08" KEY)},
      {0, 100, true,
       BYTES("\x04"
             "a")}},
     {{100, true, BYTES(KEY "a")}}},
};

/* The whole picture and the next one around what is malformed or lost. */
#define WHOLE_PAYLOAD "\x0c" KEY
#define WHOLE_UNIT    KEY
#define NEXT_PAYLOAD  "\x4c" INTER
#define NEXT_UNIT     INTER
#define NEXT_KEY      false

static const struct row malformed_rows[] = {
    MALFORMED("no data", "\x0c"),
    MALFORMED("no picture id", "\x8c"),
    MALFORMED("half a picture id", "\x8c\x80"),
    MALFORMED("no data behind a picture id", "\x8c\x80\x01"),
    MALFORMED("no layers", "\xac\x01"),
    MALFORMED("no TL0PICIDX", "\xac\x01\x00"),
    MALFORMED("no reference", "\xdc\x01"),
    MALFORMED("no second reference", "\xdc\x01\x03"),
    MALFORMED("a fourth reference", "\xdc\x01\x03\x03\x03\x02" INTER),
    MALFORMED("no scalability structure", "\x0e"),
    MALFORMED("no data behind a scalability structure", "\x0e\x00"),
    MALFORMED("half a size", "\x0e\x10\x00\x20\x00"),
    MALFORMED("no picture group", "\x0e\x08"),
    MALFORMED("no picture in the group", "\x0e\x08\x01"),
    MALFORMED("half the references of a picture in the group", "\x0e\x08\x01\x0c\x01\x02"),
    MALFORMED("no beginning", "\x04"
                              "a"),
    {"no data in the middle",
     {WHOLE(0),
      {1, 200, false, BYTES("\x08" KEY)},
      {2, 200, false, BYTES("\x80\x01"), true},
      {3, 200, true,
       BYTES("\x04"
             "a")},
      NEXT(4)},
     {WHOLE_OUT, NEXT_OUT},
     1},
};

static const struct row loss_rows[] = {
    {"of the end",
     {WHOLE(0), {1, 200, false, BYTES("\x08" KEY)}, NEXT(3)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"of the end, and of the beginning of the next",
     {{1, 100, false, BYTES("\x08" KEY)},
      {3, 200, false,
       BYTES("\x40"
             "a")},
      {4, 200, true,
       BYTES("\x44"
             "b")},
      NEXT(5)},
     {NEXT_OUT},
     2},
    {"of the lowest layer",
     {WHOLE(0),
      {2, 200, false, BYTES("\x6c\x02\x07" UPPER)},
      {3, 200, true, BYTES("\x6c\x05\x07" UPPER)},
      NEXT(4)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"of the lowest layer, and the others say that they are the lowest as well",
     {WHOLE(0), {2, 200, true, BYTES("\x6c\x01\x07" UPPER)}, NEXT(3)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"of an upper layer",
     {WHOLE(0),
      {1, 200, false, BYTES("\x2c\x00\x07" KEY)},
      {3, 200, true, BYTES("\x6c\x05\x07" UPPER)},
      NEXT(4)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"of whole pictures", {WHOLE(0), NEXT(9)}, {WHOLE_OUT, NEXT_OUT}},
    {"of the beginning, by joining late",
     {{5, 100, false,
       BYTES("\x40"
             "a")},
      {6, 100, true,
       BYTES("\x44"
             "b")},
      NEXT(7)},
     {NEXT_OUT},
     1},
};

Test(vp9, whole_pictures_come_out_in_whatever_form_they_came)
{
    run_rows(whole_rows, ARRAY_LEN(whole_rows), &track, (struct slice){0});
}

Test(vp9, a_malformed_payload_costs_its_picture_and_no_other)
{
    run_rows(malformed_rows, ARRAY_LEN(malformed_rows), &track, (struct slice){0});
}

Test(vp9, a_loss_costs_what_it_damaged_and_no_more)
{
    run_rows(loss_rows, ARRAY_LEN(loss_rows), &track, (struct slice){0});
}

Test(vp9, every_prefix_of_a_packet_is_taken_within_its_bytes)
{
    run_rows_prefixes(whole_rows, ARRAY_LEN(whole_rows), &track, (struct slice){0});
    run_rows_prefixes(malformed_rows, ARRAY_LEN(malformed_rows), &track, (struct slice){0});
}
