/* SPDX-License-Identifier: MIT */
#include "core/wallclock.h"

#include <stdlib.h>

enum {
    SLEW = 1000, /* the offset changes by one part in this many of the media time */
    SLEW_AT_FIRST =
        8,        /* and so in the first seconds by arrival; up to 7 B pictures stay in order */
    DRIFT = 2000, /* what a crystal explains: one part in this many, twice a bad one */
};

#define AT_FIRST_NS    (30 * NS_PER_S)
#define STEP_NS        (500 * NS_PER_MS) /* more than this forward is a step */
#define INEXACT_NS     (1 * NS_PER_MS)   /* of a report's time stamp */
#define REPORT_FAR_NS  (60 * NS_PER_S)
#define LEAP_NS        (10 * NS_PER_S) /* time stamps that leap so far begin a new timeline */
#define WINDOW_NS      (10 * NS_PER_S)
#define LEAST_PAUSE_NS (1 * NS_PER_MS) /* between two timelines, so that wall time rises */

/* Five years of media time, 140 years of wall time. Only a hostile publisher gets there, and no sum
 * of them overflows. */
#define YEAR_NS      (INT64_C(366) * 86400 * NS_PER_S)
#define MEDIA_MAX_NS (5 * YEAR_NS)
#define WALL_MAX_NS  (140 * YEAR_NS)

void wallclock_source_init(struct wallclock_source *s)
{
    *s = (struct wallclock_source){0};
}

void wallclock_track_init(struct wallclock_track *t, struct wallclock_source *s, uint32_t rate)
{
    *t = (struct wallclock_track){.source = s, .rate = rate};
    s->unreported++;
}

static bool by_reports(const struct wallclock_source *s)
{
    return s->unreported == 0;
}

static int64_t clamp(int64_t v, int64_t least, int64_t most)
{
    return v < least ? least : v > most ? most : v;
}

static int64_t ticks_ns(int64_t ticks, uint32_t rate)
{
    return ticks / rate * NS_PER_S + ticks % rate * NS_PER_S / rate;
}

/* From the highest time stamp so far; negative when rtp_time is lower. */
static int64_t ticks_ahead(const struct wallclock_track *t, uint32_t rtp_time)
{
    return (int32_t)(rtp_time - t->rtp_time);
}

static int64_t media_at(const struct wallclock_track *t, uint32_t rtp_time)
{
    return t->seconds_ns + ticks_ns(t->ticks + ticks_ahead(t, rtp_time), t->rate);
}

static void add_seconds(struct wallclock_track *t, int64_t ns)
{
    t->seconds_ns += clamp(ns, -MEDIA_MAX_NS, MEDIA_MAX_NS - t->seconds_ns);
}

static void move_to(struct wallclock_track *t, uint32_t rtp_time)
{
    int64_t ticks = t->ticks + ticks_ahead(t, rtp_time);
    int64_t seconds = ticks / t->rate - (ticks % t->rate < 0);
    add_seconds(t, seconds * NS_PER_S);
    t->ticks = (uint32_t)(ticks - seconds * t->rate);
    t->rtp_time = rtp_time;
}

static void set_origin(struct wallclock_track *t, uint32_t rtp_time, int64_t arrival_ns)
{
    t->has_origin = true;
    t->rtp_time = rtp_time;
    t->arrival_ns = arrival_ns;
}

/* The time stamps have leapt, and it was not because so much time has passed. */
static bool has_leapt(const struct wallclock_track *t, uint32_t rtp_time, int64_t arrival_ns)
{
    int64_t ns = ticks_ns(ticks_ahead(t, rtp_time), t->rate);
    return ns < -LEAP_NS || (ns > LEAP_NS && ns - (arrival_ns - t->arrival_ns) > LEAP_NS);
}

/* Media time goes on by the time between the arrivals. The aims stay: they are right but for the
 * delays of two packets, until the next report is exact. */
static void begin_timeline(struct wallclock_track *t, uint32_t rtp_time, int64_t arrival_ns)
{
    add_seconds(t, clamp(arrival_ns - t->arrival_ns, LEAST_PAUSE_NS, MEDIA_MAX_NS));
    t->rtp_time = rtp_time;
    t->restarted = t->reported = t->placed = false;
}

void wallclock_on_restart(struct wallclock_track *t)
{
    t->restarted = t->has_origin;
    t->reported = false;
}

static int64_t arrival_correction(const struct wallclock_source *s)
{
    return s->least_ns < s->least_before_ns ? s->least_ns : s->least_before_ns;
}

/* late_ns: arrival - expected. That of the first frame of all is 0, and so were those before. */
static void note_arrival(struct wallclock_source *s, int64_t late_ns, int64_t now_ns)
{
    if (now_ns < s->window_start_ns || now_ns - s->window_start_ns >= WINDOW_NS) {
        s->window_start_ns = now_ns;
        s->least_before_ns = s->least_ns;
        s->least_ns = late_ns;
    }
    if (late_ns < s->least_ns)
        s->least_ns = late_ns;
}

static int64_t bounded(int64_t ns)
{
    return clamp(ns, -WALL_MAX_NS, WALL_MAX_NS);
}

static int64_t aim(const struct wallclock_track *t)
{
    const struct wallclock_source *s = t->source;
    return bounded(by_reports(s) ? t->report_ns + s->set_ns : t->anchor_ns + arrival_correction(s));
}

static void first_report(struct wallclock_track *t, int64_t aim_ns)
{
    if (!t->counted)
        t->source->unreported--;
    t->counted = t->reported = true;
    t->report_ns = bounded(aim_ns - t->source->set_ns);
}

static void next_report(struct wallclock_track *t, int64_t aim_ns, int64_t since_ns)
{
    struct wallclock_source *s = t->source;
    int64_t error_ns = aim_ns - bounded(t->report_ns + s->set_ns);
    if (llabs(error_ns) <= INEXACT_NS + since_ns / DRIFT)
        t->report_ns = bounded(aim_ns - s->set_ns);
    else
        s->set_ns = bounded(aim_ns - t->report_ns);
}

void wallclock_on_report(struct wallclock_track *t, uint32_t rtp_time, int64_t wall_ns,
                         int64_t arrival_ns)
{
    if (t->restarted)
        return; /* of which timeline it is cannot be told */
    if (!t->started) {
        set_origin(t, rtp_time, arrival_ns);
        t->reported = false;
    }
    if (llabs(ticks_ns(ticks_ahead(t, rtp_time), t->rate)) > REPORT_FAR_NS)
        return;
    int64_t aim_ns = wall_ns - media_at(t, rtp_time);
    int32_t since = (int32_t)(rtp_time - t->report_rtp_time);
    if (!t->reported)
        first_report(t, aim_ns);
    else if (since > 0)
        next_report(t, aim_ns, ticks_ns(since, t->rate));
    else
        return; /* late, or the same again */
    t->report_rtp_time = rtp_time;
}

static void follow_aim(struct wallclock_track *t, int64_t advance_ns)
{
    bool at_first = !by_reports(t->source) && t->seconds_ns < AT_FIRST_NS;
    int64_t most_ns = advance_ns / (at_first ? SLEW_AT_FIRST : SLEW);
    int64_t error_ns = aim(t) - t->offset_ns;
    bool place = by_reports(t->source) && t->reported && !t->placed;
    if (!place && error_ns <= STEP_NS)
        error_ns = clamp(error_ns, -most_ns, most_ns);
    t->offset_ns += error_ns;
    t->placed |= place;
}

static void start(struct wallclock_track *t, uint32_t rtp_time, int64_t arrival_ns)
{
    move_to(t, rtp_time);
    t->started = true;
    t->anchor_ns = arrival_ns - media_at(t, rtp_time) - arrival_correction(t->source);
    t->offset_ns = aim(t);
    t->placed = by_reports(t->source) && t->reported;
}

int64_t wallclock_on_frame(struct wallclock_track *t, uint32_t rtp_time, int64_t arrival_ns)
{
    if (!t->has_origin)
        set_origin(t, rtp_time, arrival_ns);
    if (t->restarted || has_leapt(t, rtp_time, arrival_ns))
        begin_timeline(t, rtp_time, arrival_ns);
    if (!t->started)
        start(t, rtp_time, arrival_ns);
    int64_t media_ns = media_at(t, rtp_time);
    int64_t advance_ns = media_ns - media_at(t, t->rtp_time);
    note_arrival(t->source, arrival_ns - media_ns - t->anchor_ns, arrival_ns);
    if (advance_ns > 0) {
        move_to(t, rtp_time);
        follow_aim(t, advance_ns);
    }
    t->arrival_ns = arrival_ns;
    return media_ns + t->offset_ns;
}
