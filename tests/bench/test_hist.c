/* SPDX-License-Identifier: MIT */
#include "bench/hist.h"

#include <criterion/criterion.h>

/* Kept within 1.6 %, and never below the value. */
static void assert_near(uint64_t kept, uint64_t value)
{
    cr_assert_geq(kept, value);
    cr_assert_leq((double)(kept - value), 0.016 * (double)value, "%lu for %lu", kept, value);
}

Test(hist, one_value_is_every_quantile)
{
    for (uint64_t value = 0; value < UINT64_C(1) << 48; value = value * 5 / 4 + 1) {
        struct hist h = {0};
        hist_add(&h, value);
        cr_assert_eq(h.max_ns, value);
        cr_assert_eq(hist_quantile(&h, 0), value);
        cr_assert_eq(hist_quantile(&h, 0.5), value);
        cr_assert_eq(hist_quantile(&h, 1), value);
    }
}

Test(hist, quantiles_are_within_a_step)
{
    static const double shares[] = {0.001, 0.1, 0.5, 0.9, 0.99, 0.999};
    static const uint64_t scales[] = {1, 1000, 1000003, UINT64_C(1) << 32};
    for (size_t s = 0; s < ARRAY_LEN(scales); s++) {
        struct hist h = {0};
        for (uint64_t i = 1; i <= 10000; i++)
            hist_add(&h, i * scales[s]);
        cr_assert_eq(h.count, 10000);
        cr_assert_eq(h.sum_ns, 10000 * UINT64_C(10001) / 2 * scales[s]);
        for (size_t i = 0; i < ARRAY_LEN(shares); i++)
            assert_near(hist_quantile(&h, shares[i]),
                        (uint64_t)(shares[i] * 10000 + 0.5) * scales[s]);
        cr_assert_eq(hist_quantile(&h, 1), 10000 * scales[s]);
    }
}

Test(hist, what_is_out_of_range_still_counts)
{
    struct hist h = {0};
    hist_add(&h, 1);
    hist_add(&h, UINT64_MAX);
    cr_assert_eq(hist_quantile(&h, 0.5), 1);
    cr_assert_eq(hist_quantile(&h, 1), UINT64_MAX);
}

Test(hist, nothing_has_no_quantile)
{
    struct hist h = {0};
    cr_assert_eq(hist_quantile(&h, 0), 0);
    cr_assert_eq(hist_quantile(&h, 0.5), 0);
    cr_assert_eq(hist_quantile(&h, 1), 0);
}
