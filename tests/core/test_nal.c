/* SPDX-License-Identifier: MIT */
#include "core/nal.h"

#include "tests/support/guard.h"

#include <criterion/criterion.h>

#define BYTES(s)                                                                                   \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

Test(nal, units_come_out_in_order_and_empty_ones_too)
{
    struct slice units = SLICE_LIT("\0\0\0\2\x67\x42"
                                   "\0\0\0\0"
                                   "\0\0\0\1\x68");
    struct slice nal;
    cr_assert(nal_next(&units, &nal));
    cr_assert(slice_is(nal, "\x67\x42"));
    cr_assert(nal_next(&units, &nal));
    cr_assert_eq(nal.len, 0);
    cr_assert(nal_next(&units, &nal));
    cr_assert(slice_is(nal, "\x68"));
    cr_assert_not(nal_next(&units, &nal));
}

Test(nal, a_length_beyond_the_end_ends_the_walk)
{
    static const struct slice rows[] = {
        BYTES(""),         BYTES("\0"),           BYTES("\0\0\0"),
        BYTES("\0\0\0\1"), BYTES("\0\0\0\3\1\2"), BYTES("\xff\xff\xff\xff\x67"),
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice copy = guard_copy(rows[i]);
        struct slice units = copy, nal;
        cr_assert_not(nal_next(&units, &nal), "row %zu", i);
        guard_free(copy);
    }
}

Test(nal, append_writes_what_next_reads)
{
    uint8_t buf[16];
    size_t len = 0;
    cr_assert(nal_append(buf, sizeof(buf), &len, SLICE_LIT("\x67\x42\x00")));
    cr_assert(nal_append(buf, sizeof(buf), &len, (struct slice){0}));
    cr_assert(slice_eq(slice_of(buf, len), SLICE_LIT("\0\0\0\3\x67\x42\x00\0\0\0\0")));
}

Test(nal, append_changes_nothing_when_there_is_no_room)
{
    uint8_t buf[16];
    for (size_t cap = 0; cap < 6; cap++) {
        size_t len = 0;
        cr_assert_not(nal_append(buf, cap, &len, SLICE_LIT("\x67\x42")));
        cr_assert_eq(len, 0);
    }
    size_t len = 0;
    cr_assert(nal_append(buf, 6, &len, SLICE_LIT("\x67\x42")));
    cr_assert_not(nal_append(buf, 6, &len, (struct slice){0}));
    cr_assert_eq(len, 6);
}

Test(nal, contains_compares_whole_units)
{
    struct slice units = SLICE_LIT("\0\0\0\2\x67\x42\0\0\0\1\x68");
    cr_assert(nal_contains(units, SLICE_LIT("\x67\x42")));
    cr_assert(nal_contains(units, SLICE_LIT("\x68")));
    cr_assert_not(nal_contains(units, SLICE_LIT("\x67")));
    cr_assert_not(nal_contains(units, SLICE_LIT("\x67\x42\x00")));
    cr_assert_not(nal_contains((struct slice){0}, SLICE_LIT("\x67")));
}

Test(nal, type_and_vcl)
{
    cr_assert_eq(h264_nal_type(SLICE_LIT("\x65\x88")), H264_NAL_IDR);
    cr_assert_eq((int)h264_nal_type((struct slice){0}), 0);
    cr_assert(h264_nal_is_vcl(SLICE_LIT("\x41")));
    cr_assert(h264_nal_is_vcl(SLICE_LIT("\x65")));
    cr_assert_not(h264_nal_is_vcl(SLICE_LIT("\x06")));
    cr_assert_not(h264_nal_is_vcl((struct slice){0}));
}

Test(nal, h265_type_and_vcl)
{
    cr_assert_eq(h265_nal_type(SLICE_LIT("\x40\x01")), H265_NAL_VPS);
    cr_assert_eq(h265_nal_type(SLICE_LIT("\x28\x01\xac")), 20);
    cr_assert_eq(h265_nal_type(SLICE_LIT("\xc1\xff")), H265_NAL_VPS,
                 "F bit and layer are not of it");
    cr_assert_eq(h265_nal_type(SLICE_LIT("\x40")), H265_NAL_NONE);
    cr_assert_eq(h265_nal_type((struct slice){0}), H265_NAL_NONE);
    cr_assert(h265_nal_is_vcl(SLICE_LIT("\x00\x01")));
    cr_assert(h265_nal_is_vcl(SLICE_LIT("\x3e\x01")));
    cr_assert_not(h265_nal_is_vcl(SLICE_LIT("\x40\x01")));
    cr_assert_not(h265_nal_is_vcl(SLICE_LIT("\x00")));
    cr_assert_not(h265_nal_is_vcl((struct slice){0}));
}

static const struct {
    struct slice stream;
    struct slice unit[3];
} annexb_rows[] = {
    {BYTES("")},
    {BYTES("\0\0\0\0")},
    {BYTES("\0\0\1")},
    {BYTES("\0\0\1\0\0\1\0\0\0\1")},
    {BYTES("\x67\x42"), {BYTES("\x67\x42")}},
    {BYTES("\x67\x42\0\0"), {BYTES("\x67\x42")}},
    {BYTES("\0\0\1\x67\x42"), {BYTES("\x67\x42")}},
    {BYTES("\0\0\0\1\x67\x42\0\0\0\1\x68"), {BYTES("\x67\x42"), BYTES("\x68")}},
    {BYTES("\x67\x42\0\0\1\x68\0\0\0\0\1\x65\x88\0\0"),
     {BYTES("\x67\x42"), BYTES("\x68"), BYTES("\x65\x88")}},
    /* An emulation prevention byte is not a start code, nor is a 1 after a single zero. */
    {BYTES("\0\0\1\x65\0\0\3\1\0\1\x80"), {BYTES("\x65\0\0\3\1\0\1\x80")}},
};

Test(nal, annexb_streams_are_cut_at_start_codes)
{
    for (size_t i = 0; i < ARRAY_LEN(annexb_rows); i++) {
        struct slice copy = guard_copy(annexb_rows[i].stream);
        struct slice stream = copy, nal;
        size_t n = 0;
        while (annexb_next(&stream, &nal)) {
            cr_assert_lt(n, ARRAY_LEN(annexb_rows[i].unit), "row %zu", i);
            cr_assert(slice_eq(nal, annexb_rows[i].unit[n]), "row %zu, unit %zu", i, n);
            n++;
        }
        bool all = n == ARRAY_LEN(annexb_rows[i].unit) || annexb_rows[i].unit[n].len == 0;
        cr_assert(all, "row %zu ends after %zu units", i, n);
        guard_free(copy);
    }
}

Test(nal, every_prefix_of_an_annexb_stream_is_cut_within_its_bytes)
{
    struct slice stream = SLICE_LIT("\x67\x42\0\0\1\x68\0\0\0\0\1\x65\x88\0\0");
    for (size_t len = 0; len <= stream.len; len++) {
        struct slice copy = guard_copy(slice_head(stream, len));
        struct slice rest = copy, nal;
        while (annexb_next(&rest, &nal)) {
            cr_assert_gt(nal.len, 0);
            cr_assert_neq(nal.ptr[nal.len - 1], 0);
        }
        guard_free(copy);
    }
}

/* What is left after passing over 'bytes', starting behind 'before' of them. */
static bool read_after(struct slice unit, size_t before, size_t bytes, bool at_once, uint8_t *next)
{
    struct rbsp r = {.rest = unit};
    for (size_t i = 0; i < before; i++)
        if (!rbsp_next(&r, next))
            return false;
    bool is_there = at_once ? rbsp_skip(&r, bytes) : true;
    for (size_t i = 0; i < bytes && is_there && !at_once; i++)
        is_there = rbsp_next(&r, next);
    return is_there && rbsp_next(&r, next);
}

/* Every string of eight bytes that are 00, 01 or 03. */
Test(nal, passing_over_bytes_is_like_reading_them)
{
    enum { LENGTH = 8, STRINGS = 6561 };
    static const uint8_t alphabet[] = {0, 1, 3};
    for (unsigned number = 0; number < STRINGS; number++) {
        uint8_t bytes[LENGTH];
        for (unsigned i = 0, rest = number; i < LENGTH; i++, rest /= 3)
            bytes[i] = alphabet[rest % 3];
        struct slice unit = slice_of(bytes, LENGTH);
        for (size_t at = 0; at < 64; at++) {
            uint8_t fast = 0xff, slow = 0xff;
            bool is_there = read_after(unit, at / 8, at % 8, true, &fast);
            cr_assert_eq(is_there, read_after(unit, at / 8, at % 8, false, &slow));
            cr_assert(!is_there || fast == slow, "string %u, at %zu", number, at);
        }
    }
}
