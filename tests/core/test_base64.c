/* SPDX-License-Identifier: MIT */
#include "core/base64.h"

#include "tests/support/guard.h"

#include <criterion/criterion.h>

/* RFC 4648 section 10, and a PPS as it stands in many an SDP. */
static const struct {
    struct slice plain;
    const char *encoded;
} rows[] = {
    {{(const uint8_t *)"", 0}, ""},
    {{(const uint8_t *)"f", 1}, "Zg=="},
    {{(const uint8_t *)"fo", 2}, "Zm8="},
    {{(const uint8_t *)"foo", 3}, "Zm9v"},
    {{(const uint8_t *)"foob", 4}, "Zm9vYg=="},
    {{(const uint8_t *)"fooba", 5}, "Zm9vYmE="},
    {{(const uint8_t *)"foobar", 6}, "Zm9vYmFy"},
    {{(const uint8_t *)"\x68\xee\x3c\x80", 4}, "aO48gA=="},
    {{(const uint8_t *)"\xff\xef\xbe", 3}, "/+++"},
};

Test(base64, encodes_and_decodes_the_known_pairs)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[16];
        uint8_t bytes[16];
        base64_encode(text, rows[i].plain);
        struct slice encoded = slice_of(text, base64_encoded_bytes(rows[i].plain.len));
        cr_assert(slice_is(encoded, rows[i].encoded), "row %zu", i);
        int64_t len = base64_decode(bytes, sizeof(bytes), encoded);
        cr_assert_eq(len, (int64_t)rows[i].plain.len, "row %zu", i);
        cr_assert(slice_eq(slice_of(bytes, (size_t)len), rows[i].plain), "row %zu", i);
    }
}

Test(base64, padding_may_be_missing_in_part_or_whole)
{
    static const char *const texts[] = {"aO48gA==", "aO48gA=", "aO48gA"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        uint8_t bytes[4];
        cr_assert_eq(base64_decode(bytes, sizeof(bytes), slice_str(texts[i])), 4, "%s", texts[i]);
        cr_assert_arr_eq(bytes, "\x68\xee\x3c\x80", 4);
    }
}

Test(base64, refuses_what_is_not_base64)
{
    static const char *const texts[] = {
        "A", "AAAAA", "A===", "====", "Zg==Zg==", "Zm 9", "Zm9v\n", "Zm9-", "Zm9_", "Zm\xc3\xa9",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        uint8_t bytes[16];
        int64_t len = base64_decode(bytes, sizeof(bytes), slice_str(texts[i]));
        cr_assert_eq(len, -1, "\"%s\"", texts[i]);
    }
}

Test(base64, never_writes_past_the_room)
{
    uint8_t bytes[3] = {0, 0, 0xaa};
    cr_assert_eq(base64_decode(bytes, 2, SLICE_LIT("Zm9v")), -1);
    cr_assert_eq(base64_decode(bytes, 2, SLICE_LIT("Zm8=")), 2);
    cr_assert_eq(bytes[2], 0xaa);
}

Test(base64, round_trip_of_every_byte_and_length_up_to_a_guard_page)
{
    uint8_t plain[256];
    for (size_t i = 0; i < sizeof(plain); i++)
        plain[i] = (uint8_t)(i * 167);
    for (size_t len = 0; len <= sizeof(plain); len++) {
        char text[(sizeof(plain) + 2) / 3 * 4];
        uint8_t back[sizeof(plain)];
        struct slice in = guard_copy(slice_of(plain, len));
        base64_encode(text, in);
        struct slice encoded = guard_copy(slice_of(text, base64_encoded_bytes(len)));
        cr_assert_eq(base64_decode(back, len, encoded), (int64_t)len);
        cr_assert(slice_eq(slice_of(back, len), in));
        guard_free(encoded);
        guard_free(in);
    }
}

Test(base64, every_prefix_decodes_or_fails_within_its_bounds)
{
    struct slice whole = SLICE_LIT("Z0IAKeKQFAe2AtwEBAaQeJEV");
    for (size_t len = 0; len <= whole.len; len++) {
        uint8_t bytes[18];
        struct slice in = guard_copy(slice_head(whole, len));
        int64_t n = base64_decode(bytes, sizeof(bytes), in);
        cr_assert_eq(n, len % 4 == 1 ? -1 : (int64_t)(len * 6 / 8));
        guard_free(in);
    }
}

/* What a stream may look like, and what comes out of it. */
static const struct {
    const char *encoded;
    const char *plain;
} streams[] = {
    {"", ""},
    {"Zm9vYmFy", "foobar"},
    {"Zm9vYg==", "foob"},
    {"Zm9v\r\nYm\tFy \n", "foobar"},
    {"Zg==Zg==", "ff"},
    {"Zm8=Zg==Zm9v", "foffoo"},
    {"Zm8=\r\nZg=\r\n=\r\nZm9v", "foffoo"},
    {"Zg=Zg", "ff"},
    {"Zm9vYg", "foob"},
};

Test(base64, stream_cut_anywhere_gives_the_same)
{
    for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
        struct slice whole = slice_str(streams[i].encoded);
        for (size_t cut = 0; cut <= whole.len; cut++) {
            struct base64_stream s = {0};
            uint8_t bytes[32];
            struct slice head = guard_copy(slice_head(whole, cut));
            struct slice tail = guard_copy(slice_from(whole, cut));
            int64_t first = base64_stream_decode(&s, bytes, head);
            cr_assert_geq(first, 0, "row %zu cut at %zu", i, cut);
            int64_t second = base64_stream_decode(&s, bytes + first, tail);
            cr_assert_geq(second, 0, "row %zu cut at %zu", i, cut);
            cr_assert(slice_is(slice_of(bytes, (size_t)(first + second)), streams[i].plain),
                      "row %zu cut at %zu", i, cut);
            guard_free(tail);
            guard_free(head);
        }
    }
}

Test(base64, stream_decodes_in_place_and_byte_by_byte)
{
    for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
        struct base64_stream whole = {0}, bytewise = {0};
        uint8_t buf[32], bytes[32];
        size_t len = strlen(streams[i].encoded), written = 0;
        memcpy(buf, streams[i].encoded, len);
        for (size_t at = 0; at < len; at++)
            written +=
                (size_t)base64_stream_decode(&bytewise, bytes + written, slice_of(buf + at, 1));
        cr_assert(slice_is(slice_of(bytes, written), streams[i].plain), "row %zu", i);
        int64_t n = base64_stream_decode(&whole, buf, slice_of(buf, len));
        cr_assert(slice_is(slice_of(buf, (size_t)n), streams[i].plain), "row %zu", i);
    }
}

Test(base64, stream_gives_a_byte_with_the_character_that_completes_it)
{
    struct base64_stream s = {0};
    uint8_t byte;
    cr_assert_eq(base64_stream_decode(&s, &byte, SLICE_LIT("Z")), 0);
    cr_assert_eq(base64_stream_decode(&s, &byte, SLICE_LIT("m")), 1);
    cr_assert_eq(base64_stream_decode(&s, &byte, SLICE_LIT("9")), 1);
    cr_assert_eq(base64_stream_decode(&s, &byte, SLICE_LIT("v")), 1);
}

Test(base64, stream_refuses_what_is_not_base64)
{
    static const char *const texts[] = {
        "=", "A=", "Zg===", "Zm8==", "Zm9v=", "Zm9v-", "Zm9_", "Zm\xc3\xa9", "$", "Zg= ==="};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct base64_stream s = {0};
        uint8_t bytes[16];
        cr_assert_eq(base64_stream_decode(&s, bytes, slice_str(texts[i])), -1, "\"%s\"", texts[i]);
    }
}
