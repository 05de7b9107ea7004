/* SPDX-License-Identifier: MIT */
/*
 * Measuring one microbenchmark: a warm-up, and rounds of equal length, of which the quickest, the
 * middle one and the slowest count.
 */
#pragma once

#include "bench/micro.h"

enum { MICRO_ROUNDS = 7 };

struct micro_result {
    const char *name;
    double ns_min; /* of an operation */
    double ns_median;
    double ns_max;
    unsigned rounds;
};

/* round_ns: how long a round and the warm-up take, by the clock on the wall. */
struct micro_result micro_measure(const struct micro *m, int64_t round_ns);
