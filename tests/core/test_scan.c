/* SPDX-License-Identifier: MIT */
#include "core/scan.h"

#include <criterion/criterion.h>

#define TEXT(s) slice_str(s)

static void assert_text(struct slice s, const char *expected)
{
    cr_assert(slice_is(s, expected), "got \"%.*s\", expected \"%s\"", (int)s.len,
              (const char *)s.ptr, expected);
}

Test(scan, trim_takes_white_space_off_both_ends)
{
    assert_text(scan_trim(TEXT(" \t\r\na b\r\n \t")), "a b");
    assert_text(scan_trim(TEXT("a")), "a");
    assert_text(scan_trim((struct slice){0}), "");
}

Test(scan, trim_to_nothing_still_points_into_the_input)
{
    struct slice s = TEXT(" \r\n");
    struct slice trimmed = scan_trim(s);
    cr_assert_eq(trimmed.len, 0);
    cr_assert(trimmed.ptr >= s.ptr && trimmed.ptr <= s.ptr + s.len);
}

Test(scan, until_splits_a_list_and_ends)
{
    struct slice rest = TEXT("a,,b,");
    struct slice part;
    cr_assert(scan_until(&rest, ',', &part));
    assert_text(part, "a");
    cr_assert(scan_until(&rest, ',', &part));
    assert_text(part, "");
    cr_assert(scan_until(&rest, ',', &part));
    assert_text(part, "b");
    cr_assert_not(scan_until(&rest, ',', &part));
}

Test(scan, word_passes_over_runs_of_white_space)
{
    struct slice rest = TEXT("  video\t 0  ");
    struct slice word;
    cr_assert(scan_word(&rest, &word));
    assert_text(word, "video");
    cr_assert(scan_word(&rest, &word));
    assert_text(word, "0");
    cr_assert_not(scan_word(&rest, &word));
}

Test(scan, param_gives_keys_and_values_trimmed)
{
    struct slice rest = TEXT("unicast;; mode = AAC-hbr ;sets=aO48gA==; ");
    struct slice key;
    struct slice value;
    cr_assert(scan_param(&rest, &key, &value));
    assert_text(key, "unicast");
    cr_assert_null(value.ptr);
    cr_assert(scan_param(&rest, &key, &value));
    assert_text(key, "mode");
    assert_text(value, "AAC-hbr");
    cr_assert(scan_param(&rest, &key, &value));
    assert_text(key, "sets");
    assert_text(value, "aO48gA==");
    cr_assert_not(scan_param(&rest, &key, &value));
}

Test(scan, param_tells_an_empty_value_from_a_missing_one)
{
    struct slice rest = TEXT("config=");
    struct slice key;
    struct slice value;
    cr_assert(scan_param(&rest, &key, &value));
    cr_assert_not_null(value.ptr);
    cr_assert_eq(value.len, 0);
}

Test(scan, prefix_is_taken_off_in_any_case)
{
    struct slice s = TEXT("RTSP://host");
    cr_assert(scan_prefix_nocase(&s, "rtsp://"));
    assert_text(s, "host");
    cr_assert_not(scan_prefix_nocase(&s, "hosts"));
    assert_text(s, "host");
}

Test(scan, number_is_digits_only_and_bounded)
{
    static const struct {
        const char *text;
        uint64_t max;
        bool ok;
        uint64_t value;
    } rows[] = {
        {"0", 0, true, 0},
        {"1", 0, false, 0},
        {"007", 9, true, 7},
        {"255", 255, true, 255},
        {"256", 255, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999999", UINT64_MAX, false, 0},
        {"", 9, false, 0},
        {"-1", 9, false, 0},
        {"+1", 9, false, 0},
        {" 1", 9, false, 0},
        {"1a", UINT64_MAX, false, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t value = 0;
        bool ok = scan_number(TEXT(rows[i].text), rows[i].max, &value);
        cr_assert_eq(ok, rows[i].ok, "\"%s\"", rows[i].text);
        if (ok)
            cr_assert_eq(value, rows[i].value, "\"%s\"", rows[i].text);
    }
}

Test(scan, hex_digits)
{
    cr_assert_eq(scan_hex_digit('0'), 0);
    cr_assert_eq(scan_hex_digit('9'), 9);
    cr_assert_eq(scan_hex_digit('a'), 10);
    cr_assert_eq(scan_hex_digit('F'), 15);
    cr_assert_eq(scan_hex_digit('g'), -1);
    cr_assert_eq(scan_hex_digit('\0'), -1);
}
