/* SPDX-License-Identifier: MIT */
/*
 * What a run counted, and the figures that follow from it.
 */
#pragma once

#include "bench/load_link.h"
#include "bench/load_options.h"
#include "bench/load_verify.h"

struct load_stats {
    uint64_t attempts; /* joins that were begun */
    uint64_t joins;    /* joins that led to PLAY */
    uint64_t playing;  /* now */
    uint64_t leaves;   /* by --churn */
    uint64_t join_failures[LOAD_REASON_COUNT];
    uint64_t disconnects[LOAD_REASON_COUNT]; /* of players that read as fast as they can */
    uint64_t evictions;                      /* of players that stall or are slow */
    uint64_t overflows;                      /* datagrams or bursts that found no room here */
    char first_failure[256];                 /* of a join or connection, for people */
    uint64_t bytes;                          /* after PLAY, of all players */
    struct load_tally tally;
    struct hist join; /* from the planned moment to the reply to PLAY */

    uint64_t published_units;
    uint64_t published_bytes;
    uint64_t publishers_lost;
    struct hist publish_late; /* from the planned moment until the socket took the last byte */
};

/* Counters at one moment: two of them make a window. */
struct load_mark {
    int64_t at_ns;
    uint64_t bytes;
    uint64_t unit_bytes; /* on the wire, of verified players */
    uint64_t units;
    uint64_t published_bytes;
    uint64_t published_units;
    int64_t own_cpu_ns;
    int64_t own_wait_ns;      /* for a processor */
    int64_t server_cpu_ns;    /* -1: not known */
    int64_t server_rss_bytes; /* -1: not known */
};

/* One point of the plots; -1 for what is not known. */
struct load_sample {
    double at_s;
    double joined;
    double playing;
    double mbit_s;
    double delay_p50_ms;
    double delay_p99_ms;
    double delay_max_ms;
    double own_cores;
    double server_cores;
    double server_mib;
};

enum { LOAD_SAMPLES_MAX = 2400 };

struct load_result {
    const struct load_options *options;
    int64_t began_wall_ns;
    const char *not_measured; /* why; NULL when something was */
    bool interrupted;
    struct load_stats stats;
    struct load_mark start; /* before the first join */
    struct load_mark begin; /* all have joined */
    struct load_mark end;
    uint64_t playing_at_end;
    size_t sample_count;
    struct load_sample samples[LOAD_SAMPLES_MAX];
};

/* Figures of the measured window, begin to end; -1 for what is not known. */
struct load_figures {
    double window_s;
    double mbit_s;
    double gigabytes;
    double own_cores;
    double own_wait; /* share of the time */
    double server_cores;
    double server_cpu_s;
    double server_cpu_s_per_gb;
    double server_ns_per_client_unit;
    double server_rss_bytes;
    double server_rss_start_bytes;
    double server_rss_per_player;
};

/* Busy, or waiting for a processor, for this share of the time, the generator may be the limit. */
#define LOAD_LIMIT_SHARE 0.8

void load_figures(const struct load_result *r, struct load_figures *f);

uint64_t load_sum(const uint64_t counts[LOAD_REASON_COUNT]);

/* Keeps the first of all failures, for people. */
void load_stats_note(struct load_stats *s, const char *why);
