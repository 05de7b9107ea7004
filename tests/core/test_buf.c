/* SPDX-License-Identifier: MIT */
#include "core/buf.h"

#include <criterion/criterion.h>
#include <errno.h>

static void append(struct buf *b, const char *text)
{
    cr_assert_eq(buf_append(b, slice_str(text)), 0);
}

Test(buf, empty_one_holds_no_memory)
{
    struct buf b = {0};
    cr_assert_eq(buf_len(&b), 0);
    cr_assert_null(buf_slice(&b).ptr);
    cr_assert_eq(buf_append(&b, (struct slice){0}), 0);
    cr_assert_null(b.data);
    buf_reset(&b);
}

Test(buf, gives_back_in_order_what_was_appended)
{
    struct buf b = {0};
    append(&b, "one");
    append(&b, "two");
    cr_assert(slice_is(buf_slice(&b), "onetwo"));
    buf_consume(&b, 2, false);
    append(&b, "3");
    cr_assert(slice_is(buf_slice(&b), "etwo3"));
    buf_consume(&b, 5, false);
    cr_assert_null(b.data, "the memory goes with the last byte");
    append(&b, "again");
    cr_assert(slice_is(buf_slice(&b), "again"));
    buf_reset(&b);
    cr_assert_null(b.data);
}

Test(buf, keeps_its_memory_when_asked_to)
{
    struct buf b = {0};
    append(&b, "one");
    const uint8_t *data = b.data;
    buf_consume(&b, 3, true);
    cr_assert_eq(b.data, data);
    cr_assert_eq(buf_len(&b), 0);
    append(&b, "two");
    cr_assert(slice_is(buf_slice(&b), "two"));
    buf_reset(&b);
}

/* A queue: what comes out is what went in, however it moves and grows meanwhile. */
Test(buf, any_mix_of_appending_and_consuming_keeps_the_order)
{
    static uint8_t bytes[5000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i % 251);
    struct buf b = {0};
    size_t in = 0, out = 0;
    for (unsigned round = 1; out < sizeof bytes; round++) {
        size_t more = size_min(round * 37 % 301, sizeof bytes - in);
        cr_assert_eq(buf_append(&b, slice_of(bytes + in, more)), 0);
        in += more;
        size_t less = size_min(round * 53 % 283, buf_len(&b));
        buf_consume(&b, less, round % 2 == 0);
        out += less;
        cr_assert(slice_eq(buf_slice(&b), slice_of(bytes + out, in - out)));
    }
    buf_reset(&b);
}

Test(buf, moves_instead_of_growing_when_most_is_consumed)
{
    struct buf b = {0};
    cr_assert_eq(buf_reserve(&b, 1), 0);
    uint32_t cap = b.cap;
    for (unsigned i = 0; i < 10 * cap; i++) {
        append(&b, "12345678");
        buf_consume(&b, 8 - (i == 0), true);
    }
    cr_assert_eq(b.cap, cap);
    cr_assert_eq(buf_len(&b), 1);
    buf_reset(&b);
}

Test(buf, reserve_makes_room_behind_the_end)
{
    struct buf b = {0};
    append(&b, "abc");
    cr_assert_eq(buf_reserve(&b, 100000), 0);
    cr_assert_geq(b.cap - b.end, 100000);
    memset(b.data + b.end, 'x', 100000);
    cr_assert(slice_is(buf_slice(&b), "abc"));
    buf_reset(&b);
}

Test(buf, refuses_to_grow_without_bound)
{
    struct buf b = {0};
    append(&b, "abc");
    cr_assert_eq(buf_reserve(&b, SIZE_MAX), -ENOMEM);
    cr_assert_eq(buf_reserve(&b, 1 << 30), -ENOMEM, "with what is there it would be too much");
    cr_assert(slice_is(buf_slice(&b), "abc"));
    buf_reset(&b);
}
