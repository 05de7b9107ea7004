/* SPDX-License-Identifier: MIT */
/*
 * The command line of umbel-load.
 */
#pragma once

#include "core/flags.h"

#define LOAD_VERIFY_ALL UINT64_MAX

/* How media travels. */
enum load_transport { LOAD_TCP, LOAD_UDP };

/* Who says when media arrived. */
enum load_arrival { LOAD_ARRIVAL_KERNEL, LOAD_ARRIVAL_READ };

struct load_options {
    const char *url;
    const char *publish; /* "2M"; NULL: play what is there */
    int publish_transport;
    uint64_t fps;
    uint64_t gop;
    uint64_t streams;

    uint64_t clients;
    int transport;
    double join_rate;    /* players a second */
    int64_t duration_ns; /* of the measurement, which begins when the joins are done */
    uint64_t verify;     /* players that look at every byte */
    double stall_percent;
    double slow_percent;
    double slow_bits; /* a second */
    double churn_rate;
    int64_t keepalive_ns; /* 0: never */
    uint64_t sources;
    int64_t poll_ns;
    int arrival;

    uint64_t server_pid; /* 0: not known */
    int64_t cpu;         /* -1: not pinned */
    const char *json;
    const char *html;
    bool verbose;
};

/* "tcp" */
const char *load_transport_name(int transport);

/* "kernel" */
const char *load_arrival_name(int arrival);

enum load_options_result {
    LOAD_OPTIONS_RUN = FLAGS_RUN,     /* go on with *options */
    LOAD_OPTIONS_DONE = FLAGS_DONE,   /* --help or --version was served on out */
    LOAD_OPTIONS_USAGE = FLAGS_USAGE, /* wrong: out says why, exit with 2 */
};

/*
 * Fills *options with the defaults and what argv sets. What is to be shown goes to out (of cap
 * bytes). Strings in *options point into argv.
 */
enum load_options_result load_options_parse(struct load_options *options, int argc, char **argv,
                                            char *out, size_t cap);
