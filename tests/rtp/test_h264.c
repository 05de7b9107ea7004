/* SPDX-License-Identifier: MIT */
#include "rtp/codec.h"

#include "tests/rtp/nal_rows.h"
#include "tests/rtp/pack_rows.h"
#include "tests/rtp/unpack_rows.h"

static const struct media_track track = {.codec = CODEC_H264, .clock_rate = 90000};

static const struct pack_row pack_rows[] = {
    {"single unit", BYTES("\0\0\0\3\x65\x88\x80"), {BYTES("\x65\x88\x80")}},
    {"nothing", BYTES(""), {BYTES("")}},
    {"empty units", BYTES("\0\0\0\0\0\0\0\0"), {BYTES("")}},
    {"empty units around one", BYTES("\0\0\0\0\0\0\0\2\x65\x88\0\0\0\0"), {BYTES("\x65\x88")}},
    {"the highest NRI of the parts",
     BYTES("\0\0\0\2\x09\xf0\0\0\0\2\x67\x42\0\0\0\2\x41\x9a"),
     {BYTES("\x78\0\2\x09\xf0\0\2\x67\x42\0\2\x41\x9a")}},
    {"the F bit of any part",
     BYTES("\0\0\0\2\x21\x88\0\0\0\2\xc1\x42"),
     {BYTES("\xd8\0\2\x21\x88\0\2\xc1\x42")}},
    {"small units in front of a large one",
     BYTES("\0\0\0\2\x67\x42\0\0\0\1\x68\0\0\0\x41\x65\x88" A60 "xyz"),
     {BYTES("\x78\0\2\x67\x42\0\1\x68"), BYTES("\x7c\x85\x88" A60 "x"), BYTES("\x7c\x45yz")}},
    {"a unit that just fits, alone",
     BYTES("\0\0\0\x40\x41\x9a" A60 "xy"),
     {BYTES("\x41\x9a" A60 "xy")}},
    {"two that would fit but for the framing",
     BYTES("\0\0\0\x3c\x41\x9a" A10 A10 A10 A10 A10 "12345678\0\0\0\2\x41\x1a"),
     {BYTES("\x41\x9a" A10 A10 A10 A10 A10 "12345678"), BYTES("\x41\x1a")}},
    {"two that just fit with the framing",
     BYTES("\0\0\0\x39\x41\x9a" A10 A10 A10 A10 A10 "12345\0\0\0\2\x41\x1a"),
     {BYTES("\x58\0\x39\x41\x9a" A10 A10 A10 A10 A10 "12345\0\2\x41\x1a")}},
    {"fragments in the middle",
     BYTES("\0\0\0\x80\x41\x9a" A60 "x" A60 "yavwx\0\0\0\2\x41\x1a"),
     {BYTES("\x5c\x81\x9a" A60 "x"), BYTES("\x5c\x01" A60 "ya"), BYTES("\x5c\x41vwx"),
      BYTES("\x41\x1a")}},
};

Test(h264, payloads_are_those_of_rfc_6184)
{
    run_pack_rows(CODEC_H264, pack_rows, ARRAY_LEN(pack_rows));
}

/* The units of the rows below, as they travel and as they come out. */
#define SPS      "\x67\x42"
#define PPS      "\x68\xce"
#define SEI      "\x06\x05"
#define AUD      "\x09\xf0"
#define IDR      "\x65\x88i"
#define IDR_MORE "\x65\x48m" /* first_mb_in_slice is not 0 */
#define P        "\x41\x9ap"
#define P_MORE   "\x41\x5am"

#define L2(unit) "\0\0\0\2" unit
#define L3(unit) "\0\0\0\3" unit

static const struct slice units[U_COUNT] = {
    [U_AUD] = BYTES(AUD),
    [U_SPS] = BYTES(SPS),
    [U_PPS] = BYTES(PPS),
    [U_IDR] = BYTES(IDR),
    [U_IDR_MORE] = BYTES(IDR_MORE),
    [U_P] = BYTES(P),
    [U_P_MORE] = BYTES(P_MORE),
    [U_IDR_START] = BYTES("\x7c\x85\x88"),
    [U_IDR_INNER] = BYTES("\x7c\x05x"),
    [U_IDR_END] = BYTES("\x7c\x45i"),
    [U_P_START] = BYTES("\x5c\x81\x9a"),
    [U_P_END] = BYTES("\x5c\x41p"),
    [U_P_MORE_START] = BYTES("\x5c\x81\x5a"),
    [U_P_MORE_END] = BYTES("\x5c\x41m"),
    [U_IDR_START_AND_END] = BYTES("\x7c\xc5\x88i"),
    [U_HALF_FRAGMENT] = BYTES("\x7c"),
    [U_HALF_SPS] = BYTES("\x78\0\4" SPS),
};

static const struct row whole_rows[] = {
    {"aggregate",
     {{1, 100, true, BYTES("\x78\0\2" SPS "\0\2" PPS "\0\3" IDR)}},
     {{100, true, BYTES(L2(SPS) L2(PPS) L3(IDR))}}},
    {"fragments",
     {{1, 100, false, BYTES("\x7c\x85\x88")},
      {2, 100, false, BYTES("\x7c\x05one")},
      {3, 100, false, BYTES("\x7c\x05")},
      {4, 100, true, BYTES("\x7c\x45two")}},
     {{100, true, BYTES("\0\0\0\x8\x65\x88onetwo")}}},
    {"marker on every fragment of a second slice",
     {{1, 100, false, BYTES(IDR)},
      {2, 100, true, BYTES("\x7c\x85\x48")},
      {3, 100, true, BYTES("\x7c\x45m")}},
     {{100, true, BYTES(L3(IDR) L3(IDR_MORE))}}},
    {"last slices behind a marker, and a field behind them",
     {{1, 100, true, BYTES(IDR)}, {2, 100, false, BYTES(IDR_MORE)}, {3, 100, true, BYTES(IDR)}},
     {{100, true, BYTES(L3(IDR))}}}, /* the rest waits for another time stamp */
    {"two fields of one time stamp",
     {{1, 100, true, BYTES(IDR)}, {2, 100, true, BYTES(IDR)}},
     {{100, true, BYTES(L3(IDR))}, {100, true, BYTES(L3(IDR))}}},
    {"start codes inside a unit",
     {{1, 100, true, BYTES(SPS "\0\0\0\1" PPS "\0\0\1" IDR)}},
     {{100, true, BYTES(L2(SPS) L2(PPS) L3(IDR))}}},
    {"a start code in front",
     {{1, 100, true, BYTES("\0\0\0\1" SPS "\0\0\0\1" IDR)}},
     {{100, true, BYTES(L2(SPS) L3(IDR))}}},
    {"empty parts of an aggregate",
     {{1, 100, true, BYTES(P)}, {2, 200, true, BYTES("\x78\0\0\0\3" IDR "\0\0")}},
     {{100, false, BYTES(L3(P))}, {200, true, BYTES(L3(IDR))}}},
    {"reserved types are ignored",
     {{1, 100, false, BYTES(IDR)},
      {2, 100, false, BYTES("\x60x")},
      {3, 100, false, BYTES("\x7ex")},
      {4, 100, true, BYTES("\x7fx")}},
     {{100, true, BYTES(L3(IDR))}}},
    {"an IDR picture that a slice without first_mb_in_slice 0 begins",
     {{1, 100, false, BYTES(SPS)}, {2, 100, true, BYTES(IDR_MORE)}},
     {{100, false, BYTES(L2(SPS) L3(IDR_MORE))}}},
};

/* The whole picture and the next one around what is malformed or lost. */
#define WHOLE_PAYLOAD IDR
#define WHOLE_UNIT    L3(IDR)
#define NEXT_PAYLOAD  P
#define NEXT_UNIT     L3(P)
#define NEXT_KEY      false

static const struct row malformed_rows[] = {
    MALFORMED("STAP-B", "\x79\0\0\0\3" IDR),
    MALFORMED("MTAP16", "\x7a\0\0\0\3" IDR),
    MALFORMED("MTAP24", "\x7b\0\0\0\3" IDR),
    MALFORMED("FU-B", "\x7d\x85\0\0\x88"),
    {"STAP-B in the middle",
     {WHOLE(0),
      {1, 200, false, BYTES(IDR)},
      {2, 200, false, BYTES("\x79\0\0\0\3" IDR), true},
      {3, 200, true, BYTES(IDR_MORE)},
      NEXT(4)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    MALFORMED("an aggregate in an aggregate", "\x78\0\5\x78\0\2" SPS),
    MALFORMED("a part beyond the end", "\x78\0\4" IDR),
    MALFORMED("half a length", "\x78\0\3" IDR "\0"),
    MALFORMED("a fragment of an aggregate", "\x7c\xd8x"),
};

static const struct row loss_rows[] = {
    {"before aggregated parameter sets",
     {WHOLE(10), {13, 200, true, BYTES("\x78\0\2" SPS "\0\3" IDR)}, NEXT(14)},
     {WHOLE_OUT, {200, true, BYTES(L2(SPS) L3(IDR))}, NEXT_OUT}},
    {"before SEI",
     {WHOLE(10), {13, 200, true, BYTES(SEI "\0\0\1" P)}, NEXT(14)},
     {WHOLE_OUT, {200, false, BYTES(L2(SEI) L3(P))}, NEXT_OUT}},
};

Test(h264, whole_access_units_come_out_in_whatever_form_they_came)
{
    run_rows(whole_rows, ARRAY_LEN(whole_rows), &track, (struct slice){0});
    nal_rows_run(NAL_WHOLE, &track, units);
}

Test(h264, a_malformed_payload_costs_its_access_unit_and_no_other)
{
    run_rows(malformed_rows, ARRAY_LEN(malformed_rows), &track, (struct slice){0});
    nal_rows_run(NAL_MALFORMED, &track, units);
}

Test(h264, a_loss_costs_what_it_damaged_and_no_more)
{
    run_rows(loss_rows, ARRAY_LEN(loss_rows), &track, (struct slice){0});
    nal_rows_run(NAL_LOSS, &track, units);
}

Test(h264, every_prefix_of_a_packet_is_taken_within_its_bytes)
{
    run_rows_prefixes(whole_rows, ARRAY_LEN(whole_rows), &track, (struct slice){0});
    nal_rows_run_prefixes(NAL_WHOLE, &track, units);
    run_rows_prefixes(malformed_rows, ARRAY_LEN(malformed_rows), &track, (struct slice){0});
    nal_rows_run_prefixes(NAL_MALFORMED, &track, units);
}
