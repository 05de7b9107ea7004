/* SPDX-License-Identifier: MIT */
#include "rtp/codec.h"

#include "tests/rtp/unpack_rows.h"

static const struct media_track track = {.codec = CODEC_H264, .clock_rate = 90000};

/* 60 bytes: little less than the least payload size. */
#define A10 "abcdefghij"
#define A60 A10 A10 A10 A10 A10 A10

static const struct {
    const char *name;
    struct slice au;
    struct slice payload[4];
} pack_rows[] = {
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
    for (size_t i = 0; i < ARRAY_LEN(pack_rows); i++) {
        struct packer p;
        uint8_t payload[PACKER_MIN_PAYLOAD];
        bool marker = false;
        packer_init(&p, CODEC_H264, pack_rows[i].au, sizeof(payload));
        for (size_t n = 0; n < ARRAY_LEN(pack_rows[i].payload); n++) {
            struct slice want = pack_rows[i].payload[n];
            if (want.len == 0)
                break;
            cr_assert_not(marker, "%s: marker before packet %zu", pack_rows[i].name, n);
            struct slice got = slice_of(payload, packer_next(&p, payload, &marker));
            cr_assert(slice_eq(got, want), "%s: packet %zu", pack_rows[i].name, n);
        }
        cr_assert_eq(packer_next(&p, payload, &marker), 0, "%s", pack_rows[i].name);
        cr_assert_eq(marker, pack_rows[i].payload[0].len > 0, "%s: marker", pack_rows[i].name);
    }
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

static const struct row whole_rows[] = {
    {"single units",
     {{1, 100, false, BYTES(SPS)}, {2, 100, true, BYTES(IDR)}},
     {{100, true, BYTES(L2(SPS) L3(IDR))}}},
    {"aggregate",
     {{1, 100, true, BYTES("\x78\0\2" SPS "\0\2" PPS "\0\3" IDR)}},
     {{100, true, BYTES(L2(SPS) L2(PPS) L3(IDR))}}},
    {"fragments",
     {{1, 100, false, BYTES("\x7c\x85\x88")},
      {2, 100, false, BYTES("\x7c\x05one")},
      {3, 100, false, BYTES("\x7c\x05")},
      {4, 100, true, BYTES("\x7c\x45two")}},
     {{100, true, BYTES("\0\0\0\x8\x65\x88onetwo")}}},
    {"a fragment with start and end",
     {{1, 100, true, BYTES("\x7c\xc5\x88i")}},
     {{100, true, BYTES(L3(IDR))}}},
    {"fragments between units",
     {{1, 100, false, BYTES(AUD)},
      {2, 100, false, BYTES("\x5c\x81\x9a")},
      {3, 100, false, BYTES("\x5c\x41p")},
      {4, 100, true, BYTES(P_MORE)}},
     {{100, false, BYTES(L2(AUD) L3(P) L3(P_MORE))}}},
    {"no marker ever",
     {{1, 100, false, BYTES(IDR)},
      {2, 100, false, BYTES(IDR_MORE)},
      {3, 200, false, BYTES(P)},
      {4, 300, false, BYTES(P)}},
     {{100, true, BYTES(L3(IDR) L3(IDR_MORE))}, {200, false, BYTES(L3(P))}}},
    {"marker on parameter sets",
     {{1, 100, true, BYTES(SPS)}, {2, 100, true, BYTES(PPS)}, {3, 100, true, BYTES(IDR)}},
     {{100, true, BYTES(L2(SPS) L2(PPS) L3(IDR))}}},
    {"parameter sets with the time stamp of the picture before",
     {{1, 100, true, BYTES(P)}, {2, 100, true, BYTES(SPS)}, {3, 200, true, BYTES(IDR)}},
     {{100, false, BYTES(L3(P))}, {200, true, BYTES(L2(SPS) L3(IDR))}}},
    {"marker on every slice",
     {{1, 100, true, BYTES(IDR)}, {2, 100, true, BYTES(IDR_MORE)}, {3, 200, true, BYTES(P)}},
     {{100, true, BYTES(L3(IDR))}, {100, false, BYTES(L3(IDR_MORE))}}},
    {"marker on every fragment",
     {{1, 100, true, BYTES("\x7c\x85\x88")}, {2, 100, true, BYTES("\x7c\x45i")}},
     {{100, true, BYTES(L3(IDR))}}},
    {"marker on every fragment of a second slice",
     {{1, 100, false, BYTES(IDR)},
      {2, 100, true, BYTES("\x7c\x85\x48")},
      {3, 100, true, BYTES("\x7c\x45m")}},
     {{100, true, BYTES(L3(IDR) L3(IDR_MORE))}}},
    {"last slices behind a marker, and a field behind them",
     {{1, 100, true, BYTES(IDR)}, {2, 100, false, BYTES(IDR_MORE)}, {3, 100, true, BYTES(IDR)}},
     {{100, true, BYTES(L3(IDR))}}}, /* the rest waits for another time stamp */
    {"marker on every slice, and once that is known",
     {{1, 100, true, BYTES(IDR)},
      {2, 100, true, BYTES(IDR_MORE)},
      {3, 200, true, BYTES(P)},
      {4, 200, true, BYTES(P_MORE)},
      {5, 300, true, BYTES(P)}},
     {{100, true, BYTES(L3(IDR))},
      {100, false, BYTES(L3(IDR_MORE))},
      {200, false, BYTES(L3(P) L3(P_MORE))}}},
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
    {"sequence numbers wrap",
     {{0xffff, 100, false, BYTES(IDR)}, {0, 100, true, BYTES(IDR_MORE)}},
     {{100, true, BYTES(L3(IDR) L3(IDR_MORE))}}},
    {"duplicates and late packets",
     {{8, 100, true, BYTES(IDR)},
      {9, 200, true, BYTES(P)},
      {9, 200, true, BYTES(P)},
      {8, 100, true, BYTES(IDR)},
      {10, 300, true, BYTES(P)}},
     {{100, true, BYTES(L3(IDR))}, {200, false, BYTES(L3(P))}, {300, false, BYTES(L3(P))}}},
};

/* Pictures of time 100 that are whole and those of time 300 must come out, whatever is between. */
#define WHOLE(seq)                                                                                 \
    {                                                                                              \
        seq, 100, true, BYTES(IDR)                                                                 \
    }
#define WHOLE_OUT                                                                                  \
    {                                                                                              \
        100, true, BYTES(L3(IDR))                                                                  \
    }
#define NEXT(seq)                                                                                  \
    {                                                                                              \
        seq, 300, true, BYTES(P)                                                                   \
    }
#define NEXT_OUT                                                                                   \
    {                                                                                              \
        300, false, BYTES(L3(P))                                                                   \
    }

static const struct row malformed_rows[] = {
    {"STAP-B",
     {WHOLE(0), {1, 200, true, BYTES("\x79\0\0\0\3" IDR), true}, NEXT(2)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"MTAP16",
     {WHOLE(0), {1, 200, true, BYTES("\x7a\0\0\0\3" IDR), true}, NEXT(2)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"MTAP24",
     {WHOLE(0), {1, 200, true, BYTES("\x7b\0\0\0\3" IDR), true}, NEXT(2)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"FU-B",
     {WHOLE(0), {1, 200, true, BYTES("\x7d\x85\0\0\x88"), true}, NEXT(2)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"STAP-B in the middle",
     {WHOLE(0),
      {1, 200, false, BYTES(IDR)},
      {2, 200, false, BYTES("\x79\0\0\0\3" IDR), true},
      {3, 200, true, BYTES(IDR_MORE)},
      NEXT(4)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"an aggregate in an aggregate",
     {WHOLE(0), {1, 200, true, BYTES("\x78\0\5\x78\0\2" SPS), true}, NEXT(2)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"a part beyond the end",
     {WHOLE(0), {1, 200, true, BYTES("\x78\0\4" IDR), true}, NEXT(2)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"half a length",
     {WHOLE(0), {1, 200, true, BYTES("\x78\0\3" IDR "\0"), true}, NEXT(2)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"a fragment without its header",
     {WHOLE(0), {1, 200, true, BYTES("\x7c"), true}, NEXT(2)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"a fragment of an aggregate",
     {WHOLE(0), {1, 200, true, BYTES("\x7c\xd8x"), true}, NEXT(2)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"no start",
     {WHOLE(0), {1, 200, false, BYTES(IDR)}, {2, 200, true, BYTES("\x7c\x45x"), true}, NEXT(3)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"no end, another unit",
     {WHOLE(0),
      {1, 200, false, BYTES("\x7c\x85\x88")},
      {2, 200, true, BYTES(IDR_MORE), true},
      NEXT(3)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"no end, another time",
     {WHOLE(0), {1, 200, true, BYTES("\x7c\x85\x88")}, NEXT(2)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"a start within",
     {WHOLE(0),
      {1, 200, false, BYTES("\x7c\x85\x88")},
      {2, 200, false, BYTES("\x7c\x85\x88"), true},
      {3, 200, true, BYTES("\x7c\x45x")},
      NEXT(4)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"slices behind a damaged one with the marker",
     {WHOLE(0), {1, 200, true, BYTES("\x7c"), true}, {2, 200, true, BYTES(IDR_MORE)}, NEXT(3)},
     {WHOLE_OUT, NEXT_OUT},
     2},
    {"a picture behind damaged parameter sets with the marker",
     {WHOLE(0), {1, 200, true, BYTES("\x78\0\4" SPS), true}, {2, 200, true, BYTES(IDR)}, NEXT(3)},
     {WHOLE_OUT, {200, true, BYTES(L3(IDR))}, NEXT_OUT},
     1},
};

static const struct row loss_rows[] = {
    {"inside an access unit",
     {{1, 100, false, BYTES(IDR)}, {3, 100, true, BYTES(IDR_MORE)}, NEXT(4)},
     {NEXT_OUT},
     1},
    {"inside a fragmented unit",
     {{1, 100, false, BYTES("\x7c\x85\x88")}, {3, 100, true, BYTES("\x7c\x45x")}, NEXT(4)},
     {NEXT_OUT},
     1},
    {"of the end", {{1, 100, false, BYTES(IDR)}, NEXT(3)}, {NEXT_OUT}, 1},
    {"of the end, and of the beginning of the next",
     {{1, 100, false, BYTES(IDR)},
      {3, 200, false, BYTES(P_MORE)},
      {4, 200, true, BYTES(P_MORE)},
      NEXT(5)},
     {NEXT_OUT},
     2},
    {"before a second slice",
     {WHOLE(10), {13, 200, false, BYTES(P_MORE)}, {14, 200, true, BYTES(P_MORE)}, NEXT(15)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"before the middle of a fragmented unit",
     {WHOLE(10),
      {13, 200, false, BYTES("\x5c\x01x")},
      {14, 200, true, BYTES("\x5c\x41x")},
      NEXT(15)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"before a fragmented second slice",
     {WHOLE(10),
      {13, 200, false, BYTES("\x5c\x81\x5a")},
      {14, 200, true, BYTES("\x5c\x41m")},
      NEXT(15)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"before a first slice",
     {WHOLE(10), {13, 200, true, BYTES(P)}, NEXT(14)},
     {WHOLE_OUT, {200, false, BYTES(L3(P))}, NEXT_OUT}},
    {"before a fragmented first slice",
     {WHOLE(10),
      {13, 200, false, BYTES("\x5c\x81\x9a")},
      {14, 200, true, BYTES("\x5c\x41p")},
      NEXT(15)},
     {WHOLE_OUT, {200, false, BYTES(L3(P))}, NEXT_OUT}},
    {"before parameter sets",
     {WHOLE(10), {13, 200, false, BYTES(SPS)}, {14, 200, true, BYTES(IDR)}, NEXT(15)},
     {WHOLE_OUT, {200, true, BYTES(L2(SPS) L3(IDR))}, NEXT_OUT}},
    {"before aggregated parameter sets",
     {WHOLE(10), {13, 200, true, BYTES("\x78\0\2" SPS "\0\3" IDR)}, NEXT(14)},
     {WHOLE_OUT, {200, true, BYTES(L2(SPS) L3(IDR))}, NEXT_OUT}},
    {"before SEI",
     {WHOLE(10), {13, 200, true, BYTES(SEI "\0\0\1" P)}, NEXT(14)},
     {WHOLE_OUT, {200, false, BYTES(L2(SEI) L3(P))}, NEXT_OUT}},
    {"of a slice between those with markers",
     {WHOLE(10),
      {11, 100, true, BYTES(IDR_MORE)},
      {13, 100, true, BYTES(IDR_MORE)},
      {14, 100, true, BYTES(IDR_MORE)},
      NEXT(15)},
     {WHOLE_OUT},
     2},
    {"of all but the last slice, by joining late",
     {{10, 100, false, BYTES(P_MORE)}, {11, 100, true, BYTES(P_MORE)}, NEXT(12)},
     {NEXT_OUT},
     1},
    {"and a late packet does not mend it",
     {{1, 100, false, BYTES("\x7c\x85\x88")},
      {3, 100, false, BYTES("\x7c\x45x")},
      {2, 100, false, BYTES("\x7c\x05x")},
      NEXT(4)},
     {NEXT_OUT},
     1},
};

Test(h264, whole_access_units_come_out_in_whatever_form_they_came)
{
    for (size_t i = 0; i < ARRAY_LEN(whole_rows); i++)
        run_row(&whole_rows[i], &track, (struct slice){0});
}

Test(h264, a_malformed_payload_costs_its_access_unit_and_no_other)
{
    for (size_t i = 0; i < ARRAY_LEN(malformed_rows); i++)
        run_row(&malformed_rows[i], &track, (struct slice){0});
}

Test(h264, a_loss_costs_what_it_damaged_and_no_more)
{
    for (size_t i = 0; i < ARRAY_LEN(loss_rows); i++)
        run_row(&loss_rows[i], &track, (struct slice){0});
}

Test(h264, every_prefix_of_a_packet_is_taken_within_its_bytes)
{
    for (size_t i = 0; i < ARRAY_LEN(whole_rows); i++)
        run_row_prefixes(&whole_rows[i], &track, (struct slice){0});
    for (size_t i = 0; i < ARRAY_LEN(malformed_rows); i++)
        run_row_prefixes(&malformed_rows[i], &track, (struct slice){0});
}
