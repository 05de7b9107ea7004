/* SPDX-License-Identifier: MIT */
/*
 * Which wall-clock instants the RTP time stamps of a publisher mean: by its sender reports once
 * every track has had one, by arrival until then.
 *
 * Media time is what a track's time stamps count at their nominal rate, without wrapping. Its wall
 * time is media time plus an offset; all of the below is about that one number. The offset follows
 * an aim, but it changes by at most 1 ms per second of media time (1000 ppm), so that wall times
 * keep rising and rise evenly, whatever the aim does:
 *
 *     a clock that is 200 ppm off      is followed
 *     a correction of 50 ms            is worked off in 50 s
 *     more than 500 ms to go forward   is one step, so that it ends
 *     any way back                     is slewed, never a step; hours back take for ever, and a
 *                                      publisher that connects again is right from the start
 *
 * The aim by reports. A report says (time stamp, publisher's clock); the aim is the difference, and
 * the publisher's own time goes through, be it true or not. Where a report disagrees with the one
 * before by no more than 1 ms and 500 ppm of the time between them, the track's crystal has
 * drifted, and only that track's aim moves. Anything more is the publisher's clock having been set,
 * which the other tracks will hear of later: it moves the aim of all of them at once, so that
 * sound and picture stay together.
 *
 * The aim by arrival. The first frame of a track is taken to have had no delay. From then on only
 * one correction moves, the same for all tracks: the least (arrival - expected) of all frames in
 * the last 10 to 20 s, since delay only ever adds. No frame is said to be younger than its
 * arrival, for long. In the first 30 s of a track its offset may change by an eighth of the media
 * time instead: publishers begin with a burst of what they had queued.
 *
 * Steps back: one for each track when reports take over from arrival, once in the life of a
 * publisher, and one at the first report after a new timeline. The first report places a timeline
 * exactly; before it, the timeline goes on by the time between arrivals.
 *
 * How good it is (tests/core/test_wallclock.c). By reports: off by drift times the time between
 * reports, 1 ms for 200 ppm and 5 s, and as much between two tracks, or nothing when their crystal
 * and the reports' clock are one; a correction of 1 to 3 ms looks like drift and is between the
 * tracks until both have reported it. By arrival: off by what the delays of the tracks' first
 * frames differ by, and by up to 5 ms for drift.
 */
#pragma once

#include "core/base.h"

/* What the tracks of a publisher share. */
struct wallclock_source {
    unsigned unreported; /* tracks that have not had a report yet; by reports when 0 */
    int64_t set_ns;      /* by how much the publisher's clock has been set since the first report */
    int64_t window_start_ns;
    int64_t least_ns;        /* (arrival - expected), since then */
    int64_t least_before_ns; /* and in the window before */
};

struct wallclock_track {
    struct wallclock_source *source;
    uint32_t rate;      /* Hz */
    bool has_origin;    /* media time has a meaning: a frame or a report has come */
    bool started;       /* a frame has come */
    bool restarted;     /* the next frame begins a new timeline */
    bool counted;       /* has had a report in its life */
    bool reported;      /* has had a report in this timeline */
    bool placed;        /* has stepped to that report */
    uint32_t rtp_time;  /* the highest so far; its media time is: */
    int64_t seconds_ns; /* whole seconds */
    uint32_t ticks;     /* and less than a second of ticks */
    int64_t arrival_ns; /* of the last frame */
    int64_t offset_ns;  /* wall time - media time */
    int64_t anchor_ns;  /* aim by arrival, without the shared correction */
    int64_t report_ns;  /* aim by reports, without set_ns */
    uint32_t report_rtp_time;
};

/* A publisher without tracks. */
void wallclock_source_init(struct wallclock_source *s);

/* Adds an active track, before the first frame or report of any. rate: Hz, not 0. s outlives t. */
void wallclock_track_init(struct wallclock_track *t, struct wallclock_source *s, uint32_t rate);

/*
 * A sender report: rtp_time and wall_ns (the publisher's clock, 1968 to 2104) are the same instant.
 * The caller leaves out those with an NTP time of 0, which say that the publisher does not know
 * the time (RFC 3550 section 6.4.1). One that is older than the last, or a minute or more away from
 * the frames, is not believed. arrival_ns: our wall clock.
 */
void wallclock_on_report(struct wallclock_track *t, uint32_t rtp_time, int64_t wall_ns,
                         int64_t arrival_ns);

/* The frames to come continue nothing. Reports from before this call are forgotten. */
void wallclock_on_restart(struct wallclock_track *t);

/*
 * The wall time of a frame. arrival_ns: our wall clock. Frames may come out of order within 10 s
 * (B pictures do); a greater leap of the time stamps that no time explains is a new timeline.
 */
int64_t wallclock_on_frame(struct wallclock_track *t, uint32_t rtp_time, int64_t arrival_ns);
