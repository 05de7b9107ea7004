/* SPDX-License-Identifier: MIT */
#include "core/bits.h"

#include <criterion/criterion.h>
#include <stdio.h>

static uint8_t out[64];

static struct bits started(void)
{
    struct bits b;
    bits_init(&b, out, sizeof(out));
    return b;
}

/* The bits written, as "0" and "1", without the trailing bits that this adds. */
static const char *finished(struct bits *b)
{
    static char text[8 * sizeof(out) + 1];
    bits_trailing(b);
    for (size_t i = 0; i < 8 * b->len; i++)
        text[i] = b->dst[i / 8] >> (7 - i % 8) & 1 ? '1' : '0';
    text[8 * b->len] = '\0';
    *strrchr(text, '1') = '\0';
    return text;
}

Test(bits, unsigned_codes_are_those_of_clause_9_1)
{
    static const struct {
        uint32_t value;
        const char *code;
    } rows[] = {
        {0, "1"},
        {1, "010"},
        {2, "011"},
        {3, "00100"},
        {6, "00111"},
        {7, "0001000"},
        {25, "000011010"},
        {30, "000011111"},
        {31, "00000100000"},
        {254, "000000011111111"},
        {255, "00000000100000000"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bits b = started();
        bits_ue(&b, rows[i].value);
        cr_expect_str_eq(finished(&b), rows[i].code, "ue(%u)", rows[i].value);
    }
}

Test(bits, signed_codes_alternate_between_positive_and_negative)
{
    static const struct {
        int32_t value;
        const char *code;
    } rows[] = {
        {0, "1"}, {1, "010"}, {-1, "011"}, {2, "00100"}, {-2, "00101"}, {-26, "00000110101"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bits b = started();
        bits_se(&b, rows[i].value);
        cr_expect_str_eq(finished(&b), rows[i].code, "se(%d)", rows[i].value);
    }
}

Test(bits, fields_follow_each_other_without_gaps)
{
    struct bits b = started();
    bits_u(&b, 1, 1);
    bits_u(&b, 32, 0xdeadbeef);
    bits_u(&b, 3, 5);
    cr_expect_str_eq(finished(&b), "1"
                                   "11011110101011011011111011101111"
                                   "101");
}

Test(bits, alignment_adds_zeros_only_off_the_byte_boundary)
{
    struct bits b = started();
    bits_u(&b, 3, 7);
    bits_align_zero(&b);
    bits_align_zero(&b);
    bits_bytes(&b, SLICE_LIT("\xff"));
    cr_expect_str_eq(finished(&b), "1110000011111111");
}

/* Clause 7.4.1: 00 00 is never followed by 00, 01, 02, and by 03 only as the emulation prevention
 * byte. */
Test(bits, nothing_looks_like_a_start_code)
{
    static const struct {
        struct slice in, out; /* out: with the trailing bits */
    } rows[] = {
        {SLICE_LIT("\x00\x00\x00"), SLICE_LIT("\x00\x00\x03\x00\x80")},
        {SLICE_LIT("\x00\x00\x01"), SLICE_LIT("\x00\x00\x03\x01\x80")},
        {SLICE_LIT("\x00\x00\x02"), SLICE_LIT("\x00\x00\x03\x02\x80")},
        {SLICE_LIT("\x00\x00\x03"), SLICE_LIT("\x00\x00\x03\x03\x80")},
        {SLICE_LIT("\x00\x00\x04"), SLICE_LIT("\x00\x00\x04\x80")},
        {SLICE_LIT("\x00\x01\x00\x01"), SLICE_LIT("\x00\x01\x00\x01\x80")},
        {SLICE_LIT("\x00\x00\x00\x00\x00\x01"), SLICE_LIT("\x00\x00\x03\x00\x00\x03\x00\x01\x80")},
        {SLICE_LIT("\x00\x00"), SLICE_LIT("\x00\x00\x80")},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bits b = started();
        bits_bytes(&b, rows[i].in);
        bits_trailing(&b);
        cr_expect(slice_eq(slice_of(out, b.len), rows[i].out), "row %zu", i);
    }
}

Test(bits, emulation_is_prevented_across_fields)
{
    struct bits b = started();
    bits_ue(&b, UINT32_MAX - 1); /* 31 zeros, 32 ones */
    bits_u(&b, 1, 1);
    bits_trailing(&b);
    struct slice want = SLICE_LIT("\x00\x00\x03\x00\x01\xff\xff\xff\xff\x80");
    cr_expect(slice_eq(slice_of(out, b.len), want));
}

Test(bits, what_does_not_fit_is_dropped_and_said)
{
    for (size_t cap = 0; cap <= 6; cap++) {
        memset(out, 0xee, sizeof(out));
        struct bits b;
        bits_init(&b, out, cap);
        bits_bytes(&b, SLICE_LIT("\x01\x00\x00\x01\x02")); /* 6 bytes with the one put in */
        cr_expect_eq(b.len, cap);
        cr_expect_eq(b.cut, cap < 6);
        cr_expect_eq(out[cap], 0xee);
    }
}
