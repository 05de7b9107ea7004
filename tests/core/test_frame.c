/* SPDX-License-Identifier: MIT */
#include "core/frame.h"

#include <criterion/criterion.h>

static unsigned refs(struct frame *f)
{
    return atomic_load(&f->refs);
}

Test(frame, starts_with_one_reference_and_all_else_zero)
{
    struct frame *f = frame_create(100);
    cr_assert_not_null(f);
    cr_assert_eq(refs(f), 1);
    cr_assert_eq(f->len, 100);
    cr_assert_eq(frame_data(f).len, 100);
    cr_assert_eq(frame_data(f).ptr, f->data);
    cr_assert(f->pos == 0 && f->bytes_sum == 0 && f->packets == 0 && !f->key && !f->next_retired);
    memset(f->data, 0xa5, 100); /* AddressSanitizer knows whether all of it is ours */
    frame_unref(&f);
    cr_assert_null(f);
}

Test(frame, may_be_empty)
{
    struct frame *f = frame_create(0);
    cr_assert_not_null(f);
    cr_assert_eq(frame_data(f).len, 0);
    frame_unref(&f);
}

Test(frame, refuses_a_length_that_does_not_fit)
{
    cr_assert_null(frame_create((size_t)UINT32_MAX + 1));
    cr_assert_null(frame_create(SIZE_MAX));
}

Test(frame, is_shared_until_the_last_reference_goes)
{
    struct frame *f = frame_create(1);
    f->data[0] = 7;
    struct frame *mine = frame_ref(f), *yours = frame_ref(f);
    cr_assert_eq(mine, f);
    cr_assert_eq(refs(f), 3);
    frame_unref(&f);
    frame_unref(&yours);
    cr_assert_eq(refs(mine), 1);
    cr_assert_eq(frame_data(mine).ptr[0], 7);
    frame_unref(&mine);
}

Test(frame, giving_back_nothing_is_harmless)
{
    struct frame *f = NULL;
    frame_unref(&f);
    cr_assert_null(f);
}
