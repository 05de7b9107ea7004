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
