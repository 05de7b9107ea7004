/* SPDX-License-Identifier: MIT */
#include "bench/hist.h"

#include <assert.h>
#include <math.h>

enum { STEP_BITS = 6 };
static_assert(HIST_STEPS == 1 << STEP_BITS, "a power of two is divided by a shift");

/*
 * Values below HIST_STEPS have a bucket each; from there on, each power of two has HIST_STEPS
 * buckets of equal width, told apart by the bits behind the leading one.
 */
static size_t bucket_of(uint64_t value)
{
    if (value < HIST_STEPS)
        return value;
    unsigned shift = 63 - (unsigned)__builtin_clzll(value) - STEP_BITS;
    size_t bucket = (size_t)(shift + 1) * HIST_STEPS + ((value >> shift) & (HIST_STEPS - 1));
    return size_min(bucket, HIST_STEPS * HIST_POWERS - 1);
}

/* The largest value that bucket_of puts there. */
static uint64_t bucket_end(size_t bucket)
{
    if (bucket < HIST_STEPS)
        return bucket;
    unsigned shift = (unsigned)(bucket / HIST_STEPS) - 1;
    uint64_t first = (HIST_STEPS + bucket % HIST_STEPS) << shift;
    return first + (UINT64_C(1) << shift) - 1;
}

void hist_add(struct hist *h, uint64_t value_ns)
{
    h->count++;
    h->sum_ns += value_ns;
    if (value_ns > h->max_ns)
        h->max_ns = value_ns;
    h->bucket[bucket_of(value_ns)]++;
}

/* The last bucket has no end: what is too large for the others is in it. */
static uint64_t value_of(const struct hist *h, size_t bucket)
{
    uint64_t end = bucket_end(bucket);
    bool open = bucket == ARRAY_LEN(h->bucket) - 1;
    return open || end > h->max_ns ? h->max_ns : end;
}

uint64_t hist_quantile(const struct hist *h, double share)
{
    double rank = ceil(share * (double)h->count);
    uint64_t seen = 0;
    for (size_t i = 0; i < ARRAY_LEN(h->bucket); i++) {
        seen += h->bucket[i];
        if (seen > 0 && (double)seen >= rank)
            return value_of(h, i);
    }
    return h->max_ns;
}
