/* SPDX-License-Identifier: MIT */
#include "core/wallclock.h"

#include <criterion/criterion.h>

static const int64_t noon = 1700000000 * NS_PER_S;

Test(wallclock, knows_nothing_at_first)
{
    cr_assert_not(wallclock_make(90000).known);
}

Test(wallclock, counts_on_from_the_known_point)
{
    static const struct {
        uint32_t rate, rtp_time;
        int64_t ns_later;
    } rows[] = {
        {90000, 1000, 0},
        {90000, 1000 + 90000, NS_PER_S},
        {90000, 1000 + 3003, INT64_C(33366666)},
        {48000, 1000 + 1024, INT64_C(21333333)},
        {44100, 1000 + 44100 * 10, 10 * NS_PER_S},
        {8000, UINT32_C(1000) - 8000, -NS_PER_S},
        {90000, 1000 - 1, -INT64_C(11111)},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wallclock c = wallclock_make(rows[i].rate);
        wallclock_set(&c, 1000, noon);
        cr_assert(c.known);
        cr_assert_eq(c.rate, rows[i].rate);
        cr_assert_eq(wallclock_at(&c, rows[i].rtp_time) - noon, rows[i].ns_later, "row %zu", i);
    }
}

Test(wallclock, goes_on_when_the_time_stamp_wraps)
{
    struct wallclock c = wallclock_make(90000);
    wallclock_set(&c, UINT32_MAX - 44999, noon);
    cr_assert_eq(wallclock_at(&c, 45000), noon + NS_PER_S);
    cr_assert_eq(wallclock_at(&c, UINT32_MAX - 44999), noon, "and back");
}

/* No drift: 29.97 frames a second for three days, that is six wraps. */
Test(wallclock, does_not_drift)
{
    struct wallclock c = wallclock_make(90000);
    wallclock_set(&c, 0, noon);
    uint32_t rtp_time = 0;
    int64_t ns = 0;
    const int64_t frames = INT64_C(259200) * 30000 / 1001;
    for (int64_t i = 0; i < frames; i++)
        ns = wallclock_at(&c, rtp_time += 3003);
    cr_assert_eq(ns - noon, (int64_t)((__int128)frames * 3003 * NS_PER_S / 90000));
}

Test(wallclock, new_point_replaces_the_old_one)
{
    struct wallclock c = wallclock_make(90000);
    wallclock_set(&c, 0, noon);
    wallclock_at(&c, 900000);
    wallclock_set(&c, 900000, noon + 11 * NS_PER_S);
    cr_assert_eq(wallclock_at(&c, 990000), noon + 12 * NS_PER_S);
    cr_assert_eq(wallclock_at(&c, 810000), noon + 10 * NS_PER_S);
}
