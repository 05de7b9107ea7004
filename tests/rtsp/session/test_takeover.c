/* SPDX-License-Identifier: MIT */
#include "rtsp/session/takeover.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { WORKERS = 3, STREAM_ID = 5 };

static struct rtsp_worker *all[WORKERS];
static unsigned returns;

static void set_up(void)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        all[i] = aligned_alloc(_Alignof(struct rtsp_worker), sizeof *all[i]);
        cr_assert_not_null(all[i]);
        memset(all[i], 0, sizeof *all[i]);
        cr_assert_eq(loop_init(&all[i]->base.loop), 0);
        list_init(&all[i]->conns);
        all[i]->all = all;
        all[i]->workers = WORKERS;
    }
}

static void tear_down(void)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        loop_fini(&all[i]->base.loop);
        free(all[i]);
    }
}

static bool has_mail(unsigned worker)
{
    return atomic_load(&all[worker]->base.loop.mailbox.newest) != NULL;
}

static void deliver(unsigned worker)
{
    cr_assert(has_mail(worker));
    mailbox_deliver(&all[worker]->base.loop.mailbox);
}

static void on_return(void *arg)
{
    cr_assert_eq(arg, &returns);
    returns++;
}

TestSuite(takeover, .init = set_up, .fini = tear_down);

Test(takeover, letter_goes_round_all_and_comes_home)
{
    cr_assert_not_null(takeover_ask(all[1], STREAM_ID, on_return, &returns));
    for (unsigned i = 0; i < WORKERS; i++) {
        cr_assert_eq(returns, 0);
        deliver(i);
    }
    cr_assert_eq(returns, 0, "it is on its way home");
    deliver(1);
    cr_assert_eq(returns, 1);
    for (unsigned i = 0; i < WORKERS; i++)
        cr_assert_not(has_mail(i));
}

Test(takeover, who_has_gone_is_not_called)
{
    struct takeover *t = takeover_ask(all[2], STREAM_ID, on_return, &returns);
    deliver(0);
    takeover_forget(t);
    deliver(1);
    deliver(2);
    deliver(2);
    cr_assert_eq(returns, 0);
    takeover_forget(NULL);
}

Test(takeover, letters_of_several_do_not_meet)
{
    for (unsigned i = 0; i < WORKERS; i++)
        cr_assert_not_null(takeover_ask(all[i], STREAM_ID, on_return, &returns));
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < WORKERS; i++)
            if (has_mail(i))
                deliver(i);
    cr_assert_eq(returns, WORKERS);
}
