/* SPDX-License-Identifier: MIT */
#include "net/worker.h"

#include <sched.h>
#include <stdio.h>

#include "core/rcu.h"

unsigned worker_cpus(int *cpu, unsigned cap)
{
    cpu_set_t set;
    unsigned count = 0;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 0;
    for (size_t i = 0; i < CPU_SETSIZE && count < cap; i++)
        if (CPU_ISSET(i, &set))
            cpu[count++] = (int)i;
    return count;
}

int worker_init(struct worker *w, unsigned id, int cpu)
{
    w->id = id;
    w->cpu = cpu;
    return loop_init(&w->loop);
}

static void pin(const struct worker *w)
{
    if (w->cpu < 0)
        return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)w->cpu, &set);
    /* Unpinned it works as well, only slower: a processor may have been taken away meanwhile. */
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

static void *run(void *arg)
{
    struct worker *w = arg;
    char name[16];
    snprintf(name, sizeof name, "worker-%u", w->id);
    pthread_setname_np(pthread_self(), name);
    pin(w);
    rcu_enter();
    loop_run(&w->loop);
    rcu_leave();
    return NULL;
}

int worker_start(struct worker *w)
{
    return -pthread_create(&w->thread, NULL, run, w);
}

void worker_join(struct worker *w)
{
    pthread_join(w->thread, NULL);
}

void worker_fini(struct worker *w)
{
    loop_fini(&w->loop);
}
