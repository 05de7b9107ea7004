/* SPDX-License-Identifier: MIT */
/*
 * A publisher simulated in true time: its media clock, the clock of its reports, the network and
 * our clock each have their own faults. Every frame is checked for wall times that rise, and that
 * rise evenly but where a step is expected.
 */
#pragma once

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
    /* What was seen since sim_forget(): */
    int64_t error_min_ns, error_max_ns, skew_max_ns;
    int64_t steps, bent_max; /* ns for each second of media */
};

static inline void sim_forget(struct sim *s)
{
    s->error_min_ns = INT64_MAX;
    s->error_max_ns = INT64_MIN;
    s->skew_max_ns = s->steps = s->bent_max = 0;
}

/* 30 pictures a second on 90 kHz, and AAC at 48 kHz; both time stamps soon wrap. */
static inline void sim_init(struct sim *s)
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
    sim_forget(s);
}

static inline int64_t sim_random_delay(struct sim *s)
{
    s->seed = s->seed * 6364136223846793005u + 1442695040888963407u;
    return s->delay_ns ? (int64_t)(s->seed >> 33) % s->delay_ns : 0;
}

static inline int64_t sim_clock_at(int64_t true_ns, int64_t ppm)
{
    return true_ns + true_ns / 1000000 * ppm;
}

static inline uint32_t sim_rtp_at(const struct sim_track *t, int64_t true_ns)
{
    int64_t ns = sim_clock_at(true_ns, t->ppm), rate = t->clock.rate;
    return t->rtp_base + (uint32_t)(ns / NS_PER_S * rate + ns % NS_PER_S * rate / NS_PER_S);
}

static inline int64_t sim_publisher_clock(const struct sim *s, int64_t true_ns)
{
    return NOON + s->ntp_set_ns + sim_clock_at(true_ns, s->ntp_ppm);
}

static inline int64_t sim_our_clock(const struct sim *s, int64_t true_ns)
{
    return NOON + s->our_set_ns + true_ns;
}

static inline void sim_report(struct sim *s, struct sim_track *t, int64_t true_ns)
{
    wallclock_on_report(&t->clock, sim_rtp_at(t, true_ns), sim_publisher_clock(s, true_ns),
                        sim_our_clock(s, true_ns));
}

static inline void sim_check_step(struct sim *s, struct sim_track *t, int64_t media_ns,
                                  int64_t wall_ns)
{
    int64_t media = media_ns - t->media_ns, bent = wall_ns - t->wall_ns - media;
    /* A time stamp is rounded to a tick, at most 21 us. */
    bool even = llabs(bent) <= media / 1000 + 22000;
    cr_assert(wall_ns > t->wall_ns || s->steps_allowed, "wall time rises");
    cr_assert(even || s->steps_allowed, "%lld ns in %lld", (long long)bent, (long long)media);
    s->steps += !even;
}

static inline void sim_note_error(struct sim *s, struct sim_track *t, int64_t wall_ns)
{
    t->ahead_ns = wall_ns - t->next_ns;
    t->error_ns =
        wall_ns - (s->reports ? sim_publisher_clock(s, t->next_ns) : sim_our_clock(s, t->next_ns));
    s->error_min_ns = t->error_ns < s->error_min_ns ? t->error_ns : s->error_min_ns;
    s->error_max_ns = t->error_ns > s->error_max_ns ? t->error_ns : s->error_max_ns;
    int64_t skew_ns = llabs(s->track[VIDEO].ahead_ns - s->track[AUDIO].ahead_ns);
    if (s->track[VIDEO].started && s->track[AUDIO].started && skew_ns > s->skew_max_ns)
        s->skew_max_ns = skew_ns;
}

static inline void sim_frame(struct sim *s, struct sim_track *t)
{
    int64_t true_ns = t->next_ns, arrival_ns = true_ns + sim_random_delay(s);
    t->arrival_ns = arrival_ns > t->arrival_ns ? arrival_ns : t->arrival_ns; /* none overtakes */
    int64_t wall_ns =
        wallclock_on_frame(&t->clock, sim_rtp_at(t, true_ns), sim_our_clock(s, t->arrival_ns));
    int64_t media_ns = sim_clock_at(true_ns, t->ppm);
    if (t->started)
        sim_check_step(s, t, media_ns, wall_ns);
    sim_note_error(s, t, wall_ns);
    t->started = true;
    t->media_ns = media_ns;
    t->wall_ns = wall_ns;
    t->next_ns += t->frame_ns;
}

/* Up to some true time since the start. */
static inline void sim_run(struct sim *s, int64_t until_ns)
{
    for (;;) {
        struct sim_track *video = &s->track[VIDEO], *audio = &s->track[AUDIO];
        struct sim_track *t = video->next_ns <= audio->next_ns ? video : audio;
        if (t->next_ns >= until_ns)
            return;
        for (; t->report_ns <= t->next_ns; t->report_ns += REPORT_NS)
            if (s->reports)
                sim_report(s, t, t->report_ns);
        sim_frame(s, t);
    }
}

/* The first seconds are allowed to be uneven: by arrival they settle, reports take over. */
static inline void sim_start(struct sim *s)
{
    s->steps_allowed = true;
    sim_run(s, 60 * NS_PER_S);
    s->steps_allowed = false;
    sim_forget(s);
}
