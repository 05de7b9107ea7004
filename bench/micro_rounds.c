/* SPDX-License-Identifier: MIT */
#include "bench/micro_rounds.h"

#include <stdlib.h>

#include "core/clock.h"

/* Nanoseconds an operation. */
static double run_round(const struct micro *m, void *state, int64_t round_ns)
{
    struct micro_tally tally = {0};
    int64_t end_ns = clock_mono_ns() + round_ns;
    do
        m->batch(state, &tally);
    while (clock_mono_ns() < end_ns);
    return (double)tally.cpu_ns / (double)tally.ops;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct micro_result micro_measure(const struct micro *m, int64_t round_ns)
{
    double ns[MICRO_ROUNDS];
    void *state = m->open(m->param);
    run_round(m, state, round_ns); /* caches, branch predictors, the allocator */
    for (unsigned i = 0; i < MICRO_ROUNDS; i++)
        ns[i] = run_round(m, state, round_ns);
    m->close(state);
    qsort(ns, MICRO_ROUNDS, sizeof ns[0], compare);
    return (struct micro_result){
        .name = m->name,
        .ns_min = ns[0],
        .ns_median = ns[MICRO_ROUNDS / 2],
        .ns_max = ns[MICRO_ROUNDS - 1],
        .rounds = MICRO_ROUNDS,
    };
}
