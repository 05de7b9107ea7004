/* SPDX-License-Identifier: MIT */
#include "rtp/codec.h"

#include "tests/rtp/frame_loss.h"

static const struct media_track track = {.codec = CODEC_VP8, .clock_rate = 90000};

enum { KEY_FRAME = 0x90, INTER_FRAME = 0xb1 }; /* first bytes of a frame */

static const struct pack_row pack_rows[] = {
    {"nothing", BYTES(""), {BYTES("")}},
    {"a byte", BYTES("\x90"), {BYTES("\x10\x90")}},
    {"just fits", BYTES(A60 "xyz"), {BYTES("\x10" A60 "xyz")}},
    {"a byte more", BYTES(A60 "xyzq"), {BYTES("\x10" A60 "xyz"), BYTES("\0q")}},
    {"three packets",
     BYTES(A60 "xyz" A60 "uvw" A10),
     {BYTES("\x10" A60 "xyz"), BYTES("\0" A60 "uvw"), BYTES("\0" A10)}},
};

Test(vp8, payloads_are_those_of_rfc_7741)
{
    run_pack_rows(CODEC_VP8, pack_rows, ARRAY_LEN(pack_rows));
}

Test(vp8, a_frame_of_any_size_survives)
{
    video_trip_frames(CODEC_VP8, SLICE_LIT("\x10\x90"), KEY_FRAME, INTER_FRAME);
}

Test(vp8, the_loss_of_any_packet_costs_its_frame_and_no_other)
{
    struct slice frame = shape_frame(KEY_FRAME, 500);
    lose_each(CODEC_VP8, frame, 100);
    shape_free(frame);
}

/* Two frames of 32x32 pixels from GStreamer 1.22: vp8enc ! rtpvp8pay mtu=90 picture-id-mode=2. */
#define GST_KEY                                                                                    \
    "\x90\x03\0\x9d\x01\x2a\x20\0\x20\0\x0c\x07\x08\x85\x85\x88\x99\x84\x88\x2c\x02\0\x0c\x0d\x3b" \
    "\x08\x93\x2e\x65\xf9\xfa\x6f\xf4\x4b\x53\x6b\x60\0\xfe\xd1\xf2\xfd\x37\xec\x41\x09\x70\xb3"   \
    "\xc3\xe9\x55\x7c\x36\x8e\x17\x14\x91\x2f\x6d\xc1\x1f\x90\x61\xde\x81\x07\xaa\xcc\xe8\xcf\x40" \
    "\xbe\x53\xd4"
#define GST_KEY_END "\xe8\0"
#define GST_INTER                                                                                  \
    "\x11\x02\0\x3c\x11\x60\0\x18\0\x30\x28\x2f\xf4\0\x9c\x54\x5d\x0d\0\xf4\x85\xff\xe0\x23\xf1"   \
    "\xa0"

/* Frames as they come out. */
#define KEY   "\x90key"
#define INTER "\xb1int"

static const struct row whole_rows[] = {
    {"from GStreamer",
     {{1, 100, false, BYTES("\x90\x80\x81\x2c" GST_KEY)},
      {2, 100, true, BYTES("\x80\x80\x81\x2c" GST_KEY_END)},
      {3, 200, true, BYTES("\x90\x80\x81\x2d" GST_INTER)}},
     {{100, true, BYTES(GST_KEY GST_KEY_END)}, {200, false, BYTES(GST_INTER)}}},
    {"all forms of the descriptor",
     {{1, 100, false, BYTES("\x10" KEY)},
      {2, 100, false,
       BYTES("\x80\x00"
             "a")},
      {3, 100, false,
       BYTES("\x80\x80\x7f"
             "b")},
      {4, 100, false,
       BYTES("\x80\x80\x80\x01"
             "c")},
      {5, 100, false,
       BYTES("\x80\x40\x01"
             "d")},
      {6, 100, false,
       BYTES("\x80\x20\x41"
             "e")},
      {7, 100, false,
       BYTES("\x80\x10\x01"
             "f")},
      {8, 100, false,
       BYTES("\x80\x30\x41"
             "g")},
      {9, 100, false,
       BYTES("\x80\xf0\xff\xff\x01\x41"
             "h")},
      {10, 100, true,
       BYTES("\x80\xf0\x7f\x01\x41"
             "i")}},
     {{100, true, BYTES(KEY "abcdefghi")}}},
    {"reserved bits, and the mark of a frame that nothing refers to",
     {{1, 100, false, BYTES("\x78" INTER)},
      {2, 100, true,
       BYTES("\xe8\x0f"
             "a")}},
     {{100, false, BYTES(INTER "a")}}},
    {"partitions",
     {{1, 100, false, BYTES("\x10" KEY)},
      {2, 100, false,
       BYTES("\x11"
             "a")},
      {3, 100, false,
       BYTES("\x01"
             "b")},
      {4, 100, true,
       BYTES("\x17"
             "c")}},
     {{100, true, BYTES(KEY "abc")}}},
    {"no marker ever",
     {{1, 100, false, BYTES("\x10" KEY)},
      {2, 100, false,
       BYTES("\0"
             "a")},
      {3, 200, false, BYTES("\x10" INTER)},
      {4, 300, false, BYTES("\x10" INTER)}},
     {{100, true, BYTES(KEY "a")}, {200, false, BYTES(INTER)}}},
    {"no marker and no new time stamp between two frames",
     {{1, 100, false, BYTES("\x10" KEY)}, {2, 100, true, BYTES("\x10" INTER)}},
     {{100, true, BYTES(KEY)}, {100, false, BYTES(INTER)}}},
    {"sequence numbers wrap",
     {{0xffff, 100, false, BYTES("\x10" KEY)},
      {0, 100, true,
       BYTES("\0"
             "a")}},
     {{100, true, BYTES(KEY "a")}}},
};

/* The whole frame and the next one around what is malformed or lost. */
#define WHOLE_PAYLOAD "\x10" KEY
#define WHOLE_UNIT    KEY
#define NEXT_PAYLOAD  "\x10" INTER
#define NEXT_UNIT     INTER
#define NEXT_KEY      false

static const struct row malformed_rows[] = {
    MALFORMED("no data", "\x10"),
    MALFORMED("no second byte", "\x90"),
    MALFORMED("no picture id", "\x90\x80"),
    MALFORMED("half a picture id", "\x90\x80\x80"),
    MALFORMED("no data behind all there may be", "\x90\xf0\x80\x01\x02\x03"),
    {"no data in the middle",
     {WHOLE(0),
      {1, 200, false, BYTES("\x10" KEY)},
      {2, 200, false, BYTES("\x80"), true},
      {3, 200, true,
       BYTES("\0"
             "a")},
      NEXT(4)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"no beginning",
     {WHOLE(0),
      {1, 200, false,
       BYTES("\0"
             "a"),
       true},
      {2, 200, true,
       BYTES("\0"
             "b")},
      NEXT(3)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"begins with another partition",
     {WHOLE(0),
      {1, 200, true,
       BYTES("\x11"
             "a"),
       true},
      NEXT(2)},
     {WHOLE_OUT, NEXT_OUT},
     1},
};

static const struct row loss_rows[] = {
    {"of the end",
     {WHOLE(0), {1, 200, false, BYTES("\x10" KEY)}, NEXT(3)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"of the end, and of the beginning of the next",
     {{1, 100, false, BYTES("\x10" KEY)},
      {3, 200, false,
       BYTES("\0"
             "a")},
      {4, 200, true,
       BYTES("\0"
             "b")},
      NEXT(5)},
     {NEXT_OUT},
     2},
    {"of the end, and the next has the same time stamp",
     {{1, 300, false, BYTES("\x10" KEY)}, NEXT(3)},
     {NEXT_OUT},
     1},
    {"before another partition",
     {WHOLE(0),
      {2, 200, false,
       BYTES("\x11"
             "a")},
      {3, 200, true,
       BYTES("\x12"
             "b")},
      NEXT(4)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"of whole frames", {WHOLE(0), NEXT(9)}, {WHOLE_OUT, NEXT_OUT}},
    {"of the beginning, by joining late",
     {{5, 100, false,
       BYTES("\0"
             "a")},
      {6, 100, true,
       BYTES("\0"
             "b")},
      NEXT(7)},
     {NEXT_OUT},
     1},
    {"and a late packet does not mend it",
     {{1, 100, false, BYTES("\x10" KEY)},
      {3, 100, false,
       BYTES("\0"
             "b")},
      {2, 100, false,
       BYTES("\0"
             "a")},
      NEXT(4)},
     {NEXT_OUT},
     1},
};

Test(vp8, whole_frames_come_out_in_whatever_form_they_came)
{
    run_rows(whole_rows, ARRAY_LEN(whole_rows), &track, (struct slice){0});
}

Test(vp8, a_malformed_payload_costs_its_frame_and_no_other)
{
    run_rows(malformed_rows, ARRAY_LEN(malformed_rows), &track, (struct slice){0});
}

Test(vp8, a_loss_costs_what_it_damaged_and_no_more)
{
    run_rows(loss_rows, ARRAY_LEN(loss_rows), &track, (struct slice){0});
}

Test(vp8, every_prefix_of_a_packet_is_taken_within_its_bytes)
{
    run_rows_prefixes(whole_rows, ARRAY_LEN(whole_rows), &track, (struct slice){0});
    run_rows_prefixes(malformed_rows, ARRAY_LEN(malformed_rows), &track, (struct slice){0});
}
