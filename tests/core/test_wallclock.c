/* SPDX-License-Identifier: MIT */
/*
 * A publisher simulated in true time: its media clock, the clock of its reports, the network and
 * our clock each have their own faults. Every frame is checked for wall times that rise, and that
 * rise evenly but where a step is expected.
 */
#include "core/wallclock.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define NOON      (INT64_C(1700000000) * NS_PER_S)
#define HOUR_NS   (3600 * NS_PER_S)
#define REPORT_NS (5 * NS_PER_S)

enum { VIDEO, AUDIO, TRACKS };

struct sim_track {
    struct wallclock_track clock;
    uint32_t rtp_base;
    int64_t ppm;       /* of the media clock */
    int64_t frame_ns;  /* from frame to frame */
    int64_t next_ns;   /* true time of the next frame, since the start */
    int64_t report_ns; /* and of the next report */
    int64_t arrival_ns, media_ns, wall_ns;
    int64_t error_ns; /* against the clock that it should have */
    int64_t ahead_ns; /* of true time: what the tracks must agree on */
    bool started;
};

struct sim {
    struct wallclock_source source;
    struct sim_track track[TRACKS];
    bool reports;
    int64_t ntp_ppm, ntp_set_ns; /* of the publisher's clock, against the truth */
    int64_t our_set_ns;          /* of our clock */
    int64_t delay_ns;            /* of the network, at most */
    uint64_t seed;
    bool steps_allowed;
    /* What was seen since forget(): */
    int64_t error_min_ns, error_max_ns, skew_max_ns;
    int64_t steps, bent_max; /* ns for each second of media */
};

static void forget(struct sim *s)
{
    s->error_min_ns = INT64_MAX;
    s->error_max_ns = INT64_MIN;
    s->skew_max_ns = s->steps = s->bent_max = 0;
}

/* 30 pictures a second on 90 kHz, and AAC at 48 kHz; both time stamps soon wrap. */
static void sim_init(struct sim *s)
{
    *s = (struct sim){.seed = 1};
    wallclock_source_init(&s->source);
    for (int i = 0; i < TRACKS; i++) {
        struct sim_track *t = &s->track[i];
        wallclock_track_init(&t->clock, &s->source, i == VIDEO ? 90000 : 48000);
        t->rtp_base = UINT32_MAX - 1000000;
        t->frame_ns = i == VIDEO ? NS_PER_S / 30 : NS_PER_S * 1024 / 48000;
        t->next_ns = i * 11 * NS_PER_MS;
        t->report_ns = i == VIDEO ? 0 : REPORT_NS / 2;
    }
    forget(s);
}

static int64_t random_delay(struct sim *s)
{
    s->seed = s->seed * 6364136223846793005u + 1442695040888963407u;
    return s->delay_ns ? (int64_t)(s->seed >> 33) % s->delay_ns : 0;
}

static int64_t clock_at(int64_t true_ns, int64_t ppm)
{
    return true_ns + true_ns / 1000000 * ppm;
}

static uint32_t rtp_at(const struct sim_track *t, int64_t true_ns)
{
    int64_t ns = clock_at(true_ns, t->ppm), rate = t->clock.rate;
    return t->rtp_base + (uint32_t)(ns / NS_PER_S * rate + ns % NS_PER_S * rate / NS_PER_S);
}

static int64_t publisher_clock(const struct sim *s, int64_t true_ns)
{
    return NOON + s->ntp_set_ns + clock_at(true_ns, s->ntp_ppm);
}

static int64_t our_clock(const struct sim *s, int64_t true_ns)
{
    return NOON + s->our_set_ns + true_ns;
}

static void report(struct sim *s, struct sim_track *t, int64_t true_ns)
{
    wallclock_on_report(&t->clock, rtp_at(t, true_ns), publisher_clock(s, true_ns),
                        our_clock(s, true_ns));
}

static void check_step(struct sim *s, struct sim_track *t, int64_t media_ns, int64_t wall_ns)
{
    int64_t media = media_ns - t->media_ns, bent = wall_ns - t->wall_ns - media;
    /* A time stamp is rounded to a tick, at most 21 us. */
    bool even = llabs(bent) <= media / 1000 + 22000;
    cr_assert(wall_ns > t->wall_ns || s->steps_allowed, "wall time rises");
    cr_assert(even || s->steps_allowed, "%lld ns in %lld", (long long)bent, (long long)media);
    s->steps += !even;
}

static void note_error(struct sim *s, struct sim_track *t, int64_t wall_ns)
{
    t->ahead_ns = wall_ns - t->next_ns;
    t->error_ns =
        wall_ns - (s->reports ? publisher_clock(s, t->next_ns) : our_clock(s, t->next_ns));
    s->error_min_ns = t->error_ns < s->error_min_ns ? t->error_ns : s->error_min_ns;
    s->error_max_ns = t->error_ns > s->error_max_ns ? t->error_ns : s->error_max_ns;
    int64_t skew_ns = llabs(s->track[VIDEO].ahead_ns - s->track[AUDIO].ahead_ns);
    if (s->track[VIDEO].started && s->track[AUDIO].started && skew_ns > s->skew_max_ns)
        s->skew_max_ns = skew_ns;
}

static void frame(struct sim *s, struct sim_track *t)
{
    int64_t true_ns = t->next_ns, arrival_ns = true_ns + random_delay(s);
    t->arrival_ns = arrival_ns > t->arrival_ns ? arrival_ns : t->arrival_ns; /* none overtakes */
    int64_t wall_ns =
        wallclock_on_frame(&t->clock, rtp_at(t, true_ns), our_clock(s, t->arrival_ns));
    int64_t media_ns = clock_at(true_ns, t->ppm);
    if (t->started)
        check_step(s, t, media_ns, wall_ns);
    note_error(s, t, wall_ns);
    t->started = true;
    t->media_ns = media_ns;
    t->wall_ns = wall_ns;
    t->next_ns += t->frame_ns;
}

/* Up to some true time since the start. */
static void run(struct sim *s, int64_t until_ns)
{
    for (;;) {
        struct sim_track *video = &s->track[VIDEO], *audio = &s->track[AUDIO];
        struct sim_track *t = video->next_ns <= audio->next_ns ? video : audio;
        if (t->next_ns >= until_ns)
            return;
        for (; t->report_ns <= t->next_ns; t->report_ns += REPORT_NS)
            if (s->reports)
                report(s, t, t->report_ns);
        frame(s, t);
    }
}

/* The first seconds are allowed to be uneven: by arrival they settle, reports take over. */
static void start(struct sim *s)
{
    s->steps_allowed = true;
    run(s, 60 * NS_PER_S);
    s->steps_allowed = false;
    forget(s);
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
        start(&s);
        run(&s, 12 * HOUR_NS);
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
    start(s);
}

Test(wallclock, time_stamps_wrap)
{
    struct sim s;
    start_by_reports(&s);
    s.track[VIDEO].frame_ns = s.track[AUDIO].frame_ns = NS_PER_S;
    run(&s, 100 * HOUR_NS); /* 8 wraps at 90 kHz */
    cr_assert_geq(s.error_min_ns, -30000);
    cr_assert_leq(s.error_max_ns, 30000);
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
        run(&s, slewed_ns);
        cr_assert_leq(s.skew_max_ns, corrections[i].skew_max_us * 1000, "row %zu: %lld ns", i,
                      (long long)s.skew_max_ns);
        forget(&s);
        run(&s, slewed_ns + 60 * NS_PER_S);
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
    run(&s, 60 * NS_PER_S + REPORT_NS);
    cr_assert_eq(s.steps, TRACKS);
    cr_assert_gt(s.track[VIDEO].wall_ns, NOON + s.ntp_set_ns);
    s.steps_allowed = false;
    forget(&s);
    run(&s, HOUR_NS);
    cr_assert_geq(s.error_min_ns, -30000);
    cr_assert_leq(s.error_max_ns, 30000);
}

Test(wallclock, a_publishers_clock_that_is_set_back_takes_no_time_back)
{
    struct sim s;
    start_by_reports(&s);
    s.ntp_set_ns = -2 * HOUR_NS;
    run(&s, HOUR_NS);
    cr_assert_leq(s.track[VIDEO].error_ns, 2 * HOUR_NS - 3 * NS_PER_S, "and loses 1 ms a second");
    cr_assert_leq(s.skew_max_ns, NS_PER_MS);
    s.ntp_set_ns = 0;
    s.steps_allowed = true;
    run(&s, HOUR_NS + REPORT_NS);
    forget(&s);
    run(&s, HOUR_NS + 60 * NS_PER_S);
    cr_assert_eq(s.steps, 0);
    cr_assert_geq(s.error_min_ns, -30000, "it was a mistake, and is forgotten");
    cr_assert_leq(s.error_max_ns, 30000);
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
        start(&s);
        run(&s, HOUR_NS);
        s.reports = s.steps_allowed = true;
        run(&s, HOUR_NS + REPORT_NS);
        cr_assert_eq(s.steps, TRACKS);
        s.steps_allowed = false;
        forget(&s);
        run(&s, 2 * HOUR_NS);
        cr_assert_geq(s.error_min_ns, -30000);
        cr_assert_leq(s.error_max_ns, 30000);
        cr_assert_leq(s.skew_max_ns, 30000);
    }
}

Test(wallclock, our_clock_that_is_set_does_not_matter_to_reports)
{
    struct sim s;
    start_by_reports(&s);
    for (int hour = 1; hour <= 4; hour++) {
        s.our_set_ns = (hour % 2 ? 1 : -1) * 2 * HOUR_NS;
        run(&s, hour * HOUR_NS);
    }
    cr_assert_geq(s.error_min_ns, -30000);
    cr_assert_leq(s.error_max_ns, 30000);
}

Test(wallclock, our_clock_that_is_set_forward_is_one_step_by_arrival)
{
    struct sim s;
    sim_init(&s);
    start(&s);
    s.our_set_ns = 2 * HOUR_NS;
    s.steps_allowed = true;
    run(&s, 90 * NS_PER_S);
    cr_assert_eq(s.steps, TRACKS);
    s.steps_allowed = false;
    forget(&s);
    run(&s, HOUR_NS);
    cr_assert_geq(s.error_min_ns, -30000);
    cr_assert_leq(s.error_max_ns, 30000);
}

Test(wallclock, our_clock_that_is_set_back_takes_no_time_back)
{
    struct sim s;
    sim_init(&s);
    start(&s);
    s.our_set_ns = -2 * HOUR_NS;
    run(&s, HOUR_NS);
    cr_assert_leq(s.skew_max_ns, NS_PER_MS);
    cr_assert_leq(s.track[VIDEO].error_ns, 2 * HOUR_NS - 3 * NS_PER_S);
}

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

Test(wallclock, counts_on_from_the_report)
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
Test(wallclock, rounds_nothing_away)
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
Test(wallclock, b_pictures_are_counted_back)
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

Test(wallclock, late_and_repeated_reports_change_nothing)
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
Test(wallclock, a_report_before_the_first_frame_counts)
{
    struct lone l;
    lone_init(&l, 1000);
    wallclock_on_report(&l.track, 5000, NOON - HOUR_NS, NOON);
    wallclock_on_report(&l.track, 100000, NOON - HOUR_NS + 95 * NS_PER_S, NOON);
    cr_assert_eq(wallclock_on_frame(&l.track, 99500, NOON + 95 * NS_PER_S),
                 NOON - HOUR_NS + 94500 * NS_PER_MS);
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

Test(wallclock, a_burst_at_the_start_is_settled_in_seconds)
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

Test(wallclock, a_new_timeline_goes_on_by_the_time_between_arrivals)
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

Test(wallclock, a_new_timeline_is_exact_from_its_first_report)
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
Test(wallclock, a_pause_is_not_a_new_timeline)
{
    struct lone l;
    lone_init(&l, 1000);
    wallclock_on_frame(&l.track, 0, NOON);
    wallclock_on_frame(&l.track, 60000, NOON + 59 * NS_PER_S);
    cr_assert_eq(l.track.seconds_ns, 60 * NS_PER_S);
}

/* Whatever the publisher says: no overflow (the sanitizer looks), and time does not run away. */
Test(wallclock, survives_any_publisher)
{
    static const uint32_t rates[] = {1, 8000, 90000, UINT32_MAX};
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        struct sim s;
        sim_init(&s);
        s.track[VIDEO].clock.rate = s.track[AUDIO].clock.rate = rates[i];
        s.delay_ns = INT64_C(1) << 31;
        for (int n = 0; n < 1000000; n++) {
            struct wallclock_track *t = &s.track[random_delay(&s) % TRACKS].clock;
            uint32_t rtp_time = (uint32_t)random_delay(&s) * 3;
            int64_t now_ns = NOON + n * NS_PER_MS;
            if (random_delay(&s) % 3 == 0) /* 1968 to 2104 */
                wallclock_on_report(t, rtp_time, (random_delay(&s) * 2 - 61505152) * NS_PER_S,
                                    now_ns);
            else if (random_delay(&s) % 100 == 0)
                wallclock_on_restart(t);
            else
                wallclock_on_frame(t, random_delay(&s) % 2 ? rtp_time : t->rtp_time + 3, now_ns);
        }
    }
}
