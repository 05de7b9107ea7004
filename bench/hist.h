/* SPDX-License-Identifier: MIT */
/*
 * A histogram of durations, log-linear: 64 steps a power of two, so that every value is kept
 * within 1.6 %, from 1 ns to hours.
 */
#pragma once

#include "core/base.h"

enum { HIST_STEPS = 64, HIST_POWERS = 44 };

struct hist {
    uint64_t count;
    uint64_t max_ns;
    uint64_t sum_ns;
    uint64_t bucket[HIST_STEPS * HIST_POWERS];
};

void hist_add(struct hist *h, uint64_t value_ns);

/* The value that share (0 to 1) of all values do not exceed; 0 when there are none. */
uint64_t hist_quantile(const struct hist *h, double share);
