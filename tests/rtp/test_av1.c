/* SPDX-License-Identifier: MIT */
#include "rtp/codec.h"

#include "core/obu.h"
#include "tests/rtp/video_trip.h"

static const struct media_track track = {.codec = CODEC_AV1, .clock_rate = 90000};

/* Units as they come out, and behind W_ as they travel: without their sizes. */
#define TD      "\x12\0"
#define SH      "\x0a\x03\0\0\x02"
#define KEY     "\x32\x03\x10kk"
#define INTER   "\x32\x03\x30ii"
#define FH      "\x1a\x02\x30h"
#define TG      "\x22\x02tt"
#define MD      "\x2a\x02mm"
#define W_TD    "\x10"
#define W_SH    "\x08\0\0\x02"
#define W_KEY   "\x30\x10kk"
#define W_INTER "\x30\x30ii"
#define W_FH    "\x18\x30h"
#define W_TG    "\x20tt"
#define W_MD    "\x28mm"

/* Units of temporal layer 0 and spatial layers 0 and 1. */
#define LAYER0      "\x36\0\x02\x10k"
#define LAYER1      "\x36\x08\x02\x30k"
#define W_LAYER0    "\x34\0\x10k"
#define W_LAYER1    "\x34\x08\x30k"
#define MD_LAYER1   "\x2e\x08\x01m"
#define W_MD_LAYER1 "\x2c\x08m"

/* Aggregation headers: Z Y W N. */
#define H1   "\x10"
#define H2   "\x20"
#define H3   "\x30"
#define H1N  "\x18"
#define H2N  "\x28"
#define H3N  "\x38"
#define H1Y  "\x50"
#define H1NY "\x58"
#define H1Z  "\x90"
#define H1ZY "\xd0"

static const struct pack_row pack_rows[] = {
    {"nothing", BYTES(""), {BYTES("")}},
    {"one unit", BYTES(INTER), {BYTES(H1 W_INTER)}},
    {"a key frame begins a sequence with its sequence header",
     BYTES(SH KEY),
     {BYTES(H2N "\x04" W_SH W_KEY)}},
    {"and without it does not", BYTES(KEY), {BYTES(H1 W_KEY)}},
    {"a sequence header alone begins none", BYTES(SH INTER), {BYTES(H2 "\x04" W_SH W_INTER)}},
    {"one that is not shown begins none", BYTES(SH "\x32\x01\0"), {BYTES(H2 "\x04" W_SH "\x30\0")}},
    {"what receivers ignore is left out",
     BYTES(TD SH KEY "\x42\x01t\x7a\x02\0\0"),
     {BYTES(H2N "\x04" W_SH W_KEY)}},
    {"nothing but that", BYTES(TD "\x7a\0"), {BYTES("")}},
    {"three elements a packet",
     BYTES(FH TG TG TG TG),
     {BYTES(H3 "\3" W_FH "\3" W_TG W_TG), BYTES(H2 "\3" W_TG W_TG)}},
    {"a unit without a payload", BYTES("\x4a\0" INTER), {BYTES(H2 "\1\x48" W_INTER)}},
    {"a unit that just fits", BYTES("\x32\x3e\x30" A60 "x"), {BYTES(H1 "\x30\x30" A60 "x")}},
    {"a byte more",
     BYTES("\x32\x3f\x30" A60 "xy"),
     {BYTES(H1Y "\x30\x30" A60 "x"), BYTES(H1Z "y")}},
    {"fragments fill packets up",
     BYTES(SH "\x32\x49\x10" A60 A10 "xy" MD),
     {BYTES("\x68\x04" W_SH "\x30\x10" A10 A10 A10 A10 A10 "abcdef"),
      BYTES("\xa0\x10ghij" A10 "xy" W_MD)}},
    {"but not with less than 16 bytes",
     BYTES("\x32\x2f\x30" A10 A10 A10 A10 "uvwxyz\x32\x12\x30" A10 "tuvwxyz"),
     {BYTES(H1 "\x30\x30" A10 A10 A10 A10 "uvwxyz"), BYTES(H1 "\x30\x30" A10 "tuvwxyz")}},
    {"layers do not share a packet",
     BYTES(SH MD LAYER0 MD_LAYER1 LAYER1),
     {BYTES("\x38\x04" W_SH "\3" W_MD W_LAYER0), BYTES(H2 "\3" W_MD_LAYER1 W_LAYER1)}},
    {"a later sequence header begins a packet",
     BYTES(SH LAYER0 SH LAYER1),
     {BYTES(H2N "\x04" W_SH W_LAYER0), BYTES(H2 "\x04" W_SH W_LAYER1)}},
    {"units cut short", BYTES(INTER "\x32\x03\x30i"), {BYTES(H1 W_INTER)}},
};

Test(av1, payloads_are_those_of_the_specification)
{
    run_pack_rows(CODEC_AV1, pack_rows, ARRAY_LEN(pack_rows));
}

/* The first temporal unit of what
 *   ffmpeg -f lavfi -i color=gray:size=64x64:rate=5 -c:v libaom-av1 -g 2 -crf 63 -f obu
 * makes, without its temporal delimiter, and that of libsvtav1. */
#define AOM_SH    "\x00\x00\x00\x02\xaf\xff\x9b\x5f\x20\x08"
#define AOM_FRAME "\x10\x00\xd9\x80\x00\x02\x80\x00\x00\x08\xf0"
#define SVT_SH    "\x00\x00\x00\x02\xaf\xff\x9f\x7f\x20\x08"
#define SVT_FRAME "\x10\x00\xf0\x02\x3f\xfe\x08\x03\x00\x02\x01\x10"

/* The whole temporal unit and the next one around what is malformed or lost. */
#define WHOLE_PAYLOAD H2N "\4" W_SH W_KEY
#define WHOLE_UNIT    SH KEY
#define NEXT_PAYLOAD  H1 W_INTER
#define NEXT_UNIT     INTER
#define NEXT_KEY      false

static const struct row whole_rows[] = {
    {"one packet", {WHOLE(1)}, {WHOLE_OUT}},
    {"the specification's example, packed together",
     {{1, 100, false, BYTES("\x08\1" W_TD "\4" W_SH "\3" W_MD "\x03\x2c\0m\x04" W_LAYER0)},
      {2, 100, true, BYTES(H2 "\3" W_MD_LAYER1 W_LAYER1)}},
     {{100, true, BYTES(SH MD "\x2e\0\1m" LAYER0 MD_LAYER1 LAYER1)}}},
    {"the specification's example, each unit in a packet",
     {{1, 100, false, BYTES(H1N W_SH)},
      {2, 100, false, BYTES(H1 W_MD)},
      {3, 100, false, BYTES(H1 W_FH)},
      {4, 100, true, BYTES(H1 W_TG)}},
     {{100, false, BYTES(SH MD FH TG)}}},
    {"what encoders make",
     {{1, 100, true, BYTES(H2N "\x0b\x08" AOM_SH "\x30" AOM_FRAME)},
      {2, 200, true, BYTES("\x08\x0b\x08" SVT_SH "\x0d\x30" SVT_FRAME)}},
     {{100, true, BYTES("\x0a\x0a" AOM_SH "\x32\x0b" AOM_FRAME)},
      {200, true, BYTES("\x0a\x0a" SVT_SH "\x32\x0c" SVT_FRAME)}}},
    {"fragments",
     {WHOLE(1),
      {2, 200, false, BYTES(H1Y "\x30\x30one")},
      {3, 200, false, BYTES(H1ZY "two")},
      {4, 200, true, BYTES(H1Z "three")}},
     {WHOLE_OUT, {200, false, BYTES("\x32\x0c\x30onetwothree")}}},
    {"fragments with lengths, and other units around them",
     {WHOLE(1),
      {2, 200, false, BYTES("\x40\3" W_MD "\4\x30\x30on")},
      {3, 200, false, BYTES("\xc0\1e")},
      {4, 200, true, BYTES("\x80\3two\3" W_MD)}},
     {WHOLE_OUT, {200, false, BYTES(MD "\x32\x07\x30onetwo" MD)}}},
    {"a header in a fragment of its own",
     {WHOLE(1),
      {2, 200, false, BYTES(H1Y "\x34")},
      {3, 200, false, BYTES(H1ZY "\0\x30")},
      {4, 200, true, BYTES(H1Z "x")}},
     {WHOLE_OUT, {200, false, BYTES("\x36\0\2\x30x")}}},
    {"sizes in the units, which need none",
     {{1, 100, false, BYTES("\x08\5" SH "\2" TD "\5" KEY)},
      {2, 100, false, BYTES(H1Y "\x2a\x04m")},
      {3, 100, true, BYTES(H1Z "etaand more")}},
     {{100, true, BYTES(SH KEY "\x2a\4meta")}}},
    {"what receivers ignore",
     {{1, 100, true, BYTES("\x08\1" W_TD "\4" W_SH "\3\x40xy\4" W_KEY "\2\x78\0")}},
     {WHOLE_OUT}},
    {"a fragment of what receivers ignore",
     {WHOLE(1),
      {2, 200, false, BYTES("\x60\4" W_INTER "\x78pad")},
      {3, 200, true, BYTES(H1Z "ding")}},
     {WHOLE_OUT, {200, false, BYTES(INTER)}}},
    {"key frames and others",
     {WHOLE(1),
      {2, 200, true, BYTES(H1 W_KEY)},
      {3, 300, true, BYTES(H2 "\4" W_SH W_INTER)},
      {4, 400, true, BYTES(H2 "\4" W_SH "\x30\0k")}},
     {WHOLE_OUT,
      {200, true, BYTES(KEY)},
      {300, false, BYTES(SH INTER)},
      {400, true, BYTES(SH "\x32\2\0k")}}},
    {"no marker ever",
     {{1, 100, false, BYTES(H2N "\4" W_SH W_KEY)},
      {2, 200, false, BYTES(H1 W_FH)},
      {3, 200, false, BYTES(H1 W_TG)},
      {4, 300, false, BYTES(H1 W_INTER)}},
     {WHOLE_OUT, {200, false, BYTES(FH TG)}}},
    {"a marker before the frame",
     {{1, 100, true, BYTES(H1 W_SH)}, {2, 100, true, BYTES(H1 W_KEY)}},
     {WHOLE_OUT}},
    {"a sequence header with the time stamp before",
     {{1, 50, true, BYTES(H1 W_SH)}, {2, 100, true, BYTES(H1 W_KEY)}},
     {WHOLE_OUT}},
    {"a marker on every fragment",
     {WHOLE(1), {2, 200, true, BYTES(H1Y "\x30\x30x")}, {3, 200, true, BYTES(H1Z "y")}},
     {WHOLE_OUT, {200, false, BYTES("\x32\3\x30xy")}}},
    {"frames of one time, each with a marker",
     {WHOLE(1), {2, 200, true, BYTES(H1 W_INTER)}, {3, 200, true, BYTES(H1 W_INTER)}},
     {WHOLE_OUT, {200, false, BYTES(INTER)}, {200, false, BYTES(INTER)}}},
    {"nothing but what receivers ignore",
     {{1, 100, true, BYTES(H1 W_TD)}, {2, 200, true, BYTES(H1 "\x78\0")}, WHOLE(3)},
     {WHOLE_OUT}},
};

static const struct row malformed_rows[] = {
    MALFORMED("no elements", "\0"),
    MALFORMED("an element too few", H2 "\4" W_INTER),
    MALFORMED("two too few", H3 "\4" W_INTER),
    MALFORMED("an element beyond the end", H2 "\5" W_INTER),
    MALFORMED("a length without an end", "\0\x80"),
    MALFORMED("a length of 33 bits", "\0\x84\x80\x80\x80\x10" W_INTER),
    MALFORMED("an empty element", "\0\4" W_INTER "\0"),
    MALFORMED("the forbidden bit", H1 "\xb0\x30ii"),
    MALFORMED("half a header", H1 "\x34"),
    MALFORMED("a size beyond the end", H1 "\x32\4\x30ii"),
    MALFORMED("no start", H1Z "x"),
    {"no end, another unit",
     {WHOLE(0),
      {1, 200, false, BYTES(H1Y "\x30\x30x")},
      {2, 200, true, BYTES(H1 W_MD), true},
      NEXT(3)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"no end, another time",
     {WHOLE(0), {1, 200, true, BYTES(H1Y "\x30\x30x")}, NEXT(2)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"a frame behind a damaged one with the marker",
     {WHOLE(0), {1, 200, true, BYTES("\0"), true}, {2, 200, true, BYTES(H1 W_INTER)}, NEXT(3)},
     {WHOLE_OUT, NEXT_OUT},
     2},
};

static const struct row loss_rows[] = {
    {"of a first fragment",
     {WHOLE(1), {3, 200, false, BYTES(H1ZY "two")}, {4, 200, true, BYTES(H1Z "three")}, NEXT(5)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"of an inner fragment",
     {WHOLE(1),
      {2, 200, false, BYTES(H1Y "\x30\x30one")},
      {4, 200, true, BYTES(H1Z "three")},
      NEXT(5)},
     {WHOLE_OUT, NEXT_OUT},
     1},
    {"of a unit between others",
     {{1, 100, false, BYTES(H2N "\4" W_SH W_KEY)}, {3, 100, true, BYTES(H1 W_TG)}, NEXT(4)},
     {NEXT_OUT},
     1},
    {"of a last fragment, and it cannot be seen that the next begins a temporal unit",
     {WHOLE(1),
      {2, 200, false, BYTES(H1Y "\x30\x30x")},
      {4, 250, true, BYTES(H1 W_INTER)},
      NEXT(5)},
     {WHOLE_OUT, NEXT_OUT},
     2},
    {"of a last fragment, and a sequence begins",
     {{1, 50, false, BYTES(H1NY "\x30\x10x")}, WHOLE(3)},
     {WHOLE_OUT},
     1},
    {"before a temporal delimiter",
     {WHOLE(1), {3, 200, true, BYTES(H2 "\1" W_TD W_INTER)}},
     {WHOLE_OUT, {200, false, BYTES(INTER)}}},
    {"before a sequence header",
     {WHOLE(1), {3, 200, true, BYTES(H2 "\4" W_SH W_INTER)}},
     {WHOLE_OUT, {200, false, BYTES(SH INTER)}}},
    {"before a sequence that begins with another unit",
     {WHOLE(1), {3, 200, true, BYTES(H3N "\3" W_MD "\4" W_SH W_KEY)}},
     {WHOLE_OUT, {200, true, BYTES(MD SH KEY)}}},
    {"of all but the end, by joining late",
     {{1, 100, false, BYTES(H1 W_FH)}, {2, 100, true, BYTES(H1 W_TG)}, NEXT(3)},
     {NEXT_OUT},
     1},
    {"and a late packet does not mend it",
     {WHOLE(1),
      {2, 200, false, BYTES(H1Y "\x30\x30one")},
      {4, 200, false, BYTES(H1Z "three")},
      {3, 200, false, BYTES(H1ZY "two")},
      NEXT(5)},
     {WHOLE_OUT, NEXT_OUT},
     1},
};

Test(av1, whole_temporal_units_come_out_in_whatever_form_they_came)
{
    run_rows(whole_rows, ARRAY_LEN(whole_rows), &track, (struct slice){0});
}

Test(av1, a_malformed_payload_costs_its_temporal_unit_and_no_other)
{
    run_rows(malformed_rows, ARRAY_LEN(malformed_rows), &track, (struct slice){0});
}

Test(av1, a_loss_costs_what_it_damaged_and_what_may_lack_its_beginning)
{
    run_rows(loss_rows, ARRAY_LEN(loss_rows), &track, (struct slice){0});
}

Test(av1, padding_alone_is_no_loss)
{
    static const struct slice payloads[] = {BYTES(H1N W_SH), BYTES(H1Y "\x30\x10x"),
                                            BYTES(H1Z "y")};
    assert_padding_between(CODEC_AV1, payloads, ARRAY_LEN(payloads), SLICE_LIT(SH "\x32\3\x10xy"));
}

Test(av1, every_prefix_of_a_packet_is_taken_within_its_bytes)
{
    run_rows_prefixes(whole_rows, ARRAY_LEN(whole_rows), &track, (struct slice){0});
    run_rows_prefixes(malformed_rows, ARRAY_LEN(malformed_rows), &track, (struct slice){0});
}

/* Temporal units of chosen shapes: of each unit the type, and how long its payload is. */
static struct slice make_tu(const uint8_t *types, const size_t *sizes, size_t count)
{
    size_t cap = 0, len = 0;
    for (size_t i = 0; i < count; i++)
        cap += 1 + LEB128_BYTES_MAX + sizes[i];
    uint8_t *tu = malloc(cap);
    for (size_t i = 0; i < count; i++) {
        uint8_t *payload = malloc(sizes[i]);
        fill_nonzero(payload, sizes[i], (unsigned)i);
        payload[0] = types[i] == OBU_FRAME ? 0x30 : payload[0];
        struct obu obu = {.header = (uint8_t)(types[i] << OBU_TYPE_SHIFT),
                          .payload = slice_of(payload, sizes[i])};
        cr_assert(obu_append(tu, cap, &len, &obu));
        free(payload);
    }
    return slice_of(tu, len);
}

static unsigned round_trip(const uint8_t *types, const size_t *sizes, size_t count, size_t max)
{
    struct slice tu = make_tu(types, sizes, count);
    unsigned packets = video_trip(CODEC_AV1, SLICE_LIT(H2N "\4" W_SH W_KEY), tu, false, max);
    shape_free(tu);
    return packets;
}

Test(av1, one_unit_of_any_size_survives)
{
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++) {
        size_t max = payload_sizes[i];
        const size_t sizes[] = {1,           2,           max - 3,     max - 2,     max - 1,
                                max,         2 * max - 5, 2 * max - 4, 2 * max - 3, 2 * max - 2,
                                2 * max - 1, 2 * max,     5 * max + 7, 300000};
        for (size_t n = 0; n < ARRAY_LEN(sizes); n++) {
            unsigned packets = round_trip((const uint8_t[]){OBU_FRAME}, &sizes[n], 1, max);
            cr_assert_eq(packets, (1 + sizes[n] + max - 2) / (max - 1));
        }
    }
}

Test(av1, units_of_sizes_around_the_limit_survive_in_packets_that_are_full)
{
    static const uint8_t types[] = {OBU_SEQUENCE_HEADER, 5, OBU_FRAME, OBU_FRAME, 5};
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++) {
        size_t max = size_min(payload_sizes[i], 2000);
        for (size_t extra = 0; extra < 60; extra++) {
            const size_t sizes[] = {10, 4, max - 40 + extra, 2 * max - 45 + extra, 1 + extra};
            unsigned packets = round_trip(types, sizes, ARRAY_LEN(sizes), max);
            cr_assert_leq(packets, 3 + 4 * 64 / max + 3);
        }
    }
}

/* All packets of four temporal units but some in a row: each that comes out is one that went in. */
static void lose(const struct slice *tu, size_t count, unsigned first, unsigned lost)
{
    struct collected c = {0};
    struct unpacker *u = unpacker_create(&track, (struct slice){0}, collect, &c);
    struct rtp_packet pkt = {0};
    unsigned damaged = 0;
    for (unsigned n = 0; n < count; n++) {
        struct packer p;
        packer_init(&p, CODEC_AV1, tu[n], 100);
        pkt.rtp_time = n;
        for (; (pkt.payload = next_payload(&p, &pkt.marker)).len > 0; pkt.seq++) {
            if (pkt.seq < first || pkt.seq >= first + lost)
                cr_assert_eq(unpacker_push(u, &pkt), 0);
            else
                damaged |= 1U << n;
            shape_free(pkt.payload);
        }
        shape_free(pkt.payload);
    }
    for (unsigned i = 0; i < c.count; i++) {
        unsigned n = c.unit[i].rtp_time;
        cr_assert_eq(damaged >> n & 1, 0, "unit %u: %u lost from %u", n, lost, first);
        cr_assert(slice_eq(c.unit[i].data, tu[n]), "unit %u: %u lost from %u", n, lost, first);
    }
    unsigned whole = (unsigned)count - (unsigned)__builtin_popcount(damaged);
    cr_assert_geq(c.count + 1, whole, "%u lost from %u", lost, first);
    unpacker_destroy(u);
    collected_free(&c);
}

Test(av1, after_a_loss_of_any_packets_nothing_damaged_comes_out)
{
    static const uint8_t types[] = {OBU_SEQUENCE_HEADER, OBU_FRAME, 5, OBU_FRAME};
    enum { UNITS = 4 };
    struct slice tu[UNITS];
    for (size_t n = 0; n < UNITS; n++) {
        const size_t sizes[] = {10, 30 + 120 * n, 80, 200};
        size_t skip = n == 0 ? 0 : 1; /* only the first has a sequence header */
        tu[n] = make_tu(types + skip, sizes + skip, ARRAY_LEN(types) - skip);
    }
    for (unsigned lost = 0; lost < 8; lost++)
        for (unsigned first = 0; first < 24; first++)
            lose(tu, UNITS, first, lost);
    for (size_t n = 0; n < UNITS; n++)
        shape_free(tu[n]);
}

Test(av1, a_temporal_unit_beyond_the_limit_is_dropped)
{
    enum { PART = 60000 };
    struct collected c = {0};
    struct unpacker *u = unpacker_create(&track, (struct slice){0}, collect, &c);
    uint8_t *payload = calloc(1, PART);
    struct rtp_packet pkt = {.payload = slice_of(payload, PART)};
    memcpy(payload, "\x58\x30", 2); /* Y, W 1, N: a frame begins */
    for (size_t sent = 0; sent <= UNPACKER_AU_MAX; sent += PART - 1, pkt.seq++) {
        cr_assert_eq(unpacker_push(u, &pkt), 0);
        payload[0] = 0xd0;
    }
    payload[0] = 0x90;
    pkt.marker = true;
    cr_assert_eq(unpacker_push(u, &pkt), 0);
    cr_assert_eq(c.count, 0);
    cr_assert_eq(unpacker_stats(u).dropped_aus, 1);
    pkt = (struct rtp_packet){.seq = (uint16_t)(pkt.seq + 1),
                              .rtp_time = 1,
                              .marker = true,
                              .payload = SLICE_LIT(H1 W_INTER)};
    cr_assert_eq(unpacker_push(u, &pkt), 0);
    cr_assert_eq(c.count, 1);
    unpacker_destroy(u);
    collected_free(&c);
    free(payload);
}
