/* SPDX-License-Identifier: MIT */
#include "bench/load_run.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "bench/load_crowd.h"
#include "bench/load_publisher.h"
#include "bench/load_sampler.h"
#include "bench/load_summary.h"
#include "core/clock.h"
#include "net/limits.h"

enum {
    SPARE_DESCRIPTORS = 32,
    HOPELESS_FAILURES = 20, /* joins that fail, and none that works: the rest is not tried */
};

enum stage { STAGE_PUBLISH, STAGE_JOIN, STAGE_MEASURE, STAGE_DONE };

struct run {
    struct load_result *result;
    const struct load_options *options;
    volatile const sig_atomic_t *stop;
    struct load_crowd crowd;
    struct load_feed feed;
    struct load_sampler sampler;
    enum stage stage;
    int64_t stage_ends_ns; /* publish: give up then; measure: done then */
    int64_t next_read_ns;
    int64_t next_progress_ns;
    struct load_mark shown; /* what the last progress line was about */
};

/* With one track; those that have more may find out when they join. */
static uint64_t descriptors_of(int transport)
{
    return transport == LOAD_UDP ? 3 : 1;
}

/* Sets the limit as high as it goes. NULL, or why that is not enough. */
static const char *raise_descriptor_limit(const struct load_options *o, struct load_stats *stats)
{
    struct rlimit limit;
    uint64_t publishers = o->publish ? o->streams : 0;
    uint64_t wanted = o->clients * descriptors_of(o->transport) +
                      publishers * descriptors_of(o->publish_transport) + SPARE_DESCRIPTORS;
    limits_raise_descriptors(); /* what counts is the limit that there is then */
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return NULL;
    snprintf(stats->first_failure, sizeof stats->first_failure,
             "%llu file descriptors are needed%s, but the limit is %llu (ulimit -n)",
             (unsigned long long)wanted,
             o->transport == LOAD_UDP ? " (three a player: its connection, RTP, RTCP)" : "",
             (unsigned long long)limit.rlim_cur);
    return stats->first_failure;
}

static void warn_of_small_buffers(const struct load_options *o)
{
    const char *why = o->transport == LOAD_UDP ? load_udp_check_room() : NULL;
    if (why)
        fprintf(stderr, "umbel-load: warning: %s\n", why);
}

static int64_t joins_take_ns(const struct load_options *o)
{
    return (int64_t)((double)o->clients / o->join_rate * 1e9) + LOAD_JOIN_TIMEOUT_NS;
}

static const char *set_up(struct run *run)
{
    struct load_stats *stats = &run->result->stats;
    const struct load_options *o = run->options;
    struct load_target target;
    struct addr addr;
    const char *why = load_target_parse(&target, o->url);
    if (!why)
        why = load_target_resolve(&target, &addr);
    if (!why && o->sources > 1 && !load_target_is_loopback(&addr))
        why = "--sources needs a server on 127.0.0.0/8";
    if (!why)
        why = raise_descriptor_limit(o, stats);
    if (why)
        return why;
    warn_of_small_buffers(o);
    int err = load_crowd_init(&run->crowd, o, &target, &addr, stats);
    if (err == 0)
        err = load_feed_start(&run->feed, &run->crowd.scene);
    return err == 0 ? NULL : strerror(-err);
}

static void begin_measuring(struct run *run, int64_t now_ns)
{
    load_mark_take(&run->result->begin, run->result);
    run->result->stats.tally.phase = LOAD_PHASE_MEASURING;
    run->stage_ends_ns = now_ns + run->options->duration_ns;
    run->stage = STAGE_MEASURE;
}

static bool is_hopeless(const struct load_stats *s, const struct load_crowd *crowd)
{
    uint64_t failures = load_sum(s->join_failures);
    return s->joins == 0 && (failures >= HOPELESS_FAILURES || failures == crowd->count);
}

static void go_through_stage(struct run *run, int64_t now_ns)
{
    struct load_stats *stats = &run->result->stats;
    bool no_feed = stats->publishers_lost > 0 && stats->publishers_lost == run->feed.count;
    switch (run->stage) {
    case STAGE_PUBLISH:
        if (stats->publishers_lost > 0 || now_ns > run->stage_ends_ns)
            run->stage = STAGE_DONE;
        else if (load_feed_is_up(&run->feed))
            run->stage = STAGE_JOIN;
        break;
    case STAGE_JOIN:
        load_crowd_join(&run->crowd, now_ns);
        if (is_hopeless(stats, &run->crowd) || no_feed)
            run->stage = STAGE_DONE;
        else if (load_crowd_has_joined(&run->crowd))
            begin_measuring(run, now_ns);
        break;
    case STAGE_MEASURE:
        load_crowd_churn(&run->crowd, now_ns);
        if (now_ns >= run->stage_ends_ns || no_feed ||
            (stats->playing == 0 && run->options->churn_rate <= 0))
            run->stage = STAGE_DONE;
        break;
    case STAGE_DONE:
        break;
    }
}

/* Until the next look at the sockets, or the next access unit to publish. */
static void sleep_until_due(const struct run *run)
{
    int64_t unit_ns = load_feed_next_ns(&run->feed);
    int64_t until_ns = unit_ns < run->next_read_ns ? unit_ns : run->next_read_ns;
    const struct timespec until = {.tv_sec = (time_t)(until_ns / NS_PER_S),
                                   .tv_nsec = (long)(until_ns % NS_PER_S)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* Moments to read that were missed are not made up. */
static void turn(struct run *run)
{
    int64_t now_ns = clock_mono_ns();
    int64_t poll_ns = run->options->poll_ns;
    load_feed_tick(&run->feed, now_ns);
    go_through_stage(run, now_ns);
    if (now_ns >= run->next_read_ns) {
        bool more = load_crowd_read(&run->crowd, now_ns);
        run->next_read_ns = more ? now_ns : now_ns - now_ns % poll_ns + poll_ns;
    }
    load_sampler_tick(&run->sampler, now_ns);
    if (now_ns >= run->next_progress_ns) {
        load_progress_print(stderr, run->result, &run->shown);
        load_mark_take(&run->shown, run->result);
        run->next_progress_ns += NS_PER_S;
    }
}

/* NULL, or why nothing was measured. */
static const char *judge(const struct run *run)
{
    const struct load_result *r = run->result;
    const struct load_stats *s = &r->stats;
    if (r->begin.at_ns == r->end.at_ns) {
        if (s->first_failure[0] != '\0')
            return s->first_failure;
        return r->interrupted ? "interrupted before a player had joined"
                              : "the server does not answer the publisher";
    }
    if (s->joins == 0)
        return s->first_failure;
    return r->end.bytes > r->begin.bytes ? NULL : "players joined, but no media came";
}

static void finish(struct run *run)
{
    struct load_result *r = run->result;
    r->interrupted = *run->stop != 0;
    load_mark_take(&r->end, r);
    if (r->begin.at_ns == 0) /* whoever interrupts the joins gets to see them */
        r->begin = r->interrupted && r->stats.joins > 0 ? r->start : r->end;
    r->playing_at_end = r->stats.playing;
}

static void loop(struct run *run)
{
    int64_t now_ns = clock_mono_ns();
    const struct load_options *o = run->options;
    load_sampler_start(&run->sampler, run->result,
                       LOAD_JOIN_TIMEOUT_NS + joins_take_ns(o) + o->duration_ns);
    run->shown = run->result->start;
    run->stage_ends_ns = now_ns + LOAD_JOIN_TIMEOUT_NS;
    run->next_progress_ns = now_ns + NS_PER_S;
    while (run->stage != STAGE_DONE && *run->stop == 0) {
        turn(run);
        sleep_until_due(run);
    }
    finish(run);
}

bool load_run(struct load_result *result, const struct load_options *options,
              volatile const sig_atomic_t *stop)
{
    static struct run run;
    run = (struct run){
        .result = result,
        .options = options,
        .stop = stop,
        .crowd.scene = {.verified_epoll = -1, .datagram_epoll = -1, .crowd_epoll = -1},
        .feed.epoll = -1,
    };
    result->options = options;
    result->began_wall_ns = clock_wall_ns();
    result->not_measured = set_up(&run);
    if (!result->not_measured) {
        loop(&run);
        result->not_measured = judge(&run);
    }
    load_crowd_fini(&run.crowd);
    load_feed_stop(&run.feed);
    return !result->not_measured;
}
