/* SPDX-License-Identifier: MIT */
#include "core/obu.h"

#include "tests/support/guard.h"

#include <criterion/criterion.h>

#define BYTES(s)                                                                                   \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

/* The first two temporal units of
 *   ffmpeg -f lavfi -i color=gray:size=64x64:rate=5 -c:v libaom-av1 -g 2 -crf 63 -f obu */
#define KEY_TU                                                                                     \
    "\x12\x00\x0a\x0a\x00\x00\x00\x02\xaf\xff\x9b\x5f\x20\x08"                                     \
    "\x32\x0b\x10\x00\xd9\x80\x00\x02\x80\x00\x00\x08\xf0"
#define INTER_TU                                                                                   \
    "\x12\x00"                                                                                     \
    "\x32\x11\x30\x03\x80\x80\x00\x00\x06\xff\x80\x00\x02\xc0\x00\x00\x20\x00\x9c"
/* The same encoder with -still-picture 1: the header of the frame is reduced. */
#define STILL_TU "\x12\x00\x0a\x06\x18\x15\x7f\xbd\xa0\x08\x32\x04\x38\x47\xfc\x06"

static const struct {
    struct slice bytes;
    int64_t value; /* negative: there is none */
    size_t taken;
} leb128_rows[] = {
    {BYTES(""), -1, 0},
    {BYTES("\x00"), 0, 1},
    {BYTES("\x7f\x01"), 127, 1},
    {BYTES("\x80\x01"), 128, 2},
    {BYTES("\xe5\x8e\x26"), 624485, 3},
    {BYTES("\xff\xff\xff\xff\x0f"), UINT32_MAX, 5},
    {BYTES("\x80\x80\x80\x80\x10"), -1, 0}, /* 33 bits */
    {BYTES("\x81\x80\x80\x80\x80\x80\x80\x00"), 1, 8},
    {BYTES("\x81\x80\x80\x80\x80\x80\x80\x80\x00"), -1, 0}, /* 9 bytes */
    {BYTES("\x80\x80"), -1, 0},
};

Test(obu, leb128_numbers_are_of_32_bits_and_8_bytes_at_the_most)
{
    for (size_t i = 0; i < ARRAY_LEN(leb128_rows); i++) {
        struct slice copy = guard_copy(leb128_rows[i].bytes), rest = copy;
        uint32_t value;
        bool read = leb128_read(&rest, &value);
        cr_assert_eq(read, leb128_rows[i].value >= 0, "row %zu", i);
        cr_assert_eq(copy.len - rest.len, leb128_rows[i].taken, "row %zu", i);
        if (read)
            cr_assert_eq(value, leb128_rows[i].value, "row %zu", i);
        guard_free(copy);
    }
}

Test(obu, leb128_numbers_are_written_as_short_as_can_be)
{
    for (unsigned bit = 0; bit <= 32; bit++) {
        for (int off = -1; off <= 1; off++) {
            uint32_t value = (uint32_t)((UINT64_C(1) << bit) + (uint64_t)off), read;
            uint8_t bytes[LEB128_BYTES_MAX];
            size_t len = leb128_write(bytes, value);
            struct slice rest = slice_of(bytes, len);
            cr_assert_eq(len, leb128_bytes(value));
            cr_assert(len == 1 || bytes[len - 1] != 0, "%u", value);
            cr_assert(leb128_read(&rest, &read) && read == value && rest.len == 0, "%u", value);
        }
    }
}

static const struct {
    const char *name;
    struct slice bytes;
    uint8_t type; /* of the unit in front; 0: there is none */
    uint8_t extension;
    struct slice payload;
    size_t left;
} unit_rows[] = {
    {"nothing", BYTES("")},
    {"a temporal delimiter", BYTES("\x12\x00"), OBU_TEMPORAL_DELIMITER},
    {"a frame, and more", BYTES("\x32\x02xy\x12\x00"), OBU_FRAME, 0, BYTES("xy"), 2},
    {"an extension", BYTES("\x36\x28\x01x"), OBU_FRAME, 0x28, BYTES("x")},
    {"a size of more bytes than it needs", BYTES("\x32\x82\x00xy"), OBU_FRAME, 0, BYTES("xy")},
    {"the reserved bit", BYTES("\x33\x01x"), OBU_FRAME, 0, BYTES("x")},
    {"the forbidden bit", BYTES("\xb2\x01x")},
    {"no size", BYTES("\x30xy")},
    {"half an extension", BYTES("\x36")},
    {"half a size", BYTES("\x32\x81")},
    {"a payload beyond the end", BYTES("\x32\x03xy")},
};

Test(obu, units_are_taken_one_by_one_and_only_whole)
{
    for (size_t i = 0; i < ARRAY_LEN(unit_rows); i++) {
        struct slice copy = guard_copy(unit_rows[i].bytes), rest = copy;
        struct obu obu;
        bool got = obu_next(&rest, &obu);
        cr_assert_eq(got, unit_rows[i].type != 0, "%s", unit_rows[i].name);
        cr_assert_eq(rest.len, got ? unit_rows[i].left : copy.len, "%s", unit_rows[i].name);
        if (got) {
            cr_assert_eq((unsigned)obu_type(&obu), unit_rows[i].type, "%s", unit_rows[i].name);
            cr_assert_eq(obu.extension, unit_rows[i].extension, "%s", unit_rows[i].name);
            cr_assert(slice_eq(obu.payload, unit_rows[i].payload), "%s", unit_rows[i].name);
        }
        guard_free(copy);
    }
}

static const struct {
    struct slice bytes;
    bool good;
    struct slice with_size;
} alone_rows[] = {
    {BYTES("\x30xy"), true, BYTES("\x32\x02xy")},
    {BYTES("\x30"), true, BYTES("\x32\x00")},
    {BYTES("\x34\x28x"), true, BYTES("\x36\x28\x01x")},
    {BYTES("\x32\x02xy"), true, BYTES("\x32\x02xy")},
    {BYTES("\x32\x82\x00xy"), true, BYTES("\x32\x02xy")},
    {BYTES("\x32\x01xy"), true, BYTES("\x32\x01x")}, /* y is not of it */
    {BYTES("\x32\x03xy"), false, BYTES("")},
    {BYTES("\x34"), false, BYTES("")},
    {BYTES(""), false, BYTES("")},
};

Test(obu, a_unit_alone_may_lack_its_size_and_gets_it_in_place)
{
    for (size_t i = 0; i < ARRAY_LEN(alone_rows); i++) {
        uint8_t buf[16];
        size_t len = 0;
        struct slice copy = guard_copy(alone_rows[i].bytes);
        struct obu obu;
        cr_assert_eq(obu_parse(copy, &obu), alone_rows[i].good, "row %zu", i);
        guard_free(copy);
        if (!alone_rows[i].good)
            continue;
        memcpy(buf, alone_rows[i].bytes.ptr, alone_rows[i].bytes.len);
        obu_parse(slice_of(buf, alone_rows[i].bytes.len), &obu);
        cr_assert(obu_append(buf, sizeof buf, &len, &obu), "row %zu", i);
        cr_assert(slice_eq(slice_of(buf, len), alone_rows[i].with_size), "row %zu", i);
    }
}

Test(obu, append_changes_nothing_when_there_is_no_room)
{
    struct obu obu = {.header = 0x36, .extension = 0x28, .payload = SLICE_LIT("xyz")};
    uint8_t buf[7];
    size_t len = 0;
    for (size_t cap = 0; cap < 6; cap++)
        cr_assert_not(obu_append(buf, cap, &len, &obu));
    cr_assert_eq(len, 0);
    cr_assert(obu_append(buf, 6, &len, &obu));
    cr_assert_eq(len, 6);
    cr_assert_not(obu_append(buf, sizeof buf, &len, &obu));
    cr_assert_eq(len, 6);
}

static const struct {
    const char *name;
    struct slice tu;
    struct obu_summary summary;
} summary_rows[] = {
    {"nothing", BYTES(""), {0}},
    {"a key frame", BYTES(KEY_TU), {true, true, true, true}},
    {"another frame", BYTES(INTER_TU), {.has_frame = true, .is_shown = true}},
    {"a still picture", BYTES(STILL_TU), {true, true, true, true}},
    {"a key frame without sequence header",
     BYTES("\x1a\x02\x10x\x22\x01x"),
     {.has_frame = true, .is_key = true, .is_shown = true}},
    {"a key frame that is not shown",
     BYTES("\x0a\x01\x00\x32\x02\x00x\x32\x01\x30"),
     {true, .has_frame = true, .is_key = true}},
    {"an old frame shown", BYTES("\x1a\x01\x80"), {.has_frame = true, .is_shown = true}},
    {"an intra-only frame", BYTES("\x32\x01\x50"), {.has_frame = true, .is_shown = true}},
    {"the first frame counts",
     BYTES("\x32\x01\x30\x32\x01\x10"),
     {.has_frame = true, .is_shown = true}},
    {"a sequence header behind the frame", BYTES("\x32\x01\x30\x0a\x01\x00"), {0, true, 0, true}},
    {"tiles alone", BYTES("\x22\x01x"), {.has_frame = true}},
    {"a frame of nothing", BYTES("\x32\x00"), {.has_frame = true, .is_shown = true}},
    {"a sequence header alone", BYTES("\x0a\x00"), {.has_sequence_header = true}},
};

static bool is_same(struct obu_summary a, struct obu_summary b)
{
    return a.has_sequence_header == b.has_sequence_header && a.has_frame == b.has_frame &&
           a.is_key == b.is_key && a.is_shown == b.is_shown;
}

Test(obu, a_temporal_unit_tells_whether_decoding_may_start_at_it)
{
    for (size_t i = 0; i < ARRAY_LEN(summary_rows); i++)
        cr_assert(is_same(obu_summarize(summary_rows[i].tu), summary_rows[i].summary), "%s",
                  summary_rows[i].name);
}

Test(obu, every_prefix_is_read_within_its_bytes)
{
    static const struct slice units[] = {BYTES(KEY_TU), BYTES(INTER_TU), BYTES(STILL_TU)};
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        for (size_t len = 0; len <= units[i].len; len++) {
            struct slice copy = guard_copy(slice_head(units[i], len)), rest = copy;
            struct obu obu;
            obu_summarize(copy);
            obu_parse(copy, &obu);
            while (obu_next(&rest, &obu))
                cr_assert_leq(obu.payload.len, copy.len);
            guard_free(copy);
        }
    }
}
