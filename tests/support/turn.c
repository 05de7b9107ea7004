/* SPDX-License-Identifier: MIT */
#include "tests/support/turn.h"

struct stopper {
    struct task task;
    struct loop *loop;
};

static void stop(struct task *t)
{
    CONTAINER_OF(t, struct stopper, task)->loop->stop = true;
}

void turn(struct loop *l)
{
    struct stopper s = {.loop = l};
    task_init(&s.task, stop);
    loop_post_task(l, &s.task);
    loop_run(l);
    l->stop = false;
}

void turn_until_idle(struct loop *l)
{
    do
        turn(l);
    while (!list_empty(&l->tasks));
}

void turn_at(struct loop *l, int64_t now_ns)
{
    l->now_ns = now_ns;
    mailbox_deliver(&l->mailbox);
    tmr_run(&l->timers, now_ns);
    for (struct list *item; (item = list_pop(&l->tasks)) != NULL;) {
        struct task *t = CONTAINER_OF(item, struct task, link);
        t->run(t);
    }
}
