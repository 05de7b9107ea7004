/* SPDX-License-Identifier: MIT */
#include "rtp/codec.h"

#include "tests/rtp/pack_rows.h"
#include "tests/rtp/unpack_rows.h"

#include <errno.h>

#define HBR                                                                                        \
    "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3"

static const struct media_track track = {
    .codec = CODEC_AAC, .clock_rate = 48000, .channels = 2, .config_len = 2, .config = "\x11\x90"};

static const struct pack_row pack_rows[] = {
    {"small", BYTES("hello"), {BYTES("\0\x10\0\x28hello")}},
    {"nothing", BYTES(""), {BYTES("")}},
    {"just fits", BYTES(A60), {BYTES("\0\x10\x01\xe0" A60)}},
    {"a byte more", BYTES(A60 "x"), {BYTES("\0\x10\x01\xe8" A60), BYTES("\0\x10\x01\xe8x")}},
    {"three fragments",
     BYTES(A60 A60 "xy"),
     {BYTES("\0\x10\x03\xd0" A60), BYTES("\0\x10\x03\xd0" A60), BYTES("\0\x10\x03\xd0xy")}},
};

Test(aac, payloads_are_those_of_rfc_3640)
{
    run_pack_rows(CODEC_AAC, pack_rows, ARRAY_LEN(pack_rows));
}

Test(aac, an_access_unit_that_13_bits_cannot_count_makes_no_packets)
{
    static const uint8_t au[8192];
    struct packer p;
    bool marker;
    packer_init(&p, CODEC_AAC, slice_of(au, 8191), 1400);
    cr_assert_gt(packer_next(&p, NULL, &marker), 0);
    packer_init(&p, CODEC_AAC, slice_of(au, 8192), 1400);
    cr_assert_eq(packer_next(&p, NULL, &marker), 0);
}

#define ONE(seq, time, text5)                                                                      \
    {                                                                                              \
        seq, time, true, BYTES("\0\x10\0\x28" text5)                                               \
    }

/* Unless a row says otherwise, a whole access unit stands before and behind what it is about. */
static const struct row rows[] = {
    {"one access unit a packet",
     {ONE(1, 0, "hello"), ONE(2, 1024, "world")},
     {OUT(0, "hello"), OUT(1024, "world")}},
    {"three in a packet",
     {{1, 100, true, BYTES("\0\x30\0\x08\0\x10\0\x18xyyzzz")}},
     {OUT(100, "x"), OUT(1124, "yy"), OUT(2148, "zzz")}},
    {"three in a packet without the marker",
     {{1, 100, false, BYTES("\0\x30\0\x08\0\x10\0\x18xyyzzz")}},
     {OUT(100, "x"), OUT(1124, "yy"), OUT(2148, "zzz")}},
    {"bytes behind the last one", {{1, 0, true, BYTES("\0\x10\0\x28hello!")}}, {OUT(0, "hello")}},
    {"an index that counts", {{1, 0, true, BYTES("\0\x10\0\x2fhello")}}, {OUT(0, "hello")}},
    {"fragments",
     {ONE(1, 0, "hello"),
      {2, 100, false, BYTES("\0\x10\0\x48ghij")},
      {3, 100, false, BYTES("\0\x10\0\x48kl")},
      {4, 100, true, BYTES("\0\x10\0\x48mno")},
      ONE(5, 200, "world")},
     {OUT(0, "hello"), OUT(100, "ghijklmno"), OUT(200, "world")}},
    {"fragments without a marker",
     {ONE(1, 0, "hello"),
      {2, 100, false, BYTES("\0\x10\0\x48ghij")},
      {3, 100, false, BYTES("\0\x10\0\x48klmno")},
      ONE(4, 200, "world")},
     {OUT(0, "hello"), OUT(100, "ghijklmno"), OUT(200, "world")}},
    {"fragments that tell their own size",
     {ONE(1, 0, "hello"),
      {2, 100, false, BYTES("\0\x10\0\x20ghij")},
      {3, 100, false, BYTES("\0\x10\0\x10kl")},
      {4, 100, true, BYTES("\0\x10\0\x18mno")},
      ONE(5, 200, "world")},
     {OUT(0, "hello"), OUT(100, "ghijklmno"), OUT(200, "world")}},
    {"no marker ever",
     {ONE(1, 0, "hello"),
      {2, 100, false, BYTES("\0\x10\0\x20ghij")},
      {3, 200, false, BYTES("\0\x10\0\x18klm")},
      ONE(4, 300, "world")},
     {OUT(0, "hello"), OUT(100, "ghij"), OUT(200, "klm"), OUT(300, "world")}},
    {"an access unit beyond the end",
     {ONE(1, 0, "hello"),
      {2, 100, true, BYTES("\0\x20\0\x08\0\x18xyy"), true},
      ONE(3, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"a last fragment without the others",
     {ONE(1, 0, "hello"), {2, 100, true, BYTES("\0\x10\0\x48mno")}, ONE(3, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"interleaving",
     {ONE(1, 0, "hello"),
      {2, 100, true, BYTES("\0\x20\0\x08\0\x09xy"), true},
      ONE(3, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"an empty access unit",
     {ONE(1, 0, "hello"), {2, 100, true, BYTES("\0\x20\0\x08\0\0x"), true}, ONE(3, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"no AU header",
     {ONE(1, 0, "hello"), {2, 100, true, BYTES("\0\0x"), true}, ONE(3, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"half an AU header",
     {ONE(1, 0, "hello"), {2, 100, true, BYTES("\0\x18\0\x08\0x"), true}, ONE(3, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"AU headers beyond the end",
     {ONE(1, 0, "hello"), {2, 100, true, BYTES("\0\x20\0\x08\0"), true}, ONE(3, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"the most AU headers",
     {ONE(1, 0, "hello"), {2, 100, true, BYTES("\xff\xf0\0\x08\0"), true}, ONE(3, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"a malformed packet drops what belongs to its access unit",
     {ONE(1, 0, "hello"),
      {2, 100, false, BYTES("\0"), true},
      {3, 100, true, BYTES("\0\x10\0\x18mno")},
      ONE(4, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"fragments of more than the whole",
     {ONE(1, 0, "hello"),
      {2, 100, false, BYTES("\0\x10\0\x28ghij")},
      {3, 100, true, BYTES("\0\x10\0\x28kl"), true},
      ONE(4, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"fragments that disagree about the whole",
     {ONE(1, 0, "hello"),
      {2, 100, false, BYTES("\0\x10\0\x30ghij")},
      {3, 100, true, BYTES("\0\x10\0\x38kl"), true},
      ONE(4, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"a marker too early",
     {ONE(1, 0, "hello"),
      {2, 100, false, BYTES("\0\x10\0\x48ghij")},
      {3, 100, true, BYTES("\0\x10\0\x48kl")},
      ONE(4, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"a new time stamp too early",
     {ONE(1, 0, "hello"), {2, 100, false, BYTES("\0\x10\0\x48ghij")}, ONE(3, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"several behind a fragment",
     {ONE(1, 0, "hello"),
      {2, 100, false, BYTES("\0\x10\0\x48ghij")},
      {3, 100, true, BYTES("\0\x20\0\x08\0\x08xy"), true},
      ONE(4, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
};

static const struct row loss_rows[] = {
    {"of a whole access unit",
     {ONE(1, 0, "hello"), ONE(3, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")}},
    {"of a fragment in the middle",
     {{1, 100, false, BYTES("\0\x10\0\x48ghij")},
      {3, 100, true, BYTES("\0\x10\0\x48mno")},
      ONE(4, 200, "world")},
     {OUT(200, "world")},
     1},
    {"of the first fragment",
     {ONE(1, 0, "hello"),
      {3, 100, false, BYTES("\0\x10\0\x48kl")},
      {4, 100, true, BYTES("\0\x10\0\x48mno")},
      ONE(5, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"of the first fragment, of those that tell their own size",
     {ONE(1, 0, "hello"),
      {3, 100, false, BYTES("\0\x10\0\x10kl")},
      {4, 100, true, BYTES("\0\x10\0\x18mno")},
      ONE(5, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"of packets in front of the first fragment",
     {ONE(1, 0, "hello"),
      {3, 100, false, BYTES("\0\x10\0\x28ghij")},
      {4, 100, true, BYTES("\0\x10\0\x28k")},
      ONE(5, 200, "world")},
     {OUT(0, "hello"), OUT(100, "ghijk"), OUT(200, "world")}},
    {"of the last fragment",
     {ONE(1, 0, "hello"), {2, 100, false, BYTES("\0\x10\0\x48ghij")}, ONE(4, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     1},
    {"of the last fragment and the first of the next",
     {ONE(1, 0, "hello"),
      {2, 100, false, BYTES("\0\x10\0\x48ghij")},
      {5, 150, true, BYTES("\0\x10\0\x48jklmno")},
      ONE(6, 200, "world")},
     {OUT(0, "hello"), OUT(200, "world")},
     2},
};

Test(aac, access_units_come_out_whole_or_not_at_all)
{
    run_rows(rows, ARRAY_LEN(rows), &track, SLICE_LIT(HBR));
}

Test(aac, a_loss_costs_what_it_damaged_and_no_more)
{
    run_rows(loss_rows, ARRAY_LEN(loss_rows), &track, SLICE_LIT(HBR));
}

Test(aac, every_prefix_of_a_packet_is_taken_within_its_bytes)
{
    run_rows_prefixes(rows, ARRAY_LEN(rows), &track, SLICE_LIT(HBR));
}

static const struct {
    struct slice fmtp;
    struct row row;
} fmtp_rows[] = {
    {BYTES(""), {"nothing given", {ONE(1, 0, "hello")}, {OUT(0, "hello")}}},
    {BYTES(" SizeLength = 13 ; IndexLength=3;INDEXDELTALENGTH=3 ;"),
     {"case and spaces", {ONE(1, 0, "hello")}, {OUT(0, "hello")}}},
    {BYTES("sizelength=13;auxiliarydatasizelength=0;ctsdeltalength=0;indexlength=3"),
     {"fields of no bits", {ONE(1, 0, "hello")}, {OUT(0, "hello")}}},
    {BYTES("streamtype=3;profile-level-id=14;mode=AAC-hbr;config=1190;sizeLength=13"),
     {"AMS32: no index", {{1, 0, true, BYTES("\0\x0d\0\x28hello")}}, {OUT(0, "hello")}}},
    {BYTES("mode=AAC-lbr;sizelength=6;indexlength=2;indexdeltalength=2"),
     {"AAC-lbr", {{1, 0, true, BYTES("\0\x10\x04\x0cxzzz")}}, {OUT(0, "x"), OUT(1024, "zzz")}}},
    {BYTES("sizelength=16;indexlength=0;indexdeltalength=4"),
     {"headers of different sizes",
      {{1, 0, true, BYTES("\0\x24\0\1\0\3\0xzzz")}},
      {OUT(0, "x"), OUT(1024, "zzz")}}},
};

Test(aac, au_headers_look_as_the_format_parameters_say)
{
    for (size_t i = 0; i < ARRAY_LEN(fmtp_rows); i++)
        run_row(&fmtp_rows[i].row, &track, fmtp_rows[i].fmtp);
}

Test(aac, format_parameters_that_make_no_sense_are_refused)
{
    static const char *const refused[] = {
        "sizelength",
        "sizelength=",
        "sizelength=0",
        "sizelength=33",
        "sizelength=-1",
        "sizelength=13x",
        "indexlength=99999999999999999999",
        "indexdeltalength=x",
        "constantsize=200",
        "constantsize=8",
        "sizelength=13;ctsdeltalength=8",
        "sizelength=13;auxiliarydatasizelength=1;auxiliarydatasizelength=0",
    };
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        errno = 0;
        cr_assert_null(unpacker_create(&track, slice_str(refused[i]), collect, NULL), "%s",
                       refused[i]);
        cr_assert_eq(errno, EINVAL, "%s", refused[i]);
    }
}

static const struct {
    const char *name;
    struct slice config;
    uint32_t clock_rate;
    uint32_t ticks;
} frame_rows[] = {
    {"AAC-LC", BYTES("\x11\x90"), 48000, 1024},
    {"frames of 960 samples", BYTES("\x11\x94"), 48000, 960},
    {"no configuration", BYTES(""), 48000, 1024},
    {"a reserved rate", BYTES("\x17\x10"), 48000, 1024},
    {"an explicit rate", BYTES("\x17\x80\x5d\xc0\x10"), 48000, 1024},
    {"HE-AAC on the clock of its output", BYTES("\x2b\x11\x88\x00"), 48000, 2048},
    {"HE-AAC on the clock of its core", BYTES("\x2b\x11\x88\x00"), 24000, 1024},
    {"HE-AAC of 960 samples", BYTES("\x2b\x11\x8a\x00"), 48000, 1920},
    {"an escaped object type", BYTES("\xf8\x46\x40"), 48000, 1024},
    {"a configuration cut short", BYTES("\x11"), 48000, 1024},
};

Test(aac, time_advances_by_a_frame)
{
    for (size_t i = 0; i < ARRAY_LEN(frame_rows); i++) {
        struct media_track t = {.codec = CODEC_AAC, .clock_rate = frame_rows[i].clock_rate};
        const struct rtp_packet two = {.payload = BYTES("\0\x20\0\x08\0\x08xy"), .marker = true};
        struct collected c = {0};
        media_track_set_config(&t, frame_rows[i].config);
        struct unpacker *u = unpacker_create(&t, (struct slice){0}, collect, &c);
        cr_assert_eq(unpacker_push(u, &two), 0);
        cr_assert_eq(c.count, 2, "%s", frame_rows[i].name);
        cr_assert_eq(c.unit[1].rtp_time, frame_rows[i].ticks, "%s: %u", frame_rows[i].name,
                     c.unit[1].rtp_time);
        unpacker_destroy(u);
        collected_free(&c);
    }
}
