/* SPDX-License-Identifier: MIT */
#include "rtsp/session/pairing.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "rtsp/session/conn.h"

/* Two workers, of which nothing but the mailboxes is used; and connections, of which nothing is. */
static struct rtsp_worker worker[2];
static struct conn conn[4];
static struct pairing *pairing;
static struct conn *met; /* the POST that was told last */

static void on_met(struct conn *post)
{
    met = post;
}

static void set_up(void)
{
    for (size_t i = 0; i < ARRAY_LEN(worker); i++)
        cr_assert_eq(mailbox_init(&worker[i].base.loop.mailbox), 0);
    pairing = pairing_create();
    cr_assert_not_null(pairing);
}

static void tear_down(void)
{
    pairing_destroy(pairing);
    for (size_t i = 0; i < ARRAY_LEN(worker); i++)
        mailbox_fini(&worker[i].base.loop.mailbox);
}

TestSuite(pairing, .init = set_up, .fini = tear_down);

static int add_get(const char *cookie, unsigned w, unsigned c, struct pair **pair)
{
    return pairing_add_get(pairing, slice_str(cookie), &worker[w], &conn[c], pair);
}

static int add_post(const char *cookie, unsigned w, unsigned c, struct pair **pair)
{
    return pairing_add_post(pairing, slice_str(cookie), &worker[w], &conn[c], on_met, pair);
}

static void deliver(unsigned w)
{
    mailbox_deliver(&worker[w].base.loop.mailbox);
}

static void leave_post(struct pair **pair, unsigned c)
{
    pair_stop_waiting(*pair, &conn[c]);
    pair_unref(pair);
}

Test(pairing, post_finds_its_get)
{
    struct pair *get, *other, *post;
    cr_assert_eq(add_get("a", 0, 0, &get), 0);
    cr_assert_eq(add_get("ab", 1, 1, &other), 0);
    cr_assert_eq(add_post("a", 1, 2, &post), 0);
    cr_assert_eq(pair_worker(post), &worker[0]);
    cr_assert_eq(pair_get(post), &conn[0]);
    deliver(1);
    cr_assert_null(met, "it did not wait");
    pair_unref(&post);
    pair_leave_get(&get);
    pair_leave_get(&other);
    cr_assert_null(get);
}

Test(pairing, post_that_came_first_is_told_on_its_own_worker)
{
    struct pair *get, *post;
    cr_assert_eq(add_post("a", 1, 2, &post), 0);
    cr_assert_null(pair_worker(post));
    cr_assert_eq(add_get("a", 0, 0, &get), 0);
    deliver(0);
    cr_assert_null(met);
    deliver(1);
    cr_assert_eq(met, &conn[2]);
    cr_assert_eq(pair_worker(post), &worker[0]);
    leave_post(&post, 2);
    pair_leave_get(&get);
}

Test(pairing, cookie_in_use_is_refused)
{
    struct pair *get, *post, *none;
    cr_assert_eq(add_get("a", 0, 0, &get), 0);
    cr_assert_eq(add_get("a", 1, 1, &none), -EEXIST);
    cr_assert_null(none);
    cr_assert_eq(add_post("b", 0, 2, &post), 0);
    cr_assert_eq(add_post("b", 1, 3, &none), -EEXIST);
    cr_assert_null(none);
    leave_post(&post, 2);
    pair_leave_get(&get);
}

Test(pairing, cookie_is_free_again_when_its_get_has_left)
{
    struct pair *first, *second, *on_its_way;
    cr_assert_eq(add_get("a", 0, 0, &first), 0);
    cr_assert_eq(add_post("a", 1, 2, &on_its_way), 0);
    pair_leave_get(&first);
    cr_assert_eq(add_get("a", 1, 1, &second), 0);
    cr_assert_null(pair_get(on_its_way), "that one belonged to the first");
    pair_unref(&on_its_way);
    pair_leave_get(&second);
}

Test(pairing, post_that_left_is_not_told)
{
    struct pair *get, *post;
    cr_assert_eq(add_post("a", 1, 2, &post), 0);
    cr_assert_eq(add_get("a", 0, 0, &get), 0);
    leave_post(&post, 2);
    pair_leave_get(&get);
    deliver(1);
    cr_assert_null(met);
}

Test(pairing, post_waits_on_when_its_get_left_before_it_was_told)
{
    struct pair *get, *post;
    cr_assert_eq(add_post("a", 1, 2, &post), 0);
    cr_assert_eq(add_get("a", 0, 0, &get), 0);
    pair_leave_get(&get);
    cr_assert_eq(add_get("a", 0, 1, &get), 0, "one message is enough for both");
    deliver(1);
    cr_assert_eq(met, &conn[2]);
    cr_assert_eq(pair_get(post), &conn[1]);
    leave_post(&post, 2);
    pair_leave_get(&get);
}

Test(pairing, another_post_may_come_while_the_get_is_there)
{
    struct pair *get, *first, *second;
    cr_assert_eq(add_post("a", 1, 2, &first), 0);
    cr_assert_eq(add_get("a", 0, 0, &get), 0);
    cr_assert_eq(add_post("a", 0, 3, &second), 0);
    cr_assert_eq(pair_worker(second), &worker[0]);
    pair_unref(&second);
    leave_post(&first, 2);
    pair_leave_get(&get);
    deliver(1);
}

Test(pairing, longest_cookies_are_told_apart)
{
    char cookie[HTTP_COOKIE_MAX + 1];
    struct pair *pair[2];
    memset(cookie, 'x', HTTP_COOKIE_MAX);
    cookie[HTTP_COOKIE_MAX] = '\0';
    cr_assert_eq(add_get(cookie, 0, 0, &pair[0]), 0);
    cookie[HTTP_COOKIE_MAX - 1] = 'y';
    cr_assert_eq(add_get(cookie, 0, 1, &pair[1]), 0);
    pair_leave_get(&pair[0]);
    pair_leave_get(&pair[1]);
}
