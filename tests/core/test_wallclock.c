/* SPDX-License-Identifier: MIT */
#include "core/wallclock.h"

#include "tests/core/wallclock_sim.h"

static void expect_error_within(const struct sim *s, int64_t ns)
{
    cr_assert_geq(s->error_min_ns, -ns, "%ld ns", s->error_min_ns);
    cr_assert_leq(s->error_max_ns, ns, "%ld ns", s->error_max_ns);
}

static const struct {
    const char *name;
    bool reports;
    int64_t video_ppm, audio_ppm, ntp_ppm;
    int64_t delay_ns, ntp_set_ns;
    int64_t error_min_us, error_max_us, skew_max_us;
} publishers[] = {
    {"reports, true clocks", true, 0, 0, 0, 40 * NS_PER_MS, 0, -30, 30, 30},
    {"reports, all 200 ppm fast", true, 200, 200, 200, 40 * NS_PER_MS, 0, -30, 30, 30},
    {"reports, all 200 ppm slow", true, -200, -200, -200, 40 * NS_PER_MS, 0, -30, 30, 30},
    {"reports, media fast", true, 200, 200, 0, 40 * NS_PER_MS, 0, -100, 1100, 1100},
    {"reports, media slow", true, -200, -200, 0, 40 * NS_PER_MS, 0, -1100, 100, 1100},
    {"reports, one crystal fast", true, 200, 0, 0, 0, 0, -100, 1100, 1100},
    {"reports, crystals apart", true, 100, -100, 0, 0, 0, -600, 600, 1100},
    {"reports since boot", true, 200, 200, 200, 40 * NS_PER_MS, 1000 * NS_PER_S - NOON, -30, 30,
     30},
    {"arrival, true clocks", false, 0, 0, 0, 40 * NS_PER_MS, 0, -41000, 5000, 40000},
    {"arrival, 200 ppm fast", false, 200, 200, 0, 40 * NS_PER_MS, 0, -41000, 5000, 40000},
    {"arrival, 200 ppm slow", false, -200, -200, 0, 40 * NS_PER_MS, 0, -45000, 5000, 40000},
    {"arrival, no delay, fast", false, 200, 200, 0, 0, 0, -100, 5000, 100},
    {"arrival, no delay, slow", false, -200, -200, 0, 0, 0, -5000, 100, 100},
};

Test(wallclock, a_drifting_publisher_is_followed_for_twelve_hours)
{
    for (size_t i = 0; i < ARRAY_LEN(publishers); i++) {
        struct sim s;
        sim_init(&s);
        s.reports = publishers[i].reports;
        s.track[VIDEO].ppm = publishers[i].video_ppm;
        s.track[AUDIO].ppm = publishers[i].audio_ppm;
        s.ntp_ppm = publishers[i].ntp_ppm;
        s.ntp_set_ns = publishers[i].ntp_set_ns;
        s.delay_ns = publishers[i].delay_ns;
        sim_start(&s);
        sim_run(&s, 12 * HOUR_NS);
        cr_assert_geq(s.error_min_ns, publishers[i].error_min_us * 1000, "%s: %lld ns",
                      publishers[i].name, (long long)s.error_min_ns);
        cr_assert_leq(s.error_max_ns, publishers[i].error_max_us * 1000, "%s: %lld ns",
                      publishers[i].name, (long long)s.error_max_ns);
        cr_assert_leq(s.skew_max_ns, publishers[i].skew_max_us * 1000, "%s: %lld ns",
                      publishers[i].name, (long long)s.skew_max_ns);
    }
}

/* The network is as bad as in the table, and both tracks report. */
static void start_by_reports(struct sim *s)
{
    sim_init(s);
    s->reports = true;
    s->delay_ns = 40 * NS_PER_MS;
    sim_start(s);
}

Test(wallclock, time_stamps_wrap)
{
    struct sim s;
    start_by_reports(&s);
    s.track[VIDEO].frame_ns = s.track[AUDIO].frame_ns = NS_PER_S;
    sim_run(&s, 100 * HOUR_NS); /* 8 wraps at 90 kHz */
    expect_error_within(&s, 30000);
}

static const struct {
    int64_t correction_ms, skew_max_us;
} corrections[] = {
    {50, 100},
    {-50, 100},
    {400, 100},
    {-400, 100},
    {-1000, 100},
    /* Taken for drift of a track, until the other one reports. */
    {2, 2100},
    {-2, 2100},
};

Test(wallclock, a_correction_of_the_publishers_clock_is_slewed)
{
    for (size_t i = 0; i < ARRAY_LEN(corrections); i++) {
        struct sim s;
        start_by_reports(&s);
        s.ntp_set_ns = corrections[i].correction_ms * NS_PER_MS;
        int64_t slewed_ns = 60 * NS_PER_S + REPORT_NS + 1000 * llabs(s.ntp_set_ns);
        sim_run(&s, slewed_ns);
        cr_assert_leq(s.skew_max_ns, corrections[i].skew_max_us * 1000, "row %zu: %lld ns", i,
                      (long long)s.skew_max_ns);
        sim_forget(&s);
        sim_run(&s, slewed_ns + 60 * NS_PER_S);
        cr_assert_geq(s.error_min_ns, -100000, "row %zu", i);
        cr_assert_leq(s.error_max_ns, 100000, "row %zu", i);
    }
}

Test(wallclock, a_publishers_clock_that_is_set_forward_is_one_step)
{
    struct sim s;
    start_by_reports(&s);
    s.ntp_set_ns = 2 * HOUR_NS;
    s.steps_allowed = true;
    sim_run(&s, 60 * NS_PER_S + REPORT_NS);
    cr_assert_eq(s.steps, TRACKS);
    cr_assert_gt(s.track[VIDEO].wall_ns, NOON + s.ntp_set_ns);
    s.steps_allowed = false;
    sim_forget(&s);
    sim_run(&s, HOUR_NS);
    expect_error_within(&s, 30000);
}

Test(wallclock, a_publishers_clock_that_is_set_back_takes_no_time_back)
{
    struct sim s;
    start_by_reports(&s);
    s.ntp_set_ns = -2 * HOUR_NS;
    sim_run(&s, HOUR_NS);
    cr_assert_leq(s.track[VIDEO].error_ns, 2 * HOUR_NS - 3 * NS_PER_S, "and loses 1 ms a second");
    cr_assert_leq(s.skew_max_ns, NS_PER_MS);
    s.ntp_set_ns = 0;
    s.steps_allowed = true;
    sim_run(&s, HOUR_NS + REPORT_NS);
    sim_forget(&s);
    sim_run(&s, HOUR_NS + 60 * NS_PER_S);
    cr_assert_eq(s.steps, 0);
    expect_error_within(&s, 30000); /* that was a mistake, and is forgotten */
}

/* The publisher's clock is behind ours or ahead of it: the one step of its life. */
Test(wallclock, reports_take_over_from_arrival_once)
{
    static const int64_t differences_ns[] = {-HOUR_NS, HOUR_NS, 70 * NS_PER_MS, -70 * NS_PER_MS};
    for (size_t i = 0; i < ARRAY_LEN(differences_ns); i++) {
        struct sim s;
        sim_init(&s);
        s.ntp_set_ns = differences_ns[i];
        s.delay_ns = 40 * NS_PER_MS;
        sim_start(&s);
        sim_run(&s, HOUR_NS);
        s.reports = s.steps_allowed = true;
        sim_run(&s, HOUR_NS + REPORT_NS);
        cr_assert_eq(s.steps, TRACKS);
        s.steps_allowed = false;
        sim_forget(&s);
        sim_run(&s, 2 * HOUR_NS);
        expect_error_within(&s, 30000);
        cr_assert_leq(s.skew_max_ns, 30000);
    }
}

Test(wallclock, our_clock_that_is_set_does_not_matter_to_reports)
{
    struct sim s;
    start_by_reports(&s);
    for (int hour = 1; hour <= 4; hour++) {
        s.our_set_ns = (hour % 2 ? 1 : -1) * 2 * HOUR_NS;
        sim_run(&s, hour * HOUR_NS);
    }
    expect_error_within(&s, 30000);
}

Test(wallclock, our_clock_that_is_set_forward_is_one_step_by_arrival)
{
    struct sim s;
    sim_init(&s);
    sim_start(&s);
    s.our_set_ns = 2 * HOUR_NS;
    s.steps_allowed = true;
    sim_run(&s, 90 * NS_PER_S);
    cr_assert_eq(s.steps, TRACKS);
    s.steps_allowed = false;
    sim_forget(&s);
    sim_run(&s, HOUR_NS);
    expect_error_within(&s, 30000);
}

Test(wallclock, our_clock_that_is_set_back_takes_no_time_back)
{
    struct sim s;
    sim_init(&s);
    sim_start(&s);
    s.our_set_ns = -2 * HOUR_NS;
    sim_run(&s, HOUR_NS);
    cr_assert_leq(s.skew_max_ns, NS_PER_MS);
    cr_assert_leq(s.track[VIDEO].error_ns, 2 * HOUR_NS - 3 * NS_PER_S);
}

Test(wallclock, reports_count_only_when_every_track_has_had_one)
{
    struct sim s;
    sim_init(&s);
    struct wallclock_track *video = &s.track[VIDEO].clock, *audio = &s.track[AUDIO].clock;
    wallclock_on_report(video, 0, NOON + HOUR_NS, NOON);
    cr_assert_eq(wallclock_on_frame(video, 0, NOON), NOON);
    cr_assert_eq(wallclock_on_frame(audio, 0, NOON), NOON);
    wallclock_on_report(audio, 0, NOON + HOUR_NS, NOON);
    cr_assert_eq(wallclock_on_frame(video, 90000, NOON + NS_PER_S), NOON + HOUR_NS + NS_PER_S);
    cr_assert_eq(wallclock_on_frame(audio, 48000, NOON + NS_PER_S), NOON + HOUR_NS + NS_PER_S);
}

/* A report or frame such as no publisher sends; n counts milliseconds. */
static void say_anything(struct sim *s, int n)
{
    struct wallclock_track *t = &s->track[sim_random_delay(s) % TRACKS].clock;
    uint32_t rtp_time = (uint32_t)sim_random_delay(s) * 3;
    int64_t now_ns = NOON + n * NS_PER_MS, wall_ns = now_ns;
    if (sim_random_delay(s) % 3 == 0) /* 1968 to 2104 */
        wallclock_on_report(t, rtp_time, (sim_random_delay(s) * 2 - 61505152) * NS_PER_S, now_ns);
    else if (sim_random_delay(s) % 100 == 0)
        wallclock_on_restart(t);
    else
        wall_ns =
            wallclock_on_frame(t, sim_random_delay(s) % 2 ? rtp_time : t->rtp_time + 3, now_ns);
    /* A track's report may be as wrong as that, and what another one's has set it by. */
    cr_assert_leq(llabs(wall_ns - NOON), 230 * 365 * 24 * HOUR_NS, "%ld ns", wall_ns);
}

/* No overflow (the sanitizer looks), and time does not run away. */
Test(wallclock, survives_any_publisher)
{
    static const uint32_t rates[] = {1, 8000, 90000, UINT32_MAX};
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        struct sim s;
        sim_init(&s);
        s.track[VIDEO].clock.rate = s.track[AUDIO].clock.rate = rates[i];
        s.delay_ns = INT64_C(1) << 31;
        for (int n = 0; n < 1000000; n++)
            say_anything(&s, n);
    }
}
