/* SPDX-License-Identifier: MIT */
#include "bench/micro.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int64_t micro_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

void micro_add(struct micro_tally *tally, uint64_t ops, int64_t start_ns)
{
    tally->cpu_ns += micro_cpu_ns() - start_ns;
    tally->ops += ops;
}

void micro_fail(const char *why)
{
    fprintf(stderr, "umbel-micro: %s\n", why);
    exit(EXIT_FAILURE);
}

void *micro_need(void *p)
{
    if (!p)
        micro_fail("out of memory");
    return p;
}
