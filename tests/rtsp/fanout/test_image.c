/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/image.h"

#include <criterion/criterion.h>

enum { CHAIN = 4, BYTES = 10 };

static struct image *chain[CHAIN];

static void set_up(void)
{
    for (unsigned i = 0; i < CHAIN; i++) {
        chain[i] = image_create(BYTES);
        cr_assert_not_null(chain[i]);
        cr_assert(chain[i]->refs == 1 && chain[i]->len == BYTES && !chain[i]->next);
        memset(chain[i]->data, 0, BYTES);
        if (i > 0)
            image_link(chain[i - 1], chain[i]);
    }
}

/* Gives up what the test does not hold itself: all but the first are also held by their
 * predecessor. */
static void tear_down(void)
{
    for (unsigned i = 0; i < CHAIN; i++)
        image_unref(&chain[i]);
}

TestSuite(image, .init = set_up, .fini = tear_down);

Test(image, link_holds_the_next_one)
{
    cr_assert_eq(chain[0]->refs, 1);
    for (unsigned i = 1; i < CHAIN; i++) {
        cr_assert_eq(chain[i - 1]->next, chain[i]);
        cr_assert_eq(chain[i]->refs, 2);
    }
}

Test(image, last_reference_frees_all_behind_that_nobody_else_holds)
{
    image_unref(&chain[1]);
    cr_assert_null(chain[1]);
    struct image *held = chain[2];
    image_unref(&chain[0]);
    cr_assert_eq(held->refs, 1, "0 and 1 are gone, and with them what held this one");
    image_unref(&chain[0]);
}

/* No recursion: a player may be very far behind. */
Test(image, long_chain_is_freed)
{
    struct image *first = image_create(0), *last = first;
    for (unsigned i = 0; i < 1000000; i++) {
        struct image *next = image_create(0);
        cr_assert_not_null(next);
        image_link(last, next);
        last = next;
        image_unref(&next);
    }
    image_unref(&first);
}

Test(image, too_large_cannot_be_made)
{
    cr_assert_null(image_create((size_t)UINT32_MAX + 1));
}

Test(image, packet_end_is_the_next_boundary)
{
    static const uint8_t packets[] = {'$', 0, 0, 3, 1, 2, 3, '$', 1, 0, 0, '$', 0, 0, 1, 9};
    static const uint32_t end[] = {0, 7, 7, 7, 7, 7, 7, 7, 11, 11, 11, 11, 16, 16, 16, 16, 16};
    struct image *img = image_create(sizeof packets);
    memcpy(img->data, packets, sizeof packets);
    for (uint32_t offset = 0; offset < ARRAY_LEN(end); offset++)
        cr_assert_eq(image_packet_end(img, offset), end[offset], "offset %u", offset);
    image_unref(&img);
}

/* Any way of cutting the chain into pieces leads through the same places. */
Test(image, cursor_advances_through_the_chain)
{
    for (size_t step = 1; step <= CHAIN * BYTES; step++) {
        struct cursor c = {.at = image_ref(chain[0])};
        for (size_t at = 0; at < CHAIN * BYTES;) {
            cr_assert_not(cursor_at_end(&c));
            cr_assert_eq(c.at, chain[at / BYTES]);
            cr_assert_eq(c.offset, at % BYTES);
            size_t n = size_min(step, CHAIN * BYTES - at);
            cursor_advance(&c, n);
            at += n;
        }
        cr_assert(cursor_at_end(&c));
        cr_assert(c.at == chain[CHAIN - 1] && c.offset == BYTES);
        cursor_drop(&c);
    }
    cr_assert_eq(chain[0]->refs, 1);
}

Test(image, cursor_at_the_end_goes_on_when_something_follows)
{
    struct image *more = image_create(BYTES);
    struct cursor c = {.at = image_ref(chain[CHAIN - 1])};
    cursor_advance(&c, BYTES);
    cr_assert(cursor_at_end(&c));
    image_link(chain[CHAIN - 1], more);
    cr_assert_not(cursor_at_end(&c));
    cursor_advance(&c, 3);
    cr_assert(c.at == more && c.offset == 3);
    cursor_drop(&c);
    image_unref(&more);
}

Test(image, cursor_gives_up_what_it_has_passed)
{
    struct cursor c = {.at = chain[0]};
    chain[0] = NULL; /* the cursor has the only reference */
    cursor_advance(&c, BYTES + 1);
    cr_assert_eq(c.at, chain[1]);
    cr_assert_eq(chain[1]->refs, 2, "the test's and the cursor's");
    cursor_drop(&c);
    cr_assert(c.at == NULL && c.offset == 0);
    cr_assert(cursor_at_end(&c));
    cursor_drop(&c);
}
