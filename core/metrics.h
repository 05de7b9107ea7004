/* SPDX-License-Identifier: MIT */
/*
 * Counters of one thread: only it writes them, anybody may read, and no two threads share a cache
 * line. They only grow; what is there now is a difference of two.
 */
#pragma once

#include <stdatomic.h>

#include "core/base.h"

enum metric {
    METRIC_CONNECTIONS_OPENED,
    METRIC_CONNECTIONS_CLOSED,
    METRIC_PLAYERS_JOINED,
    METRIC_PLAYERS_LEFT,
    METRIC_PLAYER_JUMPS, /* a slow player skipped to a key frame */
    METRIC_SENT_BYTES,
    METRIC_DATAGRAMS_REFUSED, /* by the kernel: no route, too large for the path, ... */
    METRICS,
};

struct metrics {
    _Alignas(64) _Atomic uint64_t value[METRICS];
};

/* Owner. Relaxed, and no read-modify-write: there is only one writer, and a reader that is a little
 * late does no harm. */
static inline void metrics_add(struct metrics *m, enum metric metric, uint64_t n)
{
    uint64_t old = atomic_load_explicit(&m->value[metric], memory_order_relaxed);
    atomic_store_explicit(&m->value[metric], old + n, memory_order_relaxed);
}

/* Any thread. */
static inline uint64_t metrics_get(const struct metrics *m, enum metric metric)
{
    return atomic_load_explicit(&m->value[metric], memory_order_relaxed);
}
