/* SPDX-License-Identifier: MIT */
#include "rtp/codec.h"

#include "tests/rtp/nal_rows.h"
#include "tests/rtp/nal_trip.h"

#include <errno.h>

static const struct media_track track = {.codec = CODEC_H265, .clock_rate = 90000};

/* The units of the rows below, as they travel and as they come out. */
#define VPS        "\x40\x01\x0c"
#define SPS        "\x42\x01\x01"
#define PPS        "\x44\x01\xc0"
#define AUD        "\x46\x01\x10"
#define SEI        "\x4e\x01\x05"
#define SEI_BEHIND "\x50\x01\x05" /* suffix SEI */
#define IDR        "\x28\x01\xac"
#define IDR_MORE   "\x28\x01\x2c" /* first_slice_segment_in_pic_flag is not set */
#define CRA        "\x2a\x01\xac"
#define P          "\x02\x01\xd0"
#define P_MORE     "\x02\x01\x50"
#define UPPER      "\x02\x09\xd0" /* the picture of layer 1 */

#define L3(unit) "\0\0\0\3" unit
#define A3(unit) "\0\3" unit /* in an aggregation packet */

static const struct pack_row pack_rows[] = {
    {"single unit", BYTES(L3(IDR)), {BYTES(IDR)}},
    {"nothing", BYTES(""), {BYTES("")}},
    {"units without a header", BYTES("\0\0\0\0\0\0\0\1\x28"), {BYTES("")}},
    {"and around one", BYTES("\0\0\0\0" L3(IDR) "\0\0\0\1\x28"), {BYTES(IDR)}},
    {"parameter sets with the slice",
     BYTES(L3(VPS) L3(SPS) L3(PPS) L3(IDR)),
     {BYTES("\x60\x01" A3(VPS) A3(SPS) A3(PPS) A3(IDR))}},
    {"the lowest layer and the lowest TID of the parts, each",
     BYTES("\0\0\0\3\x03\xf9\x80\0\0\0\3\x02\x0a\x80"),
     {BYTES("\x60\x09\0\3\x03\xf9\x80\0\3\x02\x0a\x80")}},
    {"the F bit of any part",
     BYTES(L3(P) "\0\0\0\3\x82\x01\x50"),
     {BYTES("\xe0\x01" A3(P) "\0\3\x82\x01\x50")}},
    {"a small unit in front of a large one, which keeps its layer and TID",
     BYTES(L3(VPS) "\0\0\0\x41\x29\x0b\xac" A60 "xy"),
     {BYTES(VPS), BYTES("\x63\x0b\x94\xac" A60), BYTES("\x63\x0b\x54xy")}},
    {"a unit that just fits, alone",
     BYTES("\0\0\0\x40" P A60 "x" L3(P)),
     {BYTES(P A60 "x"), BYTES(P)}},
    {"two that would fit but for the framing",
     BYTES("\0\0\0\x38" P A10 A10 A10 A10 A10 "123" L3(P_MORE)),
     {BYTES(P A10 A10 A10 A10 A10 "123"), BYTES(P_MORE)}},
    {"two that just fit with the framing",
     BYTES("\0\0\0\x37" P A10 A10 A10 A10 A10 "12" L3(P_MORE)),
     {BYTES("\x60\x01\0\x37" P A10 A10 A10 A10 A10 "12" A3(P_MORE))}},
    {"fragments in the middle",
     BYTES("\0\0\0\x80" P A60 A60 "vwxyz" L3(P_MORE)),
     {BYTES("\x62\x01\x81\xd0" A60), BYTES("\x62\x01\x01" A60 "v"), BYTES("\x62\x01\x41wxyz"),
      BYTES(P_MORE)}},
};

Test(h265, payloads_are_those_of_rfc_7798)
{
    run_pack_rows(CODEC_H265, pack_rows, ARRAY_LEN(pack_rows));
}

static const struct slice units[U_COUNT] = {
    [U_AUD] = BYTES(AUD),
    [U_SPS] = BYTES(SPS),
    [U_PPS] = BYTES(PPS),
    [U_IDR] = BYTES(IDR),
    [U_IDR_MORE] = BYTES(IDR_MORE),
    [U_P] = BYTES(P),
    [U_P_MORE] = BYTES(P_MORE),
    [U_IDR_START] = BYTES("\x62\x01\x94\xac"),
    [U_IDR_INNER] = BYTES("\x62\x01\x14x"),
    [U_IDR_END] = BYTES("\x62\x01\x54"),
    [U_P_START] = BYTES("\x62\x01\x81\xd0"),
    [U_P_END] = BYTES("\x62\x01\x41"),
    [U_P_MORE_START] = BYTES("\x62\x01\x81\x50"),
    [U_P_MORE_END] = BYTES("\x62\x01\x41"),
    [U_IDR_START_AND_END] = BYTES("\x62\x01\xd4\xac"),
    [U_HALF_FRAGMENT] = BYTES("\x62\x01"),
    [U_HALF_SPS] = BYTES("\x60\x01\0\4" SPS),
};

static const struct row whole_rows[] = {
    {"single units",
     {{1, 100, false, BYTES(VPS)},
      {2, 100, false, BYTES(SPS)},
      {3, 100, false, BYTES(PPS)},
      {4, 100, true, BYTES(IDR)}},
     {{100, true, BYTES(L3(VPS) L3(SPS) L3(PPS) L3(IDR))}}},
    {"aggregation",
     {{1, 100, true, BYTES("\x60\x01" A3(VPS) A3(SPS) A3(PPS) A3(IDR))}},
     {{100, true, BYTES(L3(VPS) L3(SPS) L3(PPS) L3(IDR))}}},
    {"fragments",
     {{1, 100, false, BYTES("\x62\x01\x94\xac")},
      {2, 100, false, BYTES("\x62\x01\x14one")},
      {3, 100, false, BYTES("\x62\x01\x14")},
      {4, 100, true, BYTES("\x62\x01\x54two")}},
     {{100, true, BYTES("\0\0\0\x9\x28\x01\xaconetwo")}}},
    {"fragments between units, the first one of no more than its header",
     {{1, 100, false, BYTES(AUD)},
      {2, 100, false, BYTES("\x62\x01\x81")},
      {3, 100, false, BYTES("\x62\x01\x41\xd0")},
      {4, 100, true, BYTES(P_MORE)}},
     {{100, false, BYTES(L3(AUD) L3(P) L3(P_MORE))}}},
    {"a CRA picture is a key frame too, and a trailing one is not",
     {{1, 100, true, BYTES(CRA)}, {2, 200, true, BYTES(P)}},
     {{100, true, BYTES(L3(CRA))}, {200, false, BYTES(L3(P))}}},
    {"the types around those of key frames are none",
     {{1, 100, true, BYTES("\x1e\x01\x80")},
      {2, 200, true, BYTES("\x20\x01\x80")},
      {3, 300, true, BYTES("\x2e\x01\x80")},
      {4, 400, true, BYTES("\x30\x01\x80")}},
     {{100, false, BYTES("\0\0\0\3\x1e\x01\x80")},
      {200, true, BYTES("\0\0\0\3\x20\x01\x80")},
      {300, true, BYTES("\0\0\0\3\x2e\x01\x80")},
      {400, false, BYTES("\0\0\0\3\x30\x01\x80")}}},
    {"a key frame in an upper layer only is none",
     {{1, 100, false, BYTES(P)}, {2, 100, true, BYTES("\x28\x09\xac")}},
     {{100, false, BYTES(L3(P) L3("\x28\x09\xac"))}}},
    {"a marker between the layers of a picture",
     {{1, 100, true, BYTES(IDR)},
      {2, 100, true, BYTES(UPPER)},
      {3, 200, true, BYTES(P)},
      {4, 200, true, BYTES(UPPER)},
      {5, 300, true, BYTES(P)}},
     {{100, true, BYTES(L3(IDR))},
      {100, false, BYTES(L3(UPPER))},
      {200, false, BYTES(L3(P) L3(UPPER))}}},
    {"marker on parameter sets",
     {{1, 100, true, BYTES(VPS)},
      {2, 100, true, BYTES(SPS)},
      {3, 100, true, BYTES(PPS)},
      {4, 100, true, BYTES(IDR)}},
     {{100, true, BYTES(L3(VPS) L3(SPS) L3(PPS) L3(IDR))}}},
    {"aggregated ones with the time stamp of the picture before",
     {{1, 100, true, BYTES(P)},
      {2, 100, true, BYTES("\x60\x01" A3(VPS) A3(SPS))},
      {3, 200, true, BYTES(IDR)}},
     {{100, false, BYTES(L3(P))}, {200, true, BYTES(L3(VPS) L3(SPS) L3(IDR))}}},
    {"suffix SEI behind the slice",
     {{1, 100, false, BYTES(P)}, {2, 100, true, BYTES(SEI_BEHIND)}, {3, 200, true, BYTES(P)}},
     {{100, false, BYTES(L3(P) L3(SEI_BEHIND))}, {200, false, BYTES(L3(P))}}},
    {"start codes inside a unit",
     {{1, 100, true, BYTES(VPS "\0\0\0\1" SPS "\0\0\1" PPS "\0\0\1" IDR)}},
     {{100, true, BYTES(L3(VPS) L3(SPS) L3(PPS) L3(IDR))}}},
    {"a start code in front",
     {{1, 100, true, BYTES("\0\0\0\1" SPS "\0\0\0\1" IDR)}},
     {{100, true, BYTES(L3(SPS) L3(IDR))}}},
    {"empty parts of an aggregation packet, and one that is no unit",
     {{1, 100, true, BYTES(P)}, {2, 200, true, BYTES("\x60\x01\0\0" A3(IDR) "\0\1\x28\0\0")}},
     {{100, false, BYTES(L3(P))}, {200, true, BYTES(L3(IDR))}}},
    {"reserved types are ignored",
     {{1, 100, false, BYTES(IDR)},
      {2, 100, false, BYTES("\x66\x01x")},
      {3, 100, true, BYTES("\x7e\x01x")}},
     {{100, true, BYTES(L3(IDR))}}},
};

/* Made of
 *   ffmpeg -f lavfi -i color=gray:size=64x64:rate=5 -c:v libx265 -preset ultrafast
 *       -x265-params info=0:keyint=2:aud=1:bframes=0:qp=40 */
#define REAL_VPS                                                                                   \
    "\x40\x01\x0c\x01\xff\xff\x01\x60\x00\x00\x03\x00\x90\x00\x00\x03\x00\x00\x03\x00\x1e\xba\x02" \
    "\x40"
#define REAL_SPS                                                                                   \
    "\x42\x01\x01\x01\x60\x00\x00\x03\x00\x90\x00\x00\x03\x00\x00\x03\x00\x1e\xa0\x20\x81\x05\x96" \
    "\xe9\x29\x30\xbc\x05\xa0\x20\x00\x00\x03\x00\x20\x00\x00\x03\x00\xa1"
#define REAL_PPS "\x44\x01\xc0\x71\x81\x12"
#define REAL_IDR "\x28\x01\xac\x2d\x80\x12\x5f\x04\x74\xb8"
#define REAL_P   "\x02\x01\xd0\x09\x78\x81\xcc\x90\xf0"
#define REAL_OUT(idr_and_its_length)                                                               \
    L3(AUD) "\0\0\0\x18" REAL_VPS "\0\0\0\x28" REAL_SPS "\0\0\0\x06" REAL_PPS idr_and_its_length

static const struct row real_rows[] = {
    {"ffmpeg -c copy -f rtp, which leaves a zero byte behind slices",
     {{1, 100, true,
       BYTES("\x60\x01" A3(AUD) "\0\x18" REAL_VPS "\0\x28" REAL_SPS "\0\x06" REAL_PPS
                                "\0\x0b" REAL_IDR "\0")},
      {2, 200, true, BYTES("\x60\x01\0\x03\x46\x01\x30\0\x0a" REAL_P "\0")}},
     {{100, true, BYTES(REAL_OUT("\0\0\0\x0b" REAL_IDR "\0"))},
      {200, false, BYTES("\0\0\0\3\x46\x01\x30\0\0\0\x0a" REAL_P "\0")}}},
    {"gst-launch-1.0 filesrc ! h265parse ! rtph265pay",
     {{1, 100, false, BYTES(AUD)},
      {2, 100, false, BYTES(REAL_VPS)},
      {3, 100, false, BYTES(REAL_SPS)},
      {4, 100, false, BYTES(REAL_PPS)},
      {5, 100, true, BYTES(REAL_IDR)},
      {6, 200, false, BYTES("\x46\x01\x30")},
      {7, 200, true, BYTES(REAL_P)}},
     {{100, true, BYTES(REAL_OUT("\0\0\0\x0a" REAL_IDR))},
      {200, false, BYTES("\0\0\0\3\x46\x01\x30\0\0\0\x09" REAL_P)}}},
};

/* The whole picture and the next one around what is malformed or lost. */
#define WHOLE_PAYLOAD IDR
#define WHOLE_UNIT    L3(IDR)
#define NEXT_PAYLOAD  P
#define NEXT_UNIT     L3(P)
#define NEXT_KEY      false

static const struct row malformed_rows[] = {
    MALFORMED("PACI", "\x64\x01\x28\0" IDR),
    MALFORMED("half a header", "\x28"),
    MALFORMED("an aggregation packet in another", "\x60\x01\0\7\x60\x01" A3(SPS)),
    MALFORMED("a fragment in an aggregation packet", "\x60\x01\0\4\x62\x01\x94\xac"),
    MALFORMED("a part beyond the end", "\x60\x01\0\4" IDR),
    MALFORMED("half a length", "\x60\x01" A3(IDR) "\0"),
    MALFORMED("a fragment of an aggregation packet", "\x62\x01\xf0x"),
    MALFORMED("a fragment of a reserved type", "\x62\x01\xffx"),
};

static const struct row loss_rows[] = {
    {"before the slice of an upper layer",
     {WHOLE(10), {13, 200, true, BYTES(UPPER)}, NEXT(14)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"before suffix SEI",
     {WHOLE(10), {13, 200, false, BYTES(SEI_BEHIND)}, {14, 200, true, BYTES(P)}, NEXT(15)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"before a video parameter set",
     {WHOLE(10), {13, 200, false, BYTES(VPS)}, {14, 200, true, BYTES(IDR)}, NEXT(15)},
     {WHOLE_OUT, {200, true, BYTES(L3(VPS) L3(IDR))}, NEXT_OUT}},
    {"before aggregated parameter sets",
     {WHOLE(10), {13, 200, true, BYTES("\x60\x01" A3(VPS) A3(IDR))}, NEXT(14)},
     {WHOLE_OUT, {200, true, BYTES(L3(VPS) L3(IDR))}, NEXT_OUT}},
    {"before SEI",
     {WHOLE(10), {13, 200, true, BYTES(SEI "\0\0\1" P)}, NEXT(14)},
     {WHOLE_OUT, {200, false, BYTES(L3(SEI) L3(P))}, NEXT_OUT}},
};

Test(h265, whole_access_units_come_out_in_whatever_form_they_came)
{
    run_rows(whole_rows, ARRAY_LEN(whole_rows), &track, (struct slice){0});
    nal_rows_run(NAL_WHOLE, &track, units);
}

Test(h265, what_others_send_is_understood)
{
    run_rows(real_rows, ARRAY_LEN(real_rows), &track, (struct slice){0});
}

Test(h265, a_malformed_payload_costs_its_access_unit_and_no_other)
{
    run_rows(malformed_rows, ARRAY_LEN(malformed_rows), &track, (struct slice){0});
    nal_rows_run(NAL_MALFORMED, &track, units);
}

Test(h265, a_loss_costs_what_it_damaged_and_no_more)
{
    run_rows(loss_rows, ARRAY_LEN(loss_rows), &track, (struct slice){0});
    nal_rows_run(NAL_LOSS, &track, units);
}

Test(h265, padding_alone_is_no_loss)
{
    static const struct slice payloads[] = {BYTES("\x62\x01\x94\xac"), BYTES("\x62\x01\x14x"),
                                            BYTES("\x62\x01\x54y")};
    assert_padding_between(CODEC_H265, payloads, ARRAY_LEN(payloads),
                           SLICE_LIT("\0\0\0\5\x28\x01\xacxy"));
}

Test(h265, every_prefix_of_a_packet_is_taken_within_its_bytes)
{
    run_rows_prefixes(whole_rows, ARRAY_LEN(whole_rows), &track, (struct slice){0});
    nal_rows_run_prefixes(NAL_WHOLE, &track, units);
    run_rows_prefixes(real_rows, ARRAY_LEN(real_rows), &track, (struct slice){0});
    run_rows_prefixes(malformed_rows, ARRAY_LEN(malformed_rows), &track, (struct slice){0});
    nal_rows_run_prefixes(NAL_MALFORMED, &track, units);
}

static const struct nal_kind h265 = {CODEC_H265, 2, 0x28, BYTES(IDR)};

Test(h265, one_unit_of_any_size_survives)
{
    nal_trip_one_unit(&h265);
}

Test(h265, parameter_sets_and_slices_of_sizes_around_the_limit_survive)
{
    static const uint8_t headers[] = {0x46, 0x40, 0x42, 0x44, 0x4e, 0x28};
    nal_trip_around_the_limit(&h265, headers, ARRAY_LEN(headers));
}

static const struct {
    const char *fmtp;
    bool good;
} fmtp_rows[] = {
    {"", true},
    {"sprop-vps=QAEM;sprop-sps=QgEB;sprop-pps=RAHA", true},
    {"profile-id=1; sprop-max-don-diff=0", true},
    {"sprop-max-don-diff=1", false},
    {"profile-id=1;SPROP-MAX-DON-DIFF = 32767", false},
    {"sprop-max-don-diff", false},
};

Test(h265, units_out_of_decoding_order_are_refused)
{
    for (size_t i = 0; i < ARRAY_LEN(fmtp_rows); i++) {
        errno = 0;
        struct unpacker *u = unpacker_create(&track, slice_str(fmtp_rows[i].fmtp), collect, NULL);
        cr_assert_eq(u != NULL, fmtp_rows[i].good, "%s", fmtp_rows[i].fmtp);
        cr_assert_eq(errno, fmtp_rows[i].good ? 0 : EINVAL, "%s", fmtp_rows[i].fmtp);
        unpacker_destroy(u);
    }
}
