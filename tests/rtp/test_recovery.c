/* SPDX-License-Identifier: MIT */
/*
 * Recovery point SEI: access units that have one are places to start, although no picture in them
 * could be decoded alone.
 */
#include "rtp/codec.h"

#include "tests/rtp/unpack_rows.h"

static const struct media_track h264 = {.codec = CODEC_H264, .clock_rate = 90000};
static const struct media_track h265 = {.codec = CODEC_H265, .clock_rate = 90000};

#define LENGTH(n) "\0\0\0" n

/* The units of the rows, as they travel and as they come out. */
#define AUD       "\x09\xf0"
#define TIMING    "\x06\x01\x01x\x80"
#define RECOVERY  "\x06\x06\x01\xc4\x80"
#define BOTH      "\x06\x01\x01x\x06\x01\xc4\x80"
#define P         "\x41\x9ap"
#define P_MORE    "\x41\x5am" /* first_mb_in_slice is not 0 */
#define AUD_L     LENGTH("\2") AUD
#define TIMING_L  LENGTH("\5") TIMING
#define RECOVER_L LENGTH("\5") RECOVERY
#define BOTH_L    LENGTH("\x8") BOTH
#define P_L       LENGTH("\3") P
#define P_MORE_L  LENGTH("\3") P_MORE

static const struct row h264_rows[] = {
    {"none",
     {{1, 100, false, BYTES(TIMING)}, {2, 100, true, BYTES(P)}},
     {{100, false, BYTES(TIMING_L P_L)}}},
    {"in front of slices",
     {{1, 100, false, BYTES(AUD)},
      {2, 100, false, BYTES(RECOVERY)},
      {3, 100, false, BYTES(P)},
      {4, 100, true, BYTES(P_MORE)},
      {5, 200, true, BYTES(P)}},
     {{100, true, BYTES(AUD_L RECOVER_L P_L P_MORE_L)}, {200, false, BYTES(P_L)}}},
    {"not the first message",
     {{1, 100, false, BYTES(BOTH)}, {2, 100, true, BYTES(P)}},
     {{100, true, BYTES(BOTH_L P_L)}}},
    {"in an aggregate",
     {{1, 100, true, BYTES("\x78\0\2" AUD "\0\5" RECOVERY "\0\3" P)}},
     {{100, true, BYTES(AUD_L RECOVER_L P_L)}}},
    {"in fragments",
     {{1, 100, false, BYTES("\x1c\x86\x06\x01")},
      {2, 100, false, BYTES("\x1c\x46\xc4\x80")},
      {3, 100, true, BYTES(P)}},
     {{100, true, BYTES(RECOVER_L P_L)}}},
    {"with the marker",
     {{1, 100, true, BYTES(RECOVERY)}, {2, 100, true, BYTES(P)}},
     {{100, true, BYTES(RECOVER_L P_L)}}},
    {"with the time stamp of the picture before",
     {{1, 100, true, BYTES(P)}, {2, 100, false, BYTES(RECOVERY)}, {3, 200, true, BYTES(P)}},
     {{100, false, BYTES(P_L)}, {200, true, BYTES(RECOVER_L P_L)}}},
    {"behind the slices of a picture that no marker ends",
     {{1, 100, false, BYTES(P)}, {2, 100, false, BYTES(RECOVERY)}, {3, 200, true, BYTES(P)}},
     {{100, false, BYTES(P_L RECOVER_L)}, {200, false, BYTES(P_L)}}},
    {"between slices with markers",
     {{1, 100, true, BYTES(P)},
      {2, 100, false, BYTES(RECOVERY)},
      {3, 100, true, BYTES(P_MORE)},
      {4, 200, true, BYTES(P)}},
     {{100, false, BYTES(P_L)}, {100, false, BYTES(RECOVER_L P_MORE_L)}}},
    {"behind a loss",
     {{1, 100, true, BYTES(P)}, {3, 200, false, BYTES(RECOVERY)}, {4, 200, true, BYTES(P)}},
     {{100, false, BYTES(P_L)}, {200, true, BYTES(RECOVER_L P_L)}}},
    {"itself lost",
     {{1, 100, true, BYTES(P)}, {3, 200, true, BYTES(P)}},
     {{100, false, BYTES(P_L)}, {200, false, BYTES(P_L)}}},
};

#define RECOVERY_5  "\x4e\x01\x06\x01\xd0\x80"
#define SUFFIX_5    "\x50\x01\x06\x01\xd0\x80"
#define UPPER_5     "\x4e\x09\x06\x01\xd0\x80" /* of layer 1 */
#define TRAIL       "\x02\x01\x80t"
#define RECOVER_5_L LENGTH("\6") RECOVERY_5
#define TRAIL_L     LENGTH("\4") TRAIL

static const struct row h265_rows[] = {
    {"in front of slices",
     {{1, 100, false, BYTES(RECOVERY_5)}, {2, 100, true, BYTES(TRAIL)}},
     {{100, true, BYTES(RECOVER_5_L TRAIL_L)}}},
    {"in an aggregate",
     {{1, 100, true, BYTES("\x60\x01\0\6" RECOVERY_5 "\0\4" TRAIL)}},
     {{100, true, BYTES(RECOVER_5_L TRAIL_L)}}},
    {"a suffix",
     {{0, 50, true, BYTES(TRAIL)}, {1, 100, false, BYTES(SUFFIX_5)}, {2, 100, true, BYTES(TRAIL)}},
     {{50, false, BYTES(TRAIL_L)}, {100, false, BYTES(LENGTH("\6") SUFFIX_5 TRAIL_L)}}},
    {"of an upper layer",
     {{1, 100, false, BYTES(UPPER_5)}, {2, 100, true, BYTES(TRAIL)}},
     {{100, false, BYTES(LENGTH("\6") UPPER_5 TRAIL_L)}}},
};

Test(recovery, h264_access_units_with_a_recovery_point_are_keys)
{
    for (size_t i = 0; i < ARRAY_LEN(h264_rows); i++)
        run_row(&h264_rows[i], &h264, (struct slice){0});
}

Test(recovery, h265_access_units_with_a_recovery_point_are_keys)
{
    for (size_t i = 0; i < ARRAY_LEN(h265_rows); i++)
        run_row(&h265_rows[i], &h265, (struct slice){0});
}

Test(recovery, any_packet_may_be_cut_short)
{
    for (size_t i = 0; i < ARRAY_LEN(h264_rows); i++)
        run_row_prefixes(&h264_rows[i], &h264, (struct slice){0});
    for (size_t i = 0; i < ARRAY_LEN(h265_rows); i++)
        run_row_prefixes(&h265_rows[i], &h265, (struct slice){0});
}
