/* SPDX-License-Identifier: MIT */
#include "net/tmr.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { MANY = 300 };

struct alarm {
    struct tmr tmr;
    unsigned rang;
    int64_t again_ns; /* armed again for then by its own expiry; 0: not */
};

static struct tmr_heap heap;
static struct alarm alarm_of[MANY];
static int64_t last_deadline_ns;

static void on_expiry(struct tmr *t, int64_t now_ns)
{
    struct alarm *a = CONTAINER_OF(t, struct alarm, tmr);
    cr_assert_eq(t->place, 0, "it is disarmed before the call");
    cr_assert_leq(t->deadline_ns, now_ns);
    cr_assert_leq(last_deadline_ns, t->deadline_ns, "the earlier one first");
    last_deadline_ns = t->deadline_ns;
    a->rang++;
    if (a->again_ns)
        cr_assert_eq(tmr_arm(&heap, t, a->again_ns), 0);
}

static void set_up(void)
{
    for (unsigned i = 0; i < MANY; i++)
        alarm_of[i].tmr.on_expiry = on_expiry;
}

static void tear_down(void)
{
    tmr_heap_fini(&heap);
}

static void arm(unsigned i, int64_t deadline_ns)
{
    cr_assert_eq(tmr_arm(&heap, &alarm_of[i].tmr, deadline_ns), 0);
}

TestSuite(tmr, .init = set_up, .fini = tear_down);

Test(tmr, nothing_is_due_when_nothing_is_armed)
{
    cr_assert_eq(tmr_next(&heap), TMR_NEVER);
    tmr_run(&heap, INT64_MAX - 1);
    tmr_disarm(&heap, &alarm_of[0].tmr);
}

Test(tmr, rings_at_its_deadline_and_once)
{
    arm(0, 100);
    cr_assert_eq(tmr_next(&heap), 100);
    tmr_run(&heap, 99);
    cr_assert_eq(alarm_of[0].rang, 0);
    tmr_run(&heap, 100);
    tmr_run(&heap, 200);
    cr_assert_eq(alarm_of[0].rang, 1);
    cr_assert_eq(tmr_next(&heap), TMR_NEVER);
}

Test(tmr, arming_again_moves_the_deadline)
{
    arm(0, 100);
    arm(1, 150);
    arm(0, 200);
    cr_assert_eq(tmr_next(&heap), 150);
    arm(0, 50);
    cr_assert_eq(tmr_next(&heap), 50);
    cr_assert_eq(heap.count, 2);
    tmr_run(&heap, 50);
    cr_assert(alarm_of[0].rang == 1 && alarm_of[1].rang == 0);
}

Test(tmr, may_be_armed_again_by_its_own_expiry)
{
    alarm_of[0].again_ns = 300;
    arm(0, 100);
    tmr_run(&heap, 200);
    cr_assert_eq(alarm_of[0].rang, 1);
    cr_assert_eq(tmr_next(&heap), 300);
}

/* Any order of arming, moving and disarming; a fixed seed. */
Test(tmr, many_ring_in_the_order_of_their_deadlines)
{
    unsigned short seed[3] = {1, 2, 3};
    bool armed[MANY] = {false};
    for (unsigned step = 0; step < 20 * MANY; step++) {
        unsigned i = (unsigned)nrand48(seed) % MANY;
        armed[i] = nrand48(seed) % 4 != 0;
        if (armed[i])
            arm(i, nrand48(seed) % 1000);
        else
            tmr_disarm(&heap, &alarm_of[i].tmr);
    }
    for (int64_t now_ns = 0; now_ns < 1000; now_ns += 10) {
        tmr_run(&heap, now_ns);
        cr_assert_gt(tmr_next(&heap), now_ns);
        for (unsigned i = 0; i < MANY; i++)
            cr_assert_eq(alarm_of[i].rang, armed[i] && alarm_of[i].tmr.deadline_ns <= now_ns);
    }
    tmr_run(&heap, 1000);
    cr_assert_eq(heap.count, 0);
}

static void disarm_the_next(struct tmr *t, int64_t now_ns)
{
    on_expiry(t, now_ns);
    tmr_disarm(&heap, &alarm_of[1].tmr);
}

Test(tmr, expiry_may_disarm_what_is_due_as_well)
{
    alarm_of[0].tmr.on_expiry = disarm_the_next;
    arm(0, 10);
    arm(1, 20);
    arm(2, 30);
    tmr_run(&heap, 100);
    cr_assert(alarm_of[0].rang == 1 && alarm_of[1].rang == 0 && alarm_of[2].rang == 1);
}
