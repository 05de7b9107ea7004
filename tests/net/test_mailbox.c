/* SPDX-License-Identifier: MIT */
#include "net/mailbox.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { LETTERS = 8 };

struct letter {
    struct message message;
    unsigned number;
};

static struct mailbox box;
static struct letter letter[LETTERS];
static unsigned delivered[4 * LETTERS], delivered_count;

static void note(struct message *m)
{
    cr_assert_lt(delivered_count, ARRAY_LEN(delivered));
    delivered[delivered_count++] = CONTAINER_OF(m, struct letter, message)->number;
}

static void set_up(void)
{
    cr_assert_eq(mailbox_init(&box), 0);
    for (unsigned i = 0; i < LETTERS; i++)
        letter[i] = (struct letter){{NULL, note}, i};
}

static void tear_down(void)
{
    mailbox_fini(&box);
}

static void post(unsigned number)
{
    mailbox_post(&box, &letter[number].message);
}

static bool woken(void)
{
    struct pollfd p = {.fd = box.wake_fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

TestSuite(mailbox, .init = set_up, .fini = tear_down);

Test(mailbox, delivers_in_the_order_of_posting_and_once)
{
    mailbox_deliver(&box);
    cr_assert_eq(delivered_count, 0);
    for (unsigned i = 0; i < LETTERS; i++)
        post(i);
    mailbox_deliver(&box);
    mailbox_deliver(&box);
    cr_assert_eq(delivered_count, LETTERS);
    for (unsigned i = 0; i < LETTERS; i++)
        cr_assert_eq(delivered[i], i);
}

Test(mailbox, order_holds_across_deliveries)
{
    post(0);
    post(1);
    mailbox_deliver(&box);
    post(2);
    post(0);
    mailbox_deliver(&box);
    cr_assert_eq(delivered_count, 4);
    cr_assert(delivered[2] == 2 && delivered[3] == 0);
}

static void note_and_post_again(struct message *m)
{
    note(m);
    mailbox_post(&box, m);
}

Test(mailbox, message_posted_by_its_own_delivery_waits_for_the_next)
{
    letter[1].message.on_delivery = note_and_post_again;
    for (unsigned i = 0; i < 3; i++)
        post(i);
    mailbox_deliver(&box);
    cr_assert_eq(delivered_count, 3);
    mailbox_deliver(&box);
    cr_assert_eq(delivered_count, 4);
    cr_assert_eq(delivered[3], 1);
}

static void note_and_free(struct message *m)
{
    note(m);
    free(CONTAINER_OF(m, struct letter, message));
}

Test(mailbox, delivery_may_free_the_message)
{
    for (unsigned i = 0; i < 3; i++) {
        struct letter *l = malloc(sizeof *l);
        cr_assert_not_null(l);
        *l = (struct letter){{NULL, note_and_free}, i};
        mailbox_post(&box, &l->message);
    }
    mailbox_deliver(&box);
    cr_assert_eq(delivered_count, 3);
}

Test(mailbox, wakes_nobody_who_is_awake)
{
    post(0);
    cr_assert_not(woken());
    mailbox_deliver(&box);
}

Test(mailbox, wakes_a_sleeper_once)
{
    cr_assert(mailbox_sleep(&box));
    post(0);
    post(1);
    cr_assert(woken());
    uint64_t wakes = 0;
    cr_assert_eq(read(box.wake_fd, &wakes, sizeof wakes), sizeof wakes);
    cr_assert_eq(wakes, 1, "only the first poster pays");
    mailbox_awake(&box);
    mailbox_deliver(&box);
    cr_assert_eq(delivered_count, 2);
}

Test(mailbox, does_not_sleep_over_mail)
{
    post(0);
    cr_assert_not(mailbox_sleep(&box));
    post(1);
    cr_assert_not(woken(), "it does not count as asleep either");
    mailbox_deliver(&box);
    cr_assert(mailbox_sleep(&box));
    mailbox_awake(&box);
}

Test(mailbox, is_quiet_after_waking)
{
    cr_assert(mailbox_sleep(&box));
    post(0);
    mailbox_awake(&box);
    cr_assert_not(woken());
    post(1);
    cr_assert_not(woken());
    mailbox_deliver(&box);
    cr_assert(mailbox_sleep(&box));
    post(2);
    cr_assert(woken(), "and the next sleep is another one");
    mailbox_awake(&box);
    mailbox_deliver(&box);
    cr_assert_eq(delivered_count, 3);
}

/* The poster took "asleep" back, and is slow to write: the owner woke up meanwhile for another
 * reason. */
Test(mailbox, late_wake_up_is_harmless)
{
    cr_assert(mailbox_sleep(&box));
    mailbox_awake(&box);
    uint64_t one = 1;
    cr_assert_eq(write(box.wake_fd, &one, sizeof one), sizeof one);
    cr_assert(mailbox_sleep(&box));
    cr_assert(woken());
    mailbox_awake(&box);
    cr_assert_not(woken());
}

Test(mailbox, may_be_finished_twice)
{
    mailbox_fini(&box);
    cr_assert_eq(box.wake_fd, -1);
}
