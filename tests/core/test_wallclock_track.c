/* SPDX-License-Identifier: MIT */
#include "core/wallclock.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define NOON    (INT64_C(1700000000) * NS_PER_S)
#define HOUR_NS (3600 * NS_PER_S)

/* One track on a true network: time stamps and arrivals are given by the test. */
struct lone {
    struct wallclock_source source;
    struct wallclock_track track;
};

static void lone_init(struct lone *l, uint32_t rate)
{
    wallclock_source_init(&l->source);
    wallclock_track_init(&l->track, &l->source, rate);
}

Test(wallclock_track, counts_on_from_the_report)
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
        {90000, UINT32_C(1000) - 90000 * 2, -2 * NS_PER_S},
        {1, 1001, NS_PER_S},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lone l;
        lone_init(&l, rows[i].rate);
        wallclock_on_report(&l.track, 1000, NOON, 0);
        int64_t wall_ns = wallclock_on_frame(&l.track, rows[i].rtp_time, 0);
        cr_assert_leq(llabs(wall_ns - NOON - rows[i].ns_later), 1, "row %zu", i);
    }
}

/* No drift from rounding: 29.97 frames a second for three days. */
Test(wallclock_track, rounds_nothing_away)
{
    struct lone l;
    lone_init(&l, 90000);
    wallclock_on_report(&l.track, 0, NOON, 0);
    const int64_t frames = INT64_C(259200) * 30000 / 1001;
    int64_t wall_ns = 0;
    for (int64_t i = 0; i <= frames; i++)
        wall_ns = wallclock_on_frame(&l.track, (uint32_t)(i * 3003), 0);
    cr_assert_eq(wall_ns - NOON, (int64_t)((__int128)frames * 3003 * NS_PER_S / 90000));
}

/* Decoding order is I P B B: the time stamps of B pictures are lower than the one before. */
Test(wallclock_track, b_pictures_are_counted_back)
{
    struct lone l;
    lone_init(&l, 90000);
    static const uint32_t frames[] = {0, 9000, 3000, 6000, 18000, 12000, 15000};
    int64_t wall_ns[ARRAY_LEN(frames)], first_ns = 0;
    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        int64_t arrival_ns = NOON + (int64_t)i * 3000 * NS_PER_S / 90000;
        wall_ns[i] = wallclock_on_frame(&l.track, frames[i], arrival_ns);
        first_ns = i == 0 ? wall_ns[i] : first_ns;
    }
    for (size_t i = 0; i < ARRAY_LEN(frames); i++)
        for (size_t k = 0; k < ARRAY_LEN(frames); k++)
            cr_assert(frames[i] >= frames[k] || wall_ns[i] < wall_ns[k], "%zu and %zu", i, k);
    cr_assert_leq(llabs(wall_ns[1] - wall_ns[3] - 3000 * NS_PER_S / 90000), 1);
}

Test(wallclock_track, late_and_repeated_reports_change_nothing)
{
    struct lone l;
    lone_init(&l, 1000);
    wallclock_on_frame(&l.track, 20000, NOON);
    wallclock_on_report(&l.track, 20000, NOON, NOON);
    const struct lone before = l;
    wallclock_on_report(&l.track, 20000, NOON + 5 * NS_PER_S, NOON);
    wallclock_on_report(&l.track, 15000, NOON - 7 * NS_PER_S, NOON);
    wallclock_on_report(&l.track, 20000 - UINT32_C(61000), NOON - 61 * NS_PER_S, NOON);
    wallclock_on_report(&l.track, 20000 + 61000, NOON + 61 * NS_PER_S, NOON);
    cr_assert_eq(l.track.report_ns, before.track.report_ns);
    cr_assert_eq(l.track.report_rtp_time, before.track.report_rtp_time);
    cr_assert_eq(l.source.set_ns, 0);
}

/* The first frame already has the publisher's time. */
Test(wallclock_track, a_report_before_the_first_frame_counts)
{
    struct lone l;
    lone_init(&l, 1000);
    wallclock_on_report(&l.track, 5000, NOON - HOUR_NS, NOON);
    wallclock_on_report(&l.track, 100000, NOON - HOUR_NS + 95 * NS_PER_S, NOON);
    cr_assert_eq(wallclock_on_frame(&l.track, 99500, NOON + 95 * NS_PER_S),
                 NOON - HOUR_NS + 94500 * NS_PER_MS);
}

Test(wallclock_track, a_burst_at_the_start_is_settled_in_seconds)
{
    struct lone l;
    lone_init(&l, 1000);
    int64_t wall_ns = 0, before_ns = 0;
    for (uint32_t ms = 0; ms <= 40000; ms += 40, before_ns = wall_ns) {
        int64_t arrival_ns = NOON + (ms < 3000 ? 3000 : ms) * NS_PER_MS; /* 3 s were queued */
        wall_ns = wallclock_on_frame(&l.track, ms, arrival_ns);
        cr_assert_gt(wall_ns, before_ns);
        cr_assert(ms < 25000 || wall_ns == arrival_ns, "at %u ms", ms);
    }
}

/* How a new timeline is said: by the caller, or by time stamps that leap. */
static const struct {
    bool restart;
    uint32_t leap;
} timelines[] = {{true, 0}, {true, 123456}, {false, 20000}, {false, UINT32_C(0) - 20000}};

Test(wallclock_track, a_new_timeline_goes_on_by_the_time_between_arrivals)
{
    for (size_t i = 0; i < ARRAY_LEN(timelines); i++) {
        struct lone l;
        lone_init(&l, 1000);
        wallclock_on_frame(&l.track, 7000, NOON);
        if (timelines[i].restart)
            wallclock_on_restart(&l.track);
        uint32_t base = 7000 + timelines[i].leap;
        int64_t pause_ns = 3 * NS_PER_S;
        cr_assert_eq(wallclock_on_frame(&l.track, base, NOON + pause_ns), NOON + pause_ns);
        cr_assert_eq(wallclock_on_frame(&l.track, base + 40, NOON + pause_ns + 40 * NS_PER_MS),
                     NOON + pause_ns + 40 * NS_PER_MS);
    }
}

Test(wallclock_track, a_new_timeline_is_exact_from_its_first_report)
{
    for (size_t i = 0; i < ARRAY_LEN(timelines); i++) {
        const int64_t theirs = NOON - HOUR_NS, pause_ns = 3 * NS_PER_S, delay_ns = 30 * NS_PER_MS;
        struct lone l;
        lone_init(&l, 1000);
        wallclock_on_report(&l.track, 7000, theirs, NOON);
        cr_assert_eq(wallclock_on_frame(&l.track, 7000, NOON), theirs);
        if (timelines[i].restart)
            wallclock_on_restart(&l.track);
        wallclock_on_report(&l.track, 7000, theirs, NOON);
        uint32_t base = 7000 + timelines[i].leap;
        cr_assert_eq(wallclock_on_frame(&l.track, base, NOON + pause_ns + delay_ns),
                     theirs + pause_ns + delay_ns, "by arrival");
        wallclock_on_report(&l.track, base, theirs + pause_ns, NOON + pause_ns + delay_ns);
        cr_assert_eq(wallclock_on_frame(&l.track, base + 40, NOON + pause_ns + 2 * delay_ns),
                     theirs + pause_ns + 40 * NS_PER_MS, "by the report");
    }
}

/* A pause that the time stamps count is no leap. */
Test(wallclock_track, a_pause_is_not_a_new_timeline)
{
    struct lone l;
    lone_init(&l, 1000);
    wallclock_on_frame(&l.track, 0, NOON);
    wallclock_on_frame(&l.track, 60000, NOON + 59 * NS_PER_S);
    cr_assert_eq(l.track.seconds_ns, 60 * NS_PER_S);
}
