/* SPDX-License-Identifier: MIT */
#include "core/list.h"

#include <criterion/criterion.h>

static struct list head, item[4];

static void set_up(void)
{
    list_init(&head);
    for (unsigned i = 0; i < ARRAY_LEN(item); i++)
        list_init(&item[i]);
}

static void append_all(void)
{
    for (unsigned i = 0; i < ARRAY_LEN(item); i++)
        list_append(&head, &item[i]);
}

/* Forwards and backwards, the items whose bit is set, in order. */
static void expect(const struct list *l, unsigned bits)
{
    const struct list *forth = l->next;
    for (unsigned i = 0; i < ARRAY_LEN(item); i++) {
        if (!(bits >> i & 1))
            continue;
        cr_assert_eq(forth, &item[i]);
        cr_assert_eq(forth->next->prev, forth);
        cr_assert_eq(forth->prev->next, forth);
        forth = forth->next;
    }
    cr_assert_eq(forth, l);
    cr_assert_eq(list_empty(l), bits == 0);
}

TestSuite(list, .init = set_up);

Test(list, keeps_the_order_of_appending)
{
    expect(&head, 0);
    append_all();
    expect(&head, 15);
}

Test(list, any_item_can_be_taken_out_and_put_back)
{
    for (unsigned i = 0; i < ARRAY_LEN(item); i++) {
        set_up();
        append_all();
        list_remove(&item[i]);
        expect(&head, 15 & ~(1u << i));
        cr_assert(list_empty(&item[i]));
        list_append(&head, &item[i]);
        cr_assert_eq(head.prev, &item[i]);
    }
}

Test(list, removing_what_is_in_no_list_is_harmless)
{
    append_all();
    list_remove(&item[2]);
    list_remove(&item[2]);
    expect(&head, 11);
}

Test(list, pops_the_first_until_it_is_empty)
{
    append_all();
    for (unsigned i = 0; i < ARRAY_LEN(item); i++)
        cr_assert_eq(list_pop(&head), &item[i]);
    cr_assert_null(list_pop(&head));
    expect(&head, 0);
}

Test(list, moves_as_a_whole)
{
    struct list to;
    list_move(&to, &head);
    expect(&to, 0);
    append_all();
    list_move(&to, &head);
    expect(&to, 15);
    expect(&head, 0);
    list_remove(&item[0]);
    expect(&to, 14);
}
