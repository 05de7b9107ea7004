/* SPDX-License-Identifier: MIT */
/*
 * The points of the plots, taken at even intervals while a run goes on, and the marks around its
 * measured window.
 */
#pragma once

#include "bench/load_stats.h"

struct load_sampler {
    struct load_result *result;
    int64_t interval_ns;
    int64_t next_ns;
    struct load_mark last;
};

/* planned_ns: how long the run will take at the most, which sets the interval. */
void load_sampler_start(struct load_sampler *s, struct load_result *result, int64_t planned_ns);

/* Takes a point when it is time to. */
void load_sampler_tick(struct load_sampler *s, int64_t now_ns);

/* What is counted so far. */
void load_mark_take(struct load_mark *mark, const struct load_result *result);
