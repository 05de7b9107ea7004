/* SPDX-License-Identifier: MIT */
#include "core/text.h"

#include <criterion/criterion.h>
#include <wchar.h>

Test(text, appends_in_order_and_stays_terminated)
{
    char buf[32];
    struct text t;
    text_init(&t, buf, sizeof(buf));
    cr_assert_str_eq(buf, "");
    text_add(&t, "CSeq: ");
    text_addf(&t, "%d", 3);
    text_add_slice(&t, SLICE_LIT("\r\n"));
    cr_assert_str_eq(buf, "CSeq: 3\r\n");
    cr_assert(slice_is(text_slice(&t), "CSeq: 3\r\n"));
    cr_assert_not(t.cut);
}

Test(text, exactly_full_is_not_cut)
{
    char buf[5];
    struct text t;
    text_init(&t, buf, sizeof(buf));
    text_add(&t, "ab");
    text_addf(&t, "%s", "cd");
    cr_assert_str_eq(buf, "abcd");
    cr_assert_not(t.cut);
    text_add(&t, "");
    text_addf(&t, "%s", "");
    cr_assert_not(t.cut);
}

Test(text, what_does_not_fit_is_cut_and_remembered)
{
    char buf[6] = {0};
    struct text t;
    text_init(&t, buf, sizeof(buf) - 1);
    text_addf(&t, "%s", "abcdef");
    cr_assert_str_eq(buf, "abcd");
    cr_assert_eq(t.len, 4);
    cr_assert(t.cut);

    text_init(&t, buf, sizeof(buf) - 1);
    text_add(&t, "abcdef");
    cr_assert_str_eq(buf, "abcd");
    cr_assert(t.cut);
    text_add(&t, "g");
    text_addf(&t, "%d", 1);
    cr_assert_str_eq(buf, "abcd");
}

Test(text, room_for_the_terminator_alone)
{
    char buf[1];
    struct text t;
    text_init(&t, buf, sizeof(buf));
    text_addf(&t, "%s", "a");
    text_add(&t, "a");
    cr_assert_str_eq(buf, "");
    cr_assert_eq(t.len, 0);
    cr_assert(t.cut);
}

/* A wide character that the C locale can't encode makes vsnprintf fail half-way. */
Test(text, a_failed_format_leaves_the_text_as_it_was)
{
    char buf[16];
    struct text t;
    text_init(&t, buf, sizeof(buf));
    text_add(&t, "ab");
    text_addf(&t, "cd%lc", (wint_t)0x20ac);
    cr_assert_str_eq(buf, "ab");
    cr_assert_eq(t.len, 2);
    cr_assert(t.cut);
}
